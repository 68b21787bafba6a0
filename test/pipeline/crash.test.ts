import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { limits } from '../../src/core/limits.ts';
import { recover } from '../../src/pipeline/recover.ts';
import { approvingProcess } from '../support/approving-process.ts';
import { askEverything, idOf, startVigie, type TestVigie } from '../support/start-vigie.ts';
import { type Passing, startTripwire, type Tripwire } from '../support/tripwire.ts';

const signal = new AbortController().signal;

/** Two changes in one plan, so that a process can also die between them. */
const manifest = `apiVersion: v1
kind: ConfigMap
metadata: {name: first, namespace: shop}
data: {a: '1'}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: second, namespace: shop}
data: {b: '2'}
`;

let running: TestVigie | undefined;
let wire: Tripwire | undefined;

afterEach(async () => {
  await running?.stop();
  await wire?.close();
});

async function startBehindWire(policy?: string): Promise<{ vigie: TestVigie; tripwire: Tripwire }> {
  running = await startVigie(policy === undefined ? {} : { policy });
  wire = await startTripwire(running.sandbox.url);
  const file = join(running.dir, 'kubeconfig');
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll(running.sandbox.url, wire.url), { mode: 0o600 });
  return { vigie: running, tripwire: wire };
}

async function liveNames(vigie: TestVigie): Promise<string[]> {
  const found = await Promise.all(
    ['first', 'second'].map(async name => {
      const { status } = await vigie.call('k8s_get', {
        target: { kind: 'ConfigMap', name, namespace: 'shop' },
      });
      return status === 'answered' ? [name] : [];
    }),
  );
  return found.flat();
}

/** One ticket for both changes, settled by a process of its own while `watch` looks at the wire. */
async function runOnce(
  vigie: TestVigie,
  tripwire: Tripwire,
  watch: (kill: () => void) => Parameters<Tripwire['arm']>[0],
  input: object = { manifest },
): Promise<{ id: string; passed: Passing[]; said: string | undefined }> {
  const asked = await vigie.call('k8s_apply', input);
  expect(asked.status, asked.text).toBe('approval_required');
  const id = idOf(asked);
  const approving = await approvingProcess(vigie, id);
  tripwire.arm(watch(() => approving.kill()));
  approving.go();
  const said = await approving.ended;
  const passed = [...tripwire.passed];
  tripwire.arm(() => {});
  return { id, passed, said };
}

/** Takes a change back, so that the next round starts from nothing. */
async function undo(vigie: TestVigie, id: string): Promise<void> {
  const asked = await vigie.call('changes_undo', { id });
  expect(asked.status, asked.text).toBe('approval_required');
  expect((await vigie.approve(idOf(asked))).status).toBe('done');
  expect(await liveNames(vigie)).toEqual([]);
}

test('killed before or after any request of an approved plan, the record tells the truth and nothing is done twice', async () => {
  const { vigie, tripwire } = await startBehindWire();
  const store = await vigie.vigie.store();
  const whole = await runOnce(vigie, tripwire, () => () => {});
  expect(whole.said).toContain('"status":"done"');
  expect(whole.passed.filter(passing => passing.isWrite)).toHaveLength(2);
  await undo(vigie, whole.id);

  // After a read is before the next request; after a write the answer is on its way and nobody has noted it.
  const points = whole.passed.flatMap(({ number, isWrite }) => [
    { number, moment: 'before' },
    ...(isWrite ? [{ number, moment: 'after' }] : []),
  ]);
  for (const point of points) {
    const { id, passed, said } = await runOnce(vigie, tripwire, kill => (passing, moment) => {
      if (passing.number === point.number && moment === point.moment) kill();
    });
    const before = await store.changes.get(id);
    if (before.state === 'executing') {
      // Within its lease nobody takes it over and nobody may decide it again.
      expect(await recover(vigie.vigie, signal)).toEqual([]);
      await expect(vigie.approve(id)).rejects.toMatchObject({ code: 'TICKET_CLOSED' });
      vigie.passTime(limits.leaseMs + 1_000);
      expect(await recover(vigie.vigie, signal)).toMatchObject([{ id }]);
      vigie.passTime(-limits.leaseMs - 1_000);
    }
    const after = await store.changes.get(id);
    const live = await liveNames(vigie);
    const where = `killed ${point.moment} request ${point.number}: ${after.state}, live ${live.join(',')}, said ${said ?? 'nothing'}`;
    if (after.state === 'waiting') expect(live, where).toEqual([]);
    else if (live.length === 2) expect(['done', 'interrupted'], where).toContain(after.state);
    else expect(after.state, where).toBe('interrupted');
    const writes = passed.filter(passing => passing.isWrite).map(passing => passing.path + passing.body);
    expect(new Set(writes).size, where).toBe(writes.length);
    expect(await store.audit.verify(), where).toMatchObject({ ok: true });

    if (after.state === 'waiting') expect((await vigie.approve(id)).status, where).toBe('done');
    if (live.length > 0 || after.state === 'waiting') await undo(vigie, id);
  }
});

/** Applies in a process that dies before its write of that number, and is found by the next look. */
async function diedBefore(at: { vigie: TestVigie; tripwire: Tripwire; write: number; input: object }) {
  const { vigie, tripwire, input } = at;
  let writes = 0;
  const killing = (kill: () => void) => async (passing: Passing, moment: string) => {
    if (!passing.isWrite || moment !== 'before') return;
    writes += 1;
    if (writes !== at.write) return;
    kill();
    throw new Error('the write does not arrive');
  };
  const { id } = await runOnce(vigie, tripwire, killing, input);
  expect(writes).toBe(at.write);
  vigie.passTime(limits.leaseMs + 1_000);
  const [found] = await recover(vigie.vigie, signal);
  vigie.passTime(-limits.leaseMs - 1_000);
  expect(found?.id).toBe(id);
  return found;
}

test('the rotation of a Secret that never left is not recovered as done', async () => {
  process.env['ROTATED_FOR_TEST'] = 'the-new-value-4711';
  const { vigie, tripwire } = await startBehindWire(
    `${askEverything}\n    secrets: {db-password: 'env:ROTATED_FOR_TEST'}`,
  );
  const made = await fetch(`${vigie.sandbox.url}/api/v1/namespaces/shop/secrets`, {
    method: 'POST',
    headers: { authorization: `Bearer ${vigie.sandbox.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'rotated' },
      data: { password: 'b2xk' },
    }),
  });
  expect(made.status).toBe(201);
  const input = {
    manifest: 'apiVersion: v1\nkind: Secret\nmetadata: {name: rotated, namespace: shop}\n',
    secretData: { 'rotated/password': 'db-password' },
    force: true,
  };
  const found = await diedBefore({ vigie, tripwire, write: 1, input });
  expect(found?.state).toBe('interrupted');
  expect(found?.evidence.join(' ')).toContain('not done');
});

test('a process that died between the claim of fields and the apply is not said to have written nothing', async () => {
  const { vigie, tripwire } = await startBehindWire();
  const first = manifest.split('---')[0] ?? '';
  const apply = async (text: string) => {
    const id = idOf(await vigie.call('k8s_apply', { manifest: text }));
    await vigie.approve(id);
    return id;
  };
  await apply(first.replace("a: '1'", "a: '1', more: added"));
  const undone = await vigie.call('changes_undo', { id: await apply(first) });
  await vigie.approve(idOf(undone));
  const found = await diedBefore({ vigie, tripwire, write: 2, input: { manifest: first } });
  expect(found?.state).toBe('interrupted');
  expect(found?.evidence.join(' ')).toContain('ownership of fields may have been moved to vigie, no content');
});
