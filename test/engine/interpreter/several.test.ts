import { expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { allowAgainAndAgain, askEverything } from '../../support/start-vigie.ts';
import { replicasOf, scaling, startRuns, stateOf, ticketOf } from './runs-of.ts';

const each = (parallel: number, names: string[], more = '') => `
  - id: each
    foreach: {in: [${names.join(', ')}], as: name, parallel: ${parallel}${more}}
    tool: k8s_scale
    with: {target: {kind: Deployment, name: "\${{ name }}", namespace: shop}, replicas: 3}
`;

test('a loop goes on past as many failures as it may have, and ends at one more', async () => {
  const runs = await startRuns({ policy: allowAgainAndAgain, hurried: true });
  runs.startWorker();
  const one = await runs.start(`steps:${each(3, ['web', 'nobody', 'api'], ', maxFailures: 1')}`);
  await runs.until(one, 'done');
  expect([await replicasOf(runs, 'web'), await replicasOf(runs, 'api')]).toEqual([3, 3]);
  const two = await runs.start(`steps:${each(1, ['nobody', 'noone', 'web'], ', maxFailures: 1')}`);
  expect((await runs.until(two, 'failed')).steps.map(({ path }) => path)).not.toContain('each[2]');
});

test('of branches side by side, settled waits for all and goes on, and all ends with the first that fails', async () => {
  const runs = await startRuns({ policy: allowAgainAndAgain, hurried: true });
  runs.startWorker();
  const branches = (mode: string) => `onFailure: {undo: completedInReverse}
steps:
  - id: both
    parallel:
      mode: ${mode}
      branches:
        - {id: a, steps: [{id: bad, ${scaling('nobody', 3)}}]}
        - {id: b, steps: [{id: good, ${scaling('web', mode === 'all' ? 5 : 3)}}]}
  - {id: then, if: "!steps.bad.ok && steps.good.ok", tool: k8s_list, with: {kind: Pod, namespace: shop}}
`;
  await runs.until(await runs.start(branches('settled')), 'done');
  expect(await replicasOf(runs, 'web')).toBe(3);
  expect(runs.calls.filter(({ tool }) => tool === 'k8s_list')).toHaveLength(1);
  const all = await runs.until(await runs.start(branches('all')), 'failed');
  expect(all.output).toMatchObject({ failure: { code: 'NOT_FOUND' } });
  // What the other branch did meanwhile is taken back.
  expect(await replicasOf(runs, 'web')).toBe(3);
});

test('a run changes no more objects than it may, also side by side', async () => {
  const runs = await startRuns({ policy: allowAgainAndAgain, hurried: true });
  runs.startWorker();
  const id = await runs.start(
    `policy: {maxTargets: 1}\nonFailure: {undo: none}\nsteps:${each(2, ['web', 'api'], ', maxFailures: 0')}`,
  );
  expect((await runs.until(id, 'failed')).output).toMatchObject({ failure: { code: 'TOO_MANY_TARGETS' } });
  expect((await replicasOf(runs, 'web')) + (await replicasOf(runs, 'api'))).toBe(2 + 3);
});

test('what a run does in any case counts too, and what takes a change back does not', async () => {
  const runs = await startRuns({ policy: allowAgainAndAgain, hurried: true });
  runs.startWorker();
  const last = await runs.start(`policy: {maxTargets: 1}
steps: [{id: look, tool: k8s_list, with: {kind: Pod, namespace: shop}}]
finally:
  - {id: up, ${scaling('web', 3)}}
  - {id: more, ${scaling('api', 4)}}
`);
  const problems = [expect.stringContaining('may change 1 objects')];
  expect((await runs.until(last, 'failed', 'done')).output).toMatchObject({ problems });
  expect([await replicasOf(runs, 'web'), await replicasOf(runs, 'api')]).toEqual([3, 2]);
  const back = await runs.start(`policy: {maxTargets: 1}
onFailure: {undo: completedInReverse}
steps:
  - {id: up, ${scaling('web', 5)}, undo: {${scaling('api', 5)}}}
  - {id: bad, tool: k8s_get, with: {target: {kind: Deployment, name: nobody, namespace: shop}}}
finally: [{id: again, ${scaling('web', 2)}}]
`);
  expect((await runs.until(back, 'failed', 'done')).output).not.toHaveProperty('problems');
  expect([await replicasOf(runs, 'web'), await replicasOf(runs, 'api')]).toEqual([2, 5]);
});

test('two runs never change one object at once: the second waits until the first lets go', async () => {
  const runs = await startRuns({ policy: allowAgainAndAgain, hurried: true });
  let [now, most] = [0, 0];
  runs.startWorker({
    ...runs.around,
    call: async call => {
      if (call.tool !== 'k8s_scale') return runs.around.call(call);
      now += 1;
      most = Math.max(most, now);
      try {
        return await runs.around.call(call);
      } finally {
        now -= 1;
      }
    },
  });
  const spelt = [
    scaling('web', 3),
    scaling('web', 4).replace('Deployment', 'deploy'),
    scaling('web', 5).replace('Deployment', 'deployments.apps'),
  ];
  const ids = await Promise.all(spelt.map(step => runs.start(`steps:\n  - {id: up, ${step}}\n`)));
  for (const id of ids) await runs.until(id, 'done');
  expect(most).toBe(1);
});

test('a playbook calls another with its defaults, and fails where that fails', async () => {
  const runs = await startRuns({ policy: allowAgainAndAgain, hurried: true });
  const named = (name: string, body: string) =>
    runs.others.set(
      name,
      `apiVersion: vigie/v1\nkind: Playbook\nmetadata: {name: ${name}, title: Called}\n${body}`,
    );
  named(
    'grow',
    `inputs: {to: {type: integer, default: 3}, name: {type: string, required: true}}
steps:
  - {id: up, ${scaling('"${{ inputs.name }}"', '"${{ inputs.to }}"')}}
`,
  );
  runs.startWorker();
  const good = await runs.start('steps:\n  - {id: call, playbook: grow, with: {name: web}}\n');
  await runs.until(good, 'done');
  expect(await replicasOf(runs, 'web')).toBe(3);
  const bad = await runs.start('steps:\n  - {id: call, playbook: grow, with: {name: nobody}}\n');
  expect((await runs.until(bad, 'failed')).output).toMatchObject({ failure: { code: 'PLAYBOOK' } });
  const wrong = await runs.start('steps:\n  - {id: call, playbook: grow, with: {size: 3}}\n');
  expect((await runs.until(wrong, 'failed')).output).toMatchObject({ failure: { code: 'INVALID_INPUT' } });
});

test('a run that ends takes those along that it called', async () => {
  const runs = await startRuns({ policy: askEverything, hurried: true });
  runs.others.set(
    'grow',
    `apiVersion: vigie/v1\nkind: Playbook\nmetadata: {name: grow, title: Called}\nsteps: [{id: up, ${scaling('web', 3)}}]`,
  );
  runs.startWorker();
  const id = await runs.start('steps:\n  - {id: call, playbook: grow}\n');
  const child = await expect
    .poll(async () => (await runs.journal.list({ name: 'grow', status: 'waiting', max: 1 }))[0])
    .toBeDefined()
    .then(async () => (await runs.journal.list({ name: 'grow', max: 1 }))[0]);
  if (child === undefined) throw new Error('nothing was called');
  const ticket = ticketOf(child, 'up');
  await runs.journal.request(id, 'cancel');
  await runs.until(id, 'cancelled');
  await runs.until(child.id, 'cancelled');
  expect(await stateOf(runs, ticket)).toBe('void');
});

const called = (name: string, body: string) =>
  `apiVersion: vigie/v1\nkind: Playbook\nmetadata: {name: ${name}, title: Called}\n${body}`;

test('what a run calls counts for it too, side by side and through several', async () => {
  const runs = await startRuns({ policy: allowAgainAndAgain, hurried: true });
  const takes = 'inputs: {name: {type: string, required: true}}\n';
  runs.others.set('grow', called('grow', `${takes}steps: [{id: up, ${scaling('"${{ inputs.name }}"', 4)}}]`));
  runs.others.set(
    'pass-on',
    called('pass-on', `${takes}steps: [{id: on, playbook: grow, with: {name: "\${{ inputs.name }}"}}]`),
  );
  runs.startWorker();
  const root = await runs.start(`policy: {maxTargets: 1}
onFailure: {undo: none}
steps:
  - id: each
    foreach: {in: [web, api], as: name, parallel: 2, maxFailures: 2}
    steps: [{id: call, playbook: pass-on, with: {name: "\${{ name }}"}}]
  - {id: known, tool: k8s_list, with: {kind: Pod, namespace: shop}}
`);
  await runs.until(root, 'done');
  // One of them, whichever came first: 2 was what each began with.
  expect((await replicasOf(runs, 'web')) + (await replicasOf(runs, 'api'))).toBe(2 + 4);
  const grown = await Promise.all(
    (await runs.journal.list({ name: 'grow', max: 5 })).map(({ id }) => runs.journal.get(id)),
  );
  expect(new Set(grown.map(view => view?.status))).toEqual(new Set(['done', 'failed']));
  expect(grown).toHaveLength(2);
  expect(grown.find(view => view?.status === 'failed')?.output).toMatchObject({
    failure: { code: 'TOO_MANY_TARGETS', message: expect.stringContaining(root) },
  });
  // The same object again is no second one, whoever changes it.
  const again = await runs.start(`policy: {maxTargets: 1}
steps:
  - {id: own, ${scaling('web', 5)}}
  - {id: call, playbook: grow, with: {name: web}}
`);
  await runs.until(again, 'done');
});

test('runs that others call take the places of their environment, and those that wait for them none', async () => {
  const runs = await startRuns({ policy: allowAgainAndAgain, hurried: true });
  runs.others.set(
    'look',
    called('look', 'steps: [{id: see, tool: k8s_list, with: {kind: Pod, namespace: shop}}]'),
  );
  let inside = 0;
  const { promise: opened, resolve: open } = Promise.withResolvers<void>();
  const around = {
    ...runs.around,
    call: async (call: Parameters<typeof runs.around.call>[0]) => {
      inside += 1;
      await opened;
      return runs.around.call(call);
    },
  };
  runs.startWorker(around);
  runs.startWorker(around);
  const callers = await Promise.all(
    Array.from({ length: 6 }, () => runs.start('steps: [{id: call, playbook: look}]\n')),
  );
  for (const id of callers) await runs.until(id, 'waiting');
  await eventually(() => expect(inside).toBe(5));
  expect(await runs.journal.claim('another', { max: 5, leaseMs: 60_000 })).toEqual([]);
  const children = await runs.journal.list({ name: 'look', max: 10 });
  expect(children.map(({ status }) => status).toSorted()).toEqual(['ready', ...Array(5).fill('running')]);
  open();
  for (const id of callers) await runs.until(id, 'done');
});

test('a called run that may not begin beside another fails its step, and one that queues comes after it', async () => {
  const runs = await startRuns({ policy: allowAgainAndAgain, hurried: true });
  const one = (mode: string) =>
    called(mode, `concurrency: {key: all, mode: ${mode}}\nsteps: [{id: rest, wait: {for: 1h}}]`);
  runs.others.set('skip', one('skip')).set('queue', one('queue'));
  runs.startWorker();
  const both = (mode: string) => `steps:
  - id: both
    parallel:
      mode: settled
      branches:
        - {id: a, steps: [{id: one, playbook: ${mode}}]}
        - {id: b, steps: [{id: two, playbook: ${mode}}]}
  - {id: then, if: "steps.one.ok != steps.two.ok", tool: k8s_list, with: {kind: Pod, namespace: shop}}
`;
  const skipped = await runs.start(both('skip'));
  const ofName = async (name: string) => runs.journal.list({ name, max: 5 });
  await eventually(async () => expect((await ofName('skip'))[0]?.status).toBe('waiting'));
  await runs.until(skipped, 'waiting');
  runs.passTime(3_601_000);
  await runs.until(skipped, 'done', 'failed');
  expect(await ofName('skip')).toHaveLength(1);
  const queued = await runs.start(both('queue'));
  await eventually(async () =>
    expect((await ofName('queue')).map(({ status }) => status).toSorted()).toEqual(['ready', 'waiting']),
  );
  await runs.journal.request(queued, 'cancel');
  await runs.until(queued, 'cancelled');
});

test('what a called run did well is taken back in reverse when its caller fails later, through several', async () => {
  const runs = await startRuns({ policy: allowAgainAndAgain, hurried: true });
  runs.others
    .set(
      'grow',
      called(
        'grow',
        `onFailure: {undo: none}
inputs: {back: {type: integer, default: 7}}
steps:
  - id: both
    foreach: {in: [3, 4], as: n}
    steps: [{id: one, ${scaling('web', '"${{ n }}"')}}]
  - {id: own, ${scaling('api', 4)}, undo: {${scaling('api', '"${{ inputs.back }}"')}}}`,
      ),
    )
    .set('pass-on', called('pass-on', 'steps: [{id: on, playbook: grow, with: {back: 6}}]'));
  runs.startWorker();
  const id = await runs.start(`onFailure: {undo: completedInReverse}
steps:
  - {id: first, ${scaling('web', 1)}}
  - {id: call, playbook: pass-on}
  - {id: bad, tool: k8s_get, with: {target: {kind: Deployment, name: nobody, namespace: shop}}}
`);
  const view = await runs.until(id, 'failed');
  expect(view.output).toMatchObject({ failure: { code: 'NOT_FOUND' } });
  expect(view.output).not.toHaveProperty('problems');
  expect([await replicasOf(runs, 'web'), await replicasOf(runs, 'api')]).toEqual([2, 6]);
  expect(view.steps.map(({ path }) => path).filter(path => path.startsWith('.undo/'))).toEqual([
    '.undo/call/on/own',
    '.undo/call/on/both[1]/one',
    '.undo/call/on/both[0]/one',
    '.undo/first',
  ]);
});

const applying = (...names: string[]) => `tool: k8s_apply
    with:
      namespace: shop
      manifest: |
${names.map(name => `        {apiVersion: v1, kind: ConfigMap, metadata: {name: ${name}}, data: {a: "\${{ run.id }}"}}`).join('\n        ---\n')}
`;

test('objects of a manifest are locked and counted like others', async () => {
  const runs = await startRuns({ policy: allowAgainAndAgain, hurried: true });
  let [now, most] = [0, 0];
  runs.startWorker({
    ...runs.around,
    call: async call => {
      now += 1;
      most = Math.max(most, now);
      try {
        return await runs.around.call(call);
      } finally {
        now -= 1;
      }
    },
  });
  const ids = [
    await runs.start(`steps:\n  - id: up\n    ${applying('one', 'two')}`),
    await runs.start(`steps:\n  - id: up\n    ${applying('two', 'three')}`),
  ];
  for (const id of ids) await runs.until(id, 'done');
  expect(most).toBe(1);
  const tooMany = await runs.start(
    `policy: {maxTargets: 1}\nsteps:\n  - id: up\n    ${applying('four', 'five')}`,
  );
  expect((await runs.until(tooMany, 'failed')).output).toMatchObject({
    failure: { code: 'TOO_MANY_TARGETS' },
  });
  expect(runs.calls).toHaveLength(2);
});
