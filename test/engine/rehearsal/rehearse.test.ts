import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import type { RehearsedStep } from '../../../src/core/rehearsal.ts';
import { headOf, startRehearsals } from './rehearsal-of.ts';

/** A step that gives a Deployment of the shop so many pods. */
const scaled = (name: string, replicas: number): string =>
  `tool: k8s_scale, with: {target: {kind: Deployment, name: ${name}, namespace: shop}, replicas: ${replicas}, waitSeconds: 120}`;
const image = (name: string, tag: string): string =>
  `tool: k8s_set, with: {target: {kind: Deployment, name: ${name}, namespace: shop}, image: ["${name}=${tag}"], waitSeconds: 60}`;

/** `path status` */
const told = (steps: readonly RehearsedStep[]): string[] =>
  steps.map(({ path, status }) => `${path} ${status}`);

test('each step tells what it would change and who would be asked, and the way back is played as well', async () => {
  const { rehearse: rehearsed } = await startRehearsals({
    policy: '{low: allow, medium: ask, high: ask, approvers: {high: [leads], fourEyes: true}}',
  });
  const report = await rehearsed(`steps:
  - {id: more, ${scaled('web', 4)}}
  - {id: none, ${scaled('web', 0)}}
onFailure: {undo: completedInReverse}
`);
  expect(report).toMatchObject({
    outcome: 'done',
    environment: 'test',
    blast: { objects: ['Deployment/web in shop'], namespaces: ['shop'], podsMade: 2, podsEnded: 4 },
  });
  expect(told(report.steps)).toEqual(['more done', 'none done']);
  const [more, none] = report.steps;
  expect(more?.change).toMatchObject({ risk: 'low', targets: ['Deployment/web in shop'] });
  expect(more?.change).not.toHaveProperty('asks');
  expect(more?.change?.diff).toContain('-  replicas: 2\n+  replicas: 4');
  expect(more?.change?.evidence).toEqual(['Deployment/web: 4 pods updated and available']);
  expect(none?.change).toMatchObject({ risk: 'high', asks: 'a person of leads, not whoever starts it' });
  expect(report.wayBack).toMatchObject({ cause: 'assumed', behind: 'none', problems: [] });
  expect(told(report.wayBack?.steps ?? [])).toEqual(['none done', 'more done']);
  expect(report.wayBack?.steps.at(-1)?.change?.diff).toContain('-  replicas: 4\n+  replicas: 2');
});

test('the cluster gets nothing but questions, whatever the playbook does to the copy', async () => {
  const { rehearse: rehearsed, live } = await startRehearsals();
  const before = JSON.stringify(live.sandbox.cluster.state.list('apps/deployments'));
  const report = await rehearsed(`steps:
  - {id: none, ${scaled('web', 0)}}
  - {id: gone, tool: k8s_delete, with: {target: {kind: Deployment, name: api, namespace: shop}}}
`);
  expect(report.outcome).toBe('done');
  expect(JSON.stringify(live.sandbox.cluster.state.list('apps/deployments'))).toBe(before);
  const asked = live.sandbox.requests().filter(({ method }) => method !== 'GET');
  expect(asked.length).toBeGreaterThan(0);
  // Who it is taken for and what it may do are questions too, which the API puts as a POST.
  expect(new Set(asked.map(({ path }) => path))).toEqual(
    new Set([
      '/apis/authentication.k8s.io/v1/selfsubjectreviews',
      '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    ]),
  );
});

test('what policy denies is denied in the copy, and nothing is recorded of it', async () => {
  const { rehearse: rehearsed, live } = await startRehearsals({
    policy: '{low: allow, medium: ask, high: deny}',
  });
  const report = await rehearsed(`steps:
  - {id: more, ${scaled('web', 3)}}
  - {id: none, ${scaled('web', 0)}}
  - {id: never, ${scaled('api', 3)}}
onFailure: {undo: completedInReverse}
`);
  expect(report).toMatchObject({ outcome: 'denied', why: expect.stringMatching(/^none: .*denied/) });
  expect(report).not.toHaveProperty('recorded');
  expect(told(report.steps)).toEqual(['more done', 'none denied', 'never not_reached']);
  expect(report.wayBack).toMatchObject({ cause: 'failed', behind: 'none' });
  expect(told(report.wayBack?.steps ?? [])).toEqual(['more done']);
  const { audit } = await live.vigie.store();
  expect(await audit.list({ limit: 10, events: ['rehearsed', 'denied'] })).toEqual([]);
});

test('a policy that nobody has accepted asks about what it would let go', async () => {
  const { rehearse: rehearsed } = await startRehearsals({
    policy: '{low: allow, medium: allow, high: allow}',
    accept: false,
  });
  const report = await rehearsed(`steps: [{id: more, ${scaled('web', 3)}}]`);
  expect(report.steps[0]?.change).toMatchObject({ risk: 'low', asks: 'any approver' });
});

test('a rollout that does not get healthy fails in the copy, and what was done before is taken back', async () => {
  const { rehearse: rehearsed } = await startRehearsals();
  const report = await rehearsed(`steps:
  - {id: more, ${scaled('web', 3)}}
  - id: huge
    tool: k8s_set
    with: {target: {kind: Deployment, name: api, namespace: shop}, resources: ["requests.cpu=1000"], waitSeconds: 60}
onFailure:
  undo: completedInReverse
  steps: [{id: why, tool: k8s_events, with: {namespace: shop}}]
finally: [{id: last, tool: k8s_list, with: {kind: Deployment, namespace: shop}}]
`);
  expect(report).toMatchObject({
    outcome: 'failed',
    why: expect.stringMatching(/^huge: .*Insufficient cpu/),
  });
  expect(told(report.steps)).toEqual(['more done', 'huge failed', '.finally/last done']);
  expect(report.wayBack).toMatchObject({ cause: 'failed', behind: 'huge' });
  expect(told(report.wayBack?.steps ?? [])).toEqual(['more done', '.onFailure/why done']);
});

test('what nobody can know of an image is said, and what a way back would leave', async () => {
  const { rehearse: rehearsed } = await startRehearsals();
  const report = await rehearsed(`steps:
  - {id: release, ${image('web', 'shop/web:2')}, undo: none}
  - {id: idle, wait: {for: 2h}}
onFailure: {undo: completedInReverse}
timeout: 3h
`);
  expect(report.outcome).toBe('done');
  expect(report.simulatedSeconds).toBeGreaterThanOrEqual(7_200);
  expect(report.simulatedSeconds).toBeLessThan(7_260);
  expect(report.unforeseen).toContain(
    'Whether shop/web:2 can be pulled and runs: in the copy every image that is new does.',
  );
  expect(report.wayBack).toEqual({ cause: 'assumed', behind: 'idle', steps: [], problems: [] });
});

test('the step behind which it is to fail can be named, and one that there is not is refused', async () => {
  const { rehearse: rehearsed } = await startRehearsals();
  const steps = `steps:
  - {id: more, ${scaled('web', 3)}}
  - {id: none, ${scaled('web', 0)}}
onFailure: {undo: completedInReverse}
`;
  const report = await rehearsed(steps, { failBehind: 'more' });
  expect(report.wayBack).toMatchObject({ behind: 'more' });
  expect(told(report.wayBack?.steps ?? [])).toEqual(['more done']);
  await expect(rehearsed(steps, { failBehind: 'moer' })).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    hint: 'It has more, none.',
  });
});

