// A whole Vigie whose folder is a small disk of its own (TMPDIR), which is filled at the worst moments. Says as JSON what
// each call came to and what was written to the cluster.
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { VigieError } from '../../../src/core/errors.ts';
import { limits } from '../../../src/core/limits.ts';
import type { CallResult } from '../../../src/core/result.ts';
import { recover } from '../../../src/pipeline/recover.ts';
import { runTool } from '../../../src/pipeline/run-tool.ts';
import { agent, idOf } from '../../support/start-vigie.ts';
import { startMeddled } from '../meddler.ts';

const vigie = await startMeddled({ policy: '{low: allow, medium: ask, high: ask}' });
const filler = join(vigie.dir, 'filler');
const disk = process.env['TMPDIR'] ?? '';
const signal = new AbortController().signal;
const web = { kind: 'Deployment', name: 'web', namespace: 'shop' };
const manifest = (first: string, second: string) =>
  [first, second]
    .map(
      name => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, namespace: shop}\ndata: {a: b}\n`,
    )
    .join('---\n');
const said: Record<string, unknown> = {};

function fill(): void {
  for (let bytes = 1 << 20; bytes >= 1; bytes = Math.floor(bytes / 2)) {
    for (;;) {
      try {
        writeFileSync(filler, Buffer.alloc(bytes, 'x'), { flag: 'a' });
      } catch {
        break;
      }
    }
  }
}

async function end(what: string, call: () => Promise<CallResult>): Promise<void> {
  vigie.passed.length = 0;
  const ended = await call().then(
    ({ status, data }) => ({ status, code: data['code'] ?? null }),
    (error: unknown) => ({
      status: 'failed',
      code: error instanceof VigieError ? error.code : String(error),
    }),
  );
  said[what] = { ...ended, writes: vigie.writes().length };
}

const ticket = await vigie.call('k8s_apply', { manifest: manifest('aaa', 'bbb') });
const later = await vigie.call('k8s_apply', { manifest: manifest('ccc', 'ddd') });

fill();
await end('an allowed change', () => vigie.call('k8s_scale', { target: web, replicas: 3 }));
await end('a proposal', () => vigie.call('k8s_apply', { manifest: manifest('eee', 'fff') }));
await end('an approval', () => vigie.approve(idOf(ticket)));
await end('a read', () => vigie.call('k8s_get', { target: web }));

rmSync(filler);
let writes = 0;
vigie.meddle({
  before(passing) {
    if (passing.isWrite) writes += 1;
    if (passing.isWrite && writes === 1) fill();
    return undefined;
  },
});
await end('a disk that fills while the first change is written', () => vigie.approve(idOf(later)));
vigie.meddle({});

rmSync(filler);
vigie.passTime(limits.leaseMs + 1_000);
const recovered = await recover(vigie.vigie, signal);
said['recovered'] = recovered.map(({ state, evidence }) => ({ state, evidence }));
vigie.passTime(-limits.leaseMs - 1_000);
const { audit } = await vigie.vigie.store();
said['audit'] = (await audit.verify()).ok;

await vigie.vigie.close();
execFileSync('mount', ['-o', 'remount,bind,ro', disk]);
const reopened = await vigie.reopen();
await end('a disk that is read-only', () =>
  runTool(reopened, {
    tool: 'k8s_scale',
    input: { target: web, replicas: 4 },
    actor: agent,
    signal,
    budgetBytes: 40_000,
  }),
);
process.stdout.write(`${JSON.stringify(said)}\n`);
process.exit(0);
