import { onTestFinished } from 'vitest';
import { VigieError } from '../../../src/core/errors.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import type { RehearsalReport } from '../../../src/core/rehearsal.ts';
import { readPlaybook } from '../../../src/engine/language/read-playbook.ts';
import { type RehearsalParts, rehearse } from '../../../src/engine/rehearsal/rehearse.ts';
import { playInSandbox } from '../../../src/play/play-in-sandbox.ts';
import { agent, startVigie, type TestVigie } from '../../support/start-vigie.ts';

/** A Vigie on a sandbox that stands for the live cluster, and playbooks that are rehearsed on a copy of it. */
export interface Rehearsals {
  live: TestVigie;
  /** Playbooks by their names, as their files have them. */
  texts: Map<string, string>;
  said: string[];
  parts: RehearsalParts;
  rehearse: (
    steps: string,
    more?: { inputs?: JsonObject; failBehind?: string; signal?: AbortSignal },
  ) => Promise<RehearsalReport>;
}

/** What every playbook of a test begins with. */
export function headOf(name: string): string {
  return `apiVersion: vigie/v1
kind: Playbook
metadata: {name: ${name}, title: A trial}
`;
}

export async function startRehearsals(setup: Parameters<typeof startVigie>[0] = {}): Promise<Rehearsals> {
  const live = await startVigie(setup);
  onTestFinished(() => live.stop());
  const texts = new Map<string, string>();
  const said: string[] = [];
  const parts: RehearsalParts = {
    named: async name => {
      const text = texts.get(name) ?? '';
      const read = await readPlaybook(text);
      if (read.playbook === undefined) throw new VigieError('PLAYBOOK', JSON.stringify(read.mistakes));
      return { playbook: read.playbook, digest: read.digest, text };
    },
    play: (order, use) => playInSandbox(order, { use, version: '0.0.0' }),
    actor: agent,
    signal: new AbortController().signal,
    progress: message => said.push(message),
  };
  return {
    live,
    texts,
    said,
    parts,
    rehearse(steps, { inputs = {}, signal = parts.signal, ...more } = {}) {
      texts.set('trial', headOf('trial') + steps);
      const order = { playbook: 'trial', environment: 'test', inputs, ...more };
      return rehearse(live.vigie, order, { ...parts, signal });
    },
  };
}
