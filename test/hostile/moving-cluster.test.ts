import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, describe, expect, test } from 'vitest';
import { signedText } from '../../src/core/approval.ts';
import type { CallResult } from '../../src/core/result.ts';
import { reviewTicket, settle } from '../../src/pipeline/settle.ts';
import { type Passing, refusal } from '../support/meddled-wire.ts';
import { askEverything, idOf } from '../support/start-vigie.ts';
import { type Meddled, startMeddled } from './meddler.ts';

const web = { kind: 'Deployment', name: 'web', namespace: 'shop' };
const webPath = '/apis/apps/v1/namespaces/shop/deployments/web';
const maps = '/api/v1/namespaces/shop/configmaps';

/** Two changes in one plan: one of an object that is there, one that makes a new one. */
const two = `apiVersion: v1
kind: ConfigMap
metadata: {name: aaa, namespace: shop}
data: {step: '1'}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: bbb, namespace: shop}
data: {step: '2'}
`;

let running: Meddled | undefined;

afterEach(async () => {
  await running?.stop();
  running = undefined;
});

async function start(...setup: Parameters<typeof startMeddled>): Promise<Meddled> {
  running = await startMeddled(...setup);
  return running;
}

async function asked(vigie: Meddled, tool: string, input: object): Promise<string> {
  const result = await vigie.call(tool, input);
  expect(result.status, result.text).toBe('approval_required');
  return idOf(result);
}

/** Approves, and meddles with nothing but what the approval itself sends. */
async function approved(
  vigie: Meddled,
  id: string,
  more: { meddle?: Parameters<Meddled['meddle']>[0]; abort?: AbortController; progress?(): void } = {},
): Promise<CallResult> {
  const signal = (more.abort ?? new AbortController()).signal;
  const review = await reviewTicket(vigie.vigie, { id, person: 'alice', signal });
  if (!('review' in review)) throw new Error(review.result.text);
  const { payload } = review.review;
  vigie.passed.length = 0;
  vigie.meddle(more.meddle ?? {});
  const result = await settle(vigie.vigie, {
    id,
    by: {
      payload,
      signature: vigie.key.sign(signedText('approval', payload)),
      publicKey: vigie.key.publicKey,
    },
    signal,
    progress: () => more.progress?.(),
  });
  vigie.meddle({});
  return result;
}

async function stateOf(vigie: Meddled, id: string): Promise<string> {
  const store = await vigie.vigie.store();
  expect(await store.audit.verify()).toMatchObject({ ok: true });
  return (await store.changes.get(id)).state;
}

async function data(vigie: Meddled, name: string): Promise<unknown> {
  const { items } = await vigie.admin('GET', maps);
  const found = (items as { metadata: { name: string }; data: unknown }[]).find(
    item => item.metadata.name === name,
  );
  return found?.data;
}

async function replicas(vigie: Meddled): Promise<unknown> {
  const { spec } = await vigie.admin('GET', webPath);
  return (spec as { replicas: number }).replicas;
}

/** Acts before each of the first `times` writes. */
function beforeWrites(times: number, act: (write: number) => Promise<unknown>) {
  let writes = 0;
  return {
    async before(passing: Passing) {
      if (!passing.isWrite || writes >= times) return undefined;
      writes += 1;
      await act(writes);
      return undefined;
    },
  };
}