test('items of a list are told one by one, a list without any as nothing to do, and what was left out as that', async () => {
  const { rehearse: rehearsed } = await startRehearsals();
  const report = await rehearsed(`steps:
  - {id: names, set: {all: [web, api]}}
  - id: each
    foreach: {in: "\${{ steps.names.output.all }}", as: name}
    tool: k8s_scale
    with: {target: {kind: Deployment, name: "\${{ name }}", namespace: shop}, replicas: 3, waitSeconds: 60}
  - {id: nobody, foreach: {in: [], as: name}, tool: k8s_scale, with: {target: {kind: Deployment, name: web, namespace: shop}, replicas: 5}}
  - {id: same, ${scaled('web', 3)}}
  - {id: never, if: "inputs.go", ${scaled('web', 9)}}
inputs: {go: {type: boolean, default: false}}
`);
  expect(report.steps.map(({ path, what, status }) => ({ path, what, status }))).toEqual([
    { path: 'each[0]', what: 'k8s_scale', status: 'done' },
    { path: 'each[1]', what: 'k8s_scale', status: 'done' },
    { path: 'nobody', what: 'for each name in []', status: 'nothing_to_do' },
    { path: 'same', what: 'k8s_scale', status: 'nothing_to_do' },
    { path: 'never', what: 'k8s_scale', status: 'left_out' },
  ]);
  expect(report.blast.objects).toEqual(['Deployment/web in shop', 'Deployment/api in shop']);
});

test('a playbook that is called is played with it, step by step', async () => {
  const { rehearse: rehearsed, texts } = await startRehearsals();
  texts.set('inner', `${headOf('inner')}steps: [{id: more, ${scaled('web', 3)}}]`);
  const report = await rehearsed('steps: [{id: call, playbook: inner, with: {}}]');
  expect(report.outcome).toBe('done');
  expect(told(report.steps)).toEqual(['call done', 'call → more done']);
  expect(report.blast.objects).toEqual(['Deployment/web in shop']);
});

test('people are assumed to agree at a gate, and it says who would be asked', async () => {
  const { rehearse: rehearsed } = await startRehearsals({
    policy: '{low: ask, medium: ask, high: ask, approvers: {medium: [oncall]}}',
  });
  const report = await rehearsed(`steps:
  - {id: gate, approval: {for: [none], expires: 30m}}
  - {id: none, ${scaled('web', 0)}}
`);
  expect(report.outcome).toBe('done');
  expect(told(report.steps)).toEqual(['gate done', 'none done']);
  expect(report.steps[0]?.change?.asks).toBe('any approver');
});

test('under the kill switch it can be rehearsed, and says that no change would go', async () => {
  const { rehearse: rehearsed, live } = await startRehearsals();
  const { settings } = await live.vigie.store();
  const facts = { by: 'alice', why: 'a drill' };
  await settings.setKillSwitch({ on: true, ...facts, audit: { event: 'kill_switch_on', facts } });
  const report = await rehearsed(`steps: [{id: more, ${scaled('web', 3)}}]`);
  expect(report.outcome).toBe('done');
  expect(report.unforeseen[0]).toMatch(/^When the kill switch is off again: it is on/);
});

test('stopped in the middle it leaves nothing behind', async () => {
  const { rehearse: rehearsed, said } = await startRehearsals();
  const stop = new AbortController();
  const going = rehearsed(
    `steps:
  - id: forever
    wait: {tool: k8s_list, with: {kind: Deployment, namespace: shop, format: json}, until: output.total > 100, every: 1s, within: 7d}
timeout: 7d
`,
    { signal: stop.signal },
  );
  const watch = setInterval(() => said.some(line => line.startsWith('forever not yet')) && stop.abort(), 5);
  await expect(going).rejects.toMatchObject({ code: 'CANCELLED' });
  clearInterval(watch);
  expect(leftovers()).toEqual([]);
});

/** The folders of plays of this process. */
function leftovers(): string[] {
  return readdirSync(tmpdir()).filter(
    name => name.startsWith('vigie-play-') && name.includes(`-${process.pid}-`),
  );
}
