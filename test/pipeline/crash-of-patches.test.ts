import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { limits } from '../../src/core/limits.ts';
import { recover } from '../../src/pipeline/recover.ts';
import { approvingProcess } from '../support/approving-process.ts';
import { askEverything, idOf, startVigie, type TestVigie } from '../support/start-vigie.ts';
import { startTripwire, type Tripwire } from '../support/tripwire.ts';

/* A process that dies around the write of a patch: what is found afterwards is told from the object, whatever its type. */

const web = { kind: 'Deployment', name: 'web', namespace: 'shop' };
let vigie: TestVigie;
let tripwire: Tripwire;

beforeAll(async () => {
  vigie = await startVigie({ policy: askEverything });
  tripwire = await startTripwire(vigie.sandbox.url);
  const file = join(vigie.dir, 'kubeconfig');
  const text = readFileSync(file, 'utf8').replaceAll(vigie.sandbox.url, tripwire.url);
  writeFileSync(file, text, { mode: 0o600 });
});
afterAll(async () => {
  await vigie.stop();
  await tripwire.close();
});

/** Has a process approve and apply, and die at the moment of its write; what the next look finds. */
async function dying(moment: 'before' | 'after', { tool, input }: { tool: string; input: JsonObject }) {
  const asked = await vigie.call(tool, input);
  expect(asked.status, asked.text).toBe('approval_required');
  const approving = await approvingProcess(vigie, idOf(asked));
  tripwire.arm((passing, now) => {
    if (!passing.isWrite || now !== moment) return;
    approving.kill();
    if (moment === 'before') throw new Error('the write does not arrive');
  });
  approving.go();
  await approving.ended;
  tripwire.arm(() => {});
  vigie.passTime(limits.leaseMs + 1_000);
  const [found] = await recover(vigie.vigie, new AbortController().signal);
  vigie.passTime(-limits.leaseMs - 1_000);
  return found;
}

describe.each<[string, string, (round: string) => JsonObject]>([
  [
    'amounts that the server spells in its own way, and a variable',
    'k8s_set',
    round => ({ target: web, resources: ['requests.cpu=0.5', 'limits.cpu=1'], env: [`ROUND=${round}`] }),
  ],
  [
    'a JSON patch that adds to the end of a list',
    'k8s_patch',
    round => ({
      target: web,
      type: 'json',
      patch: JSON.stringify([
        {
          op: 'add',
          path: '/spec/template/spec/containers/0/ports/-',
          value: { containerPort: Number(round) },
        },
      ]),
    }),
  ],
  [
    'a strategic patch',
    'k8s_patch',
    round => ({
      target: web,
      patch: `spec: {template: {spec: {containers: [{name: side, image: 'shop/${round}:1'}]}}}`,
    }),
  ],
  [
    'a merge patch that takes a field away',
    'k8s_patch',
    round => ({
      target: web,
      type: 'merge',
      patch: JSON.stringify({ metadata: { labels: { app: null, round } } }),
    }),
  ],
])('%s', (_what, tool, input) => {
  test('is interrupted where the write never arrived, and can be asked for again', async () => {
    const found = await dying('before', { tool, input: input('9001') });
    expect(found, found?.evidence.join(' ')).toMatchObject({ state: 'interrupted' });
    expect(found?.evidence.join(' ')).toContain('not done');
  });

  test('is done where only its answer was lost', async () => {
    const found = await dying('after', { tool, input: input('9002') });
    expect(found, found?.evidence.join(' ')).toMatchObject({ state: 'done' });
    expect((await vigie.call(tool, input('9002'))).status).not.toBe('failed');
  });
});