describe('an object that moves between the last look and the write', () => {
  const touch = (vigie: Meddled) => (write: number) =>
    vigie.admin('PATCH', webPath, { metadata: { annotations: { touched: `${write} times` } } });

  test('is read anew and written when the effect is the same', async () => {
    const vigie = await start();
    const id = await asked(vigie, 'k8s_scale', { target: web, replicas: 3 });
    const done = await approved(vigie, id, { meddle: beforeWrites(2, touch(vigie)) });
    expect(done.status, done.text).toBe('done');
    expect(vigie.writes()).toHaveLength(3);
    expect(await replicas(vigie)).toBe(3);
  });

  test('is tried five times and no more', async () => {
    const vigie = await start();
    const id = await asked(vigie, 'k8s_scale', { target: web, replicas: 3 });
    const failed = await approved(vigie, id, { meddle: beforeWrites(100, touch(vigie)) });
    expect(failed.data).toMatchObject({ status: 'failed' });
    expect(failed.text).toContain('CONFLICT');
    expect(vigie.writes()).toHaveLength(5);
    expect(await replicas(vigie)).toBe(2);
    expect(await stateOf(vigie, id)).toBe('failed');
  });

  test('is left alone when the effect would be another', async () => {
    const vigie = await start();
    const id = await asked(vigie, 'k8s_scale', { target: web, replicas: 3 });
    const meddle = beforeWrites(1, () => vigie.admin('PATCH', webPath, { spec: { replicas: 5 } }));
    const failed = await approved(vigie, id, { meddle });
    expect(failed.text).toContain('CONFLICT');
    expect(vigie.writes()).toHaveLength(1);
    expect(await replicas(vigie)).toBe(5);
  });

  test.each([
    ['k8s_scale', { target: web, replicas: 3 }, webPath],
    [
      'k8s_delete',
      { target: { kind: 'ConfigMap', name: 'settings', namespace: 'shop' } },
      `${maps}/settings`,
    ],
    [
      'k8s_apply',
      { manifest: two.split('---')[0]?.replace('aaa', 'settings'), force: true },
      `${maps}/settings`,
    ],
  ] as const)('is left alone by %s when it was deleted and made anew', async (tool, input, path) => {
    const vigie = await start();
    const id = await asked(vigie, tool, input);
    const meddle = beforeWrites(1, async () => {
      const old = await vigie.admin('GET', path);
      const { name, namespace } = old['metadata'] as { name: string; namespace: string };
      await vigie.admin('DELETE', path);
      await vigie.admin('POST', path.slice(0, path.lastIndexOf('/')), {
        ...old,
        metadata: { name, namespace, labels: { made: 'anew' } },
      });
    });
    const failed = await approved(vigie, id, { meddle });
    expect(failed.data['status'], failed.text).toBe('failed');
    expect(failed.text).toMatch(/CONFLICT|NOT_FOUND/);
    expect(await stateOf(vigie, id)).toBe('failed');
    const now = await vigie.admin('GET', path);
    expect(now).toMatchObject({ metadata: { labels: { made: 'anew' } } });
    expect(JSON.stringify(now)).not.toContain('"vigie"');
  });
});

test('an object that somebody else makes just before the write is not taken over', async () => {
  const vigie = await start();
  const manifest = two.split('---')[0];
  const id = await asked(vigie, 'k8s_apply', { manifest, force: true });
  const theirs = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'aaa' }, data: { step: 'theirs' } };
  const failed = await approved(vigie, id, {
    meddle: beforeWrites(1, () => vigie.admin('POST', maps, theirs)),
  });
  expect(failed.text).toContain('ALREADY_EXISTS');
  expect(await data(vigie, 'aaa')).toEqual({ step: 'theirs' });
  expect(await stateOf(vigie, id)).toBe('failed');
});

test('an apply that only takes a value away is not done while the cluster still has it', async () => {
  const vigie = await start();
  const [first = ''] = two.split('---');
  const more = first.replace("step: '1'", "step: '1', more: added");
  const apply = async (manifest: string) => asked(vigie, 'k8s_apply', { manifest });
  await approved(vigie, await apply(more));
  const removal = await apply(first);
  const lost = { before: (passing: Passing) => (passing.isWrite ? ('cut' as const) : undefined) };
  expect((await approved(vigie, removal, { meddle: lost })).status).toBe('failed');
  const done = await apply(first);
  await approved(vigie, done);
  await approved(vigie, await asked(vigie, 'changes_undo', { id: done }));
  expect(await data(vigie, 'aaa')).toEqual({ step: '1', more: 'added' });

  // What the undo put back is claimed before it is taken away; the second write does not arrive.
  const again = await apply(first);
  let writes = 0;
  const second = (passing: Passing) => passing.isWrite && ++writes === 2;
  const meddle = { before: (passing: Passing) => (second(passing) ? ('cut' as const) : undefined) };
  const failed = await approved(vigie, again, { meddle });
  expect(writes).toBe(2);
  expect(failed.status, failed.text).toBe('failed');
  expect(failed.text).toContain('Ownership of fields was moved to vigie, no content.');
  expect(failed.text).not.toContain('Nothing was changed.');
  expect(await data(vigie, 'aaa')).toEqual({ step: '1', more: 'added' });
  await approved(vigie, await apply(first));
  expect(await data(vigie, 'aaa')).toEqual({ step: '1' });
});

