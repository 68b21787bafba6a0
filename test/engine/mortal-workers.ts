import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestVigie } from '../support/start-vigie.ts';
import type { Life } from './processes/life.ts';

const script = new URL('./processes/mortal-worker.ts', import.meta.url).pathname;

/**
 * Workers that kill themselves, a process each. A process takes longer to load its code than to live: the next one does
 * that ahead, while this one lives, and all keep what was compiled.
 */
export class MortalWorkers {
  readonly #compiled = mkdtempSync(join(tmpdir(), 'vigie-compiled-'));
  #spare = this.#begin();

  /** One that has loaded its code, and nothing else yet. */
  async next({ configFile, env }: Pick<TestVigie, 'configFile' | 'env'>): Promise<MortalWorker> {
    const child = this.#spare;
    this.#spare = this.#begin();
    const { VIGIE_HOME = '' } = env;
    return new MortalWorker(child, { configFile, home: VIGIE_HOME });
  }

  async close(): Promise<void> {
    await endChild(this.#spare);
    rmSync(this.#compiled, { recursive: true, force: true });
  }

  #begin(): ChildProcess {
    return spawn(process.execPath, [script], {
      env: { ...process.env, NODE_COMPILE_CACHE: this.#compiled, VIGIE_LOG: 'error' },
      stdio: ['pipe', 'inherit', 'inherit'],
    });
  }
}

class MortalWorker {
  readonly #child: ChildProcess;
  readonly #place: Pick<Life, 'configFile' | 'home'>;

  constructor(child: ChildProcess, place: Pick<Life, 'configFile' | 'home'>) {
    this.#child = child;
    this.#place = place;
  }

  live(life: Omit<Life, 'configFile' | 'home'>): void {
    const whole: Life = { ...this.#place, ...life };
    this.#child.stdin?.write(`${JSON.stringify(whole)}\n`);
  }

  get gone(): boolean {
    return isGone(this.#child);
  }

  async end(): Promise<void> {
    await endChild(this.#child);
  }
}

function isGone({ exitCode, signalCode }: ChildProcess): boolean {
  if (exitCode !== null) throw new Error(`a worker ended by itself, with ${exitCode}`);
  return signalCode !== null;
}

async function endChild(child: ChildProcess): Promise<void> {
  if (isGone(child)) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}