test('the kill switch between the claim of fields and the apply stops the apply', async () => {
  const vigie = await start();
  const [first = ''] = two.split('---');
  const apply = async (manifest: string) => asked(vigie, 'k8s_apply', { manifest });
  await approved(vigie, await apply(first.replace("step: '1'", "step: '1', more: added")));
  const done = await apply(first);
  await approved(vigie, done);
  await approved(vigie, await asked(vigie, 'changes_undo', { id: done }));
  const again = await apply(first);
  const failed = await approved(vigie, again, {
    meddle: {
      async after(passing) {
        if (!passing.isWrite) return undefined;
        const { settings } = await vigie.vigie.store();
        const audit = { event: 'kill_switch_on', facts: {} } as const;
        await settings.setKillSwitch({ on: true, by: 'bob', why: 'drill', audit });
        return undefined;
      },
    },
  });
  expect(vigie.writes()).toHaveLength(1);
  expect(failed.text).toContain('KILL_SWITCH');
  expect(failed.text).toContain('Ownership of fields was moved to vigie, no content.');
  expect(failed.text).not.toContain('Nothing was changed.');
  expect(await data(vigie, 'aaa')).toEqual({ step: '1', more: 'added' });
});

test.each([
  ['that never arrived is not done, though the object has moved', 'before', 'failed'],
  ['whose answer was lost is done', 'after', 'done'],
] as const)('the rotation of a Secret by its alias %s', async (_what, moment, outcome) => {
  process.env['ROTATED_FOR_TEST'] = 'the-new-value-4711';
  const vigie = await start({
    policy: `${askEverything}\n    secrets: {db-password: 'env:ROTATED_FOR_TEST'}`,
  });
  const secret = '/api/v1/namespaces/shop/secrets';
  const old = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'rotated' }, data: { password: 'b2xk' } };
  await vigie.admin('POST', secret, old);
  const id = await asked(vigie, 'k8s_apply', {
    manifest: 'apiVersion: v1\nkind: Secret\nmetadata: {name: rotated, namespace: shop}\n',
    secretData: { 'rotated/password': 'db-password' },
    force: true,
  });
  const lost = async (passing: Passing) => {
    if (!passing.isWrite) return undefined;
    if (moment === 'before')
      await vigie.admin('PATCH', `${secret}/rotated`, { metadata: { labels: { a: 'b' } } });
    return 'cut' as const;
  };
  const settled = await approved(vigie, id, { meddle: { [moment]: lost } });
  expect(settled.data['status'] ?? settled.status, settled.text).toBe(outcome);
  expect(await stateOf(vigie, id)).toBe(outcome);
});

describe('of a plan of two changes', () => {
  /** The cluster refuses the second write. */
  const refuseSecond = (act: () => Promise<unknown> = async () => undefined) => {
    let writes = 0;
    return {
      async before(passing: Passing) {
        if (!passing.isWrite) return undefined;
        writes += 1;
        if (writes !== 2) return undefined;
        await act();
        return refusal(422, { reason: 'Invalid', message: 'ConfigMap "bbb" is invalid: no', details: {} });
      },
    };
  };

  test('the first is taken back when the server refuses the second', async () => {
    const vigie = await start();
    const id = await asked(vigie, 'k8s_apply', { manifest: two });
    const failed = await approved(vigie, id, { meddle: refuseSecond() });
    expect(failed.text).toMatch(/taken back/);
    expect(await stateOf(vigie, id)).toBe('returned');
    expect([await data(vigie, 'aaa'), await data(vigie, 'bbb')]).toEqual([undefined, undefined]);
  });

  test('the first gets its old values back, field by field, when it was there before', async () => {
    const vigie = await start();
    const manifest = two.replace('aaa', 'settings').replace("step: '1'", 'mode: slow, more: added');
    const id = await asked(vigie, 'k8s_apply', { manifest, force: true });
    await approved(vigie, id, { meddle: refuseSecond() });
    expect(await stateOf(vigie, id)).toBe('returned');
    expect(await data(vigie, 'settings')).toEqual({ mode: 'fast' });
  });

  test('the first stays where somebody else has moved it meanwhile, and the record names it', async () => {
    const vigie = await start();
    const id = await asked(vigie, 'k8s_apply', { manifest: two });
    const act = () => vigie.admin('PATCH', `${maps}/aaa`, { data: { step: 'mine' } });
    const failed = await approved(vigie, id, { meddle: refuseSecond(act) });
    expect(failed.text).toMatch(/ConfigMap\/aaa.* stands/);
    expect(await stateOf(vigie, id)).toBe('failed');
    expect(await data(vigie, 'aaa')).toEqual({ step: 'mine' });
  });

  test('the kill switch between them stops the second and the way back, and the record says what stands', async () => {
    const vigie = await start();
    const id = await asked(vigie, 'k8s_apply', { manifest: two });
    const failed = await approved(vigie, id, {
      meddle: {
        async after(passing) {
          if (!passing.isWrite) return undefined;
          const { settings } = await vigie.vigie.store();
          const audit = { event: 'kill_switch_on', facts: {} } as const;
          await settings.setKillSwitch({ on: true, by: 'bob', why: 'drill', audit });
          return undefined;
        },
      },
    });
    expect(failed.text).toContain('KILL_SWITCH');
    expect(vigie.writes()).toHaveLength(1);
    expect([await data(vigie, 'aaa'), await data(vigie, 'bbb')]).toEqual([{ step: '1' }, undefined]);
    expect(await stateOf(vigie, id)).toBe('failed');
    expect((await vigie.call('changes_get', { id })).text).toMatch(/ConfigMap\/aaa.* stands as changed/);
  });

  test('another process that took the change over between them leaves nothing for this one to write, no way back either', async () => {
    const vigie = await start();
    const id = await asked(vigie, 'k8s_apply', { manifest: two });
    const stopped = approved(vigie, id, {
      meddle: {
        after(passing) {
          if (!passing.isWrite) return undefined;
          const db = new Sqlite(join(vigie.dir, 'data', 'vigie.db'));
          db.prepare("UPDATE changes SET owner = 'another', epoch = epoch + 1 WHERE id = ?").run(id);
          db.close();
          return undefined;
        },
      },
    });
    await expect(stopped).rejects.toMatchObject({ code: 'TICKET_CLOSED' });
    expect(vigie.writes()).toHaveLength(1);
    expect([await data(vigie, 'aaa'), await data(vigie, 'bbb')]).toEqual([{ step: '1' }, undefined]);
    expect(await stateOf(vigie, id)).toBe('executing');
  });

  test('Ctrl-C between them takes the first back', async () => {
    const vigie = await start();
    const id = await asked(vigie, 'k8s_apply', { manifest: two });
    const abort = new AbortController();
    const stopped = await approved(vigie, id, {
      abort,
      meddle: {
        after(passing) {
          if (passing.isWrite) abort.abort();
          return undefined;
        },
      },
    });
    expect(stopped.status, stopped.text).toBe('failed');
    expect(await stateOf(vigie, id)).toBe('returned');
    expect([await data(vigie, 'aaa'), await data(vigie, 'bbb')]).toEqual([undefined, undefined]);
  });
});

describe('a write whose answer', () => {
  const insteadOfAnswer = (instead: ReturnType<typeof refusal>) => ({
    after: (passing: Passing) => (passing.isWrite ? instead : undefined),
  });
  const broken = refusal(500, { reason: 'InternalError', message: 'etcdserver: request timed out' });

  test.each([
    ['says 500 although it took effect', broken],
    ['is 500 and HTML', { status: 500, body: '<html>Bad gateway</html>' }],
    ['never comes', 'cut'],
    ['is no JSON', { status: 200, body: 'oops' }],
  ] as const)('%s is looked up in the cluster and counts as done', async (_what, instead) => {
    const vigie = await start();
    const id = await asked(vigie, 'k8s_apply', { manifest: two });
    const done = await approved(vigie, id, { meddle: insteadOfAnswer(instead) });
    expect(done.status, done.text).toBe('done');
    expect(vigie.writes()).toHaveLength(2);
    expect([await data(vigie, 'aaa'), await data(vigie, 'bbb')]).toEqual([{ step: '1' }, { step: '2' }]);
    expect(await stateOf(vigie, id)).toBe('done');
    const undo = await asked(vigie, 'changes_undo', { id });
    expect((await approved(vigie, undo)).status).toBe('done');
    expect(await data(vigie, 'aaa')).toBeUndefined();
  });

  const deployment = `apiVersion: apps/v1
kind: Deployment
metadata: {name: fresh, namespace: shop}
spec:
  selector: {matchLabels: {app: fresh}}
  template:
    metadata: {labels: {app: fresh}}
    spec: {containers: [{name: fresh, image: 'shop/web:1', resources: {requests: {cpu: '0.5'}}}]}
---
apiVersion: v1
kind: Secret
metadata: {name: fresh, namespace: shop}
stringData: {key: a-new-value}
`;

  test.each([
    ['an apply whose object the server fills in', 'k8s_apply', { manifest: deployment }],
    ['a scale', 'k8s_scale', { target: web, replicas: 3 }],
    ['a restart', 'k8s_rollout', { target: web, action: 'restart' }],
    ['a deletion', 'k8s_delete', { target: { kind: 'ConfigMap', name: 'settings', namespace: 'shop' } }],
  ])('never comes is looked up by what it set: %s', async (_what, tool, input) => {
    const vigie = await start();
    const id = await asked(vigie, tool, input);
    const done = await approved(vigie, id, { meddle: insteadOfAnswer('cut') });
    expect(done.status, done.text).toBe('done');
    expect(await stateOf(vigie, id)).toBe('done');
  });

  test('is lost before it reached the cluster failed, and is not sent again', async () => {
    const vigie = await start();
    const id = await asked(vigie, 'k8s_apply', { manifest: two });
    const meddle = { before: (passing: Passing) => (passing.isWrite ? ('cut' as const) : undefined) };
    const failed = await approved(vigie, id, { meddle });
    expect(failed.status).toBe('failed');
    expect(failed.text).toContain('Nothing was changed');
    expect(vigie.writes()).toHaveLength(1);
    expect(await stateOf(vigie, id)).toBe('failed');
  });

  test('is lost together with the cluster is recorded as unknown, not as nothing', async () => {
    const vigie = await start();
    const id = await asked(vigie, 'k8s_apply', { manifest: two });
    let lost = false;
    const lose = (passing: Passing) => {
      lost ||= passing.isWrite;
      return lost ? ('cut' as const) : undefined;
    };
    const failed = await approved(vigie, id, {
      meddle: { before: passing => (lost ? lose(passing) : undefined), after: lose },
    });
    expect(failed.status).toBe('failed');
    expect(failed.text).not.toContain('Nothing was changed');
    expect(failed.text).toContain('It is not known whether ConfigMap/aaa in shop was changed');
    expect(await data(vigie, 'aaa')).toEqual({ step: '1' });
    expect((await vigie.call('changes_get', { id })).text).toMatch(/not known/);
  });
});

describe('while health is waited for', () => {
  const bad = `apiVersion: apps/v1
kind: Deployment
metadata: {name: fresh, namespace: shop}
spec:
  replicas: 1
  selector: {matchLabels: {app: fresh}}
  template:
    metadata: {labels: {app: fresh}}
    spec: {containers: [{name: fresh, image: 'shop/gone:1'}]}
`;

  test('Ctrl-C ends the waiting: the change stands, and the record says that nobody saw it healthy', async () => {
    const vigie = await start();
    const id = await asked(vigie, 'k8s_apply', { manifest: bad, waitSeconds: 600 });
    const abort = new AbortController();
    const wrote = () => vigie.writes().length > 0;
    const stopped = await approved(vigie, id, {
      abort,
      meddle: {
        after(passing) {
          // The first look at the pods after the write is part of the waiting.
          if (wrote() && passing.method === 'GET' && passing.path.includes('/pods')) abort.abort();
          return undefined;
        },
      },
    });
    expect(stopped.status, stopped.text).toBe('unverified');
    expect(await stateOf(vigie, id)).toBe('unverified');
    expect(await vigie.admin('GET', '/apis/apps/v1/namespaces/shop/deployments/fresh')).toMatchObject({
      kind: 'Deployment',
    });
  });

  test('a cluster that cannot be asked any more leaves the change unverified, not undone', async () => {
    const vigie = await start();
    const id = await asked(vigie, 'k8s_scale', { target: web, replicas: 3, waitSeconds: 5 });
    const lost = await approved(vigie, id, {
      meddle: { before: passing => (vigie.writes().length > 0 && !passing.isWrite ? 'cut' : undefined) },
    });
    expect(lost.status, lost.text).toBe('unverified');
    expect(await replicas(vigie)).toBe(3);
  });
});
