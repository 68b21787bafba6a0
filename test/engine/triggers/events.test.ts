import { expect, onTestFinished, test } from 'vitest';
import { type JsonObject, plainText, textIn } from '../../../src/core/json.ts';
import type { EnabledPlaybook } from '../../../src/engine/triggers/enabled.ts';
import type { EventCame } from '../../../src/engine/triggers/event-starts.ts';
import { EventWatches } from '../../../src/engine/triggers/event-watches.ts';
import type { TriggerParts } from '../../../src/engine/triggers/start-by-trigger.ts';
import { eventually } from '../../support/eventually.ts';
import { type MeddledWire, startMeddledWire } from '../../support/meddled-wire.ts';
import { send } from '../../support/sandbox-client.ts';
import type { TestVigie } from '../../support/start-vigie.ts';
import { enabledOf, startTriggerParts } from './trigger-parts.ts';

interface Heard {
  came: EventCame[];
  said: string[];
  failed: string[];
  watches: EventWatches;
}

/** A worker's watches, which end with the test. */
async function startWatches(parts: TriggerParts, playbooks: readonly EnabledPlaybook[]): Promise<Heard> {
  const came: EventCame[] = [];
  const said: string[] = [];
  const failed: string[] = [];
  const watches = new EventWatches({
    parts,
    listener: {
      came: what => came.push(what),
      said: text => said.push(text),
      failed: error => failed.push(String(error)),
    },
  });
  onTestFinished(() => watches.close());
  await watches.follow(await parts.vigie.inForce('change'), playbooks);
  return { came, said, failed, watches };
}

/** Writes an event as a component of the cluster would. */
async function record(
  on: TestVigie,
  {
    name,
    namespace = 'shop',
    update,
    ...more
  }: { name: string; namespace?: string; update?: true } & { [field: string]: unknown },
): Promise<void> {
  const time = new Date(on.sandbox.cluster.clock.now()).toISOString();
  const path = `/api/v1/namespaces/${namespace}/events`;
  const body = {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name, namespace },
    involvedObject: { apiVersion: 'v1', kind: 'Pod', name: `${name}-pod`, namespace },
    reason: 'Trial',
    type: 'Warning',
    message: 'something is tried',
    count: 1,
    firstTimestamp: time,
    lastTimestamp: time,
    ...more,
  };
  const { status, text } = await send(on.sandbox, {
    method: update === undefined ? 'POST' : 'PUT',
    path: update === undefined ? path : `${path}/${name}`,
    body,
  });
  if (status >= 300) throw new Error(text);
}

async function podsOf(parts: TriggerParts): Promise<string[]> {
  const inputs = await inputsOf(parts);
  return inputs.map(({ pod, count = '' }) => `${textIn(pod)} ${plainText(count)}`.trim()).toSorted();
}

async function inputsOf({ journal }: TriggerParts): Promise<JsonObject[]> {
  const runs = await journal.list({ max: 1_000 });
  const views = await Promise.all(runs.map(({ id }) => journal.get(id)));
  return views.map(view => view?.input ?? {});
}

const onTrial = `{event: {match: 'event.reason == "Trial"', inputs: {pod: "\${{ event.involvedObject.name }}", count: "\${{ event.count }}"}}}`;
const takesPod = { more: 'inputs: {pod: {type: string}, count: {type: integer}}' };

test('an event of the cluster starts a run that knows what it is about', async () => {
  const { test: on, parts } = await startTriggerParts({ policy: '{low: allow, medium: allow, high: allow}' });
  const pulls = await enabledOf(
    `{event: {match: 'event.reason == "Failed" && event.type == "Warning" && event.involvedObject.kind == "Pod"', inputs: {pod: "\${{ event.involvedObject.name }}"}}}`,
    { more: 'inputs: {pod: {type: string}}' },
  );
  const { came, failed } = await startWatches(parts, [pulls]);
  const target = { kind: 'Deployment', name: 'web', namespace: 'shop' };
  const { status, text } = await on.call('k8s_set', {
    target,
    image: ['web=shop/gone:1'],
    waitSeconds: 0,
  });
  expect(status, text).toBe('unverified');
  await on.sandbox.advance(60_000);
  await eventually(() => expect(came.filter(each => each.came.is === 'started')).not.toEqual([]));
  const [input] = await inputsOf(parts);
  expect(input?.['pod']).toMatch(/^web-/);
  const [run] = await parts.journal.list({ max: 1 });
  expect(run?.startedBy).toMatchObject({ kind: 'trigger', name: 'event:test', trigger: { kind: 'event' } });
  expect(failed).toEqual([]);
});

test('an event that is told again starts nothing, until there are ten times as many, and two workers start one', async () => {
  const { test: on, parts, otherJournal } = await startTriggerParts();
  const trial = await enabledOf(onTrial, takesPod);
  const first = await startWatches(parts, [trial]);
  const second = await startWatches({ ...parts, journal: await otherJournal() }, [trial]);
  const started = (): EventCame[] =>
    [...first.came, ...second.came].filter(each => each.came.is === 'started');
  await record(on, { name: 'a' });
  await eventually(() => expect(started()).toHaveLength(1));
  for (const count of [2, 9]) await record(on, { name: 'a', update: true, count });
  await record(on, { name: 'b' });
  await eventually(() => expect(started()).toHaveLength(2));
  for (const { id } of await parts.journal.list({ max: 10 })) await endRun(parts, id);
  await record(on, { name: 'a', update: true, count: 10 });
  await eventually(() => expect(started()).toHaveLength(3));
  expect(await podsOf(parts)).toEqual(['a-pod 1', 'a-pod 10', 'b-pod 1']);
});

async function endRun({ journal }: TriggerParts, id: string): Promise<void> {
  for (const { lease } of await journal.claim(id, { max: 1, leaseMs: 60_000, only: id }))
    await journal.finish(lease, { status: 'done' });
}

test('events of a time when nobody asked for them start nothing, and those that came while a worker was away do', async () => {
  const { test: on, parts } = await startTriggerParts();
  const trial = await enabledOf(onTrial, takesPod);
  await record(on, { name: 'long-ago' });
  await on.sandbox.advance(60_000);
  const before = await startWatches(parts, [trial]);
  await record(on, { name: 'heard' });
  await eventually(() => expect(before.came).toHaveLength(1));
  await before.watches.close();
  await record(on, { name: 'meanwhile' });
  const after = await startWatches(parts, [trial]);
  await eventually(async () => expect(await inputsOf(parts)).toHaveLength(2));
  await record(on, { name: 'last' });
  await eventually(async () => expect(await inputsOf(parts)).toHaveLength(3));
  expect(await podsOf(parts)).toEqual(['heard-pod 1', 'last-pod 1', 'meanwhile-pod 1']);
  expect(after.came.filter(({ came }) => came.is === 'started')).toHaveLength(2);
});

test('events outside of the environment, or of another namespace than the playbook names, are not heard', async () => {
  const { test: on, parts } = await startTriggerParts();
  const trial = await enabledOf(
    `{event: {match: 'event.reason == "Trial"', namespace: other, inputs: {pod: "\${{ event.involvedObject.name }}"}}}`,
    { more: 'inputs: {pod: {type: string}}' },
  );
  const { watches } = await startWatches(parts, [trial]);
  expect(watches.count).toBe(2);
  await record(on, { name: 'system', namespace: 'kube-system' });
  await record(on, { name: 'shop' });
  await record(on, { name: 'other', namespace: 'other' });
  await eventually(async () => expect(await inputsOf(parts)).toEqual([{ pod: 'other-pod' }]));
});

test('what an event says is data: bounded, cleaned, masked, and never an expression', async () => {
  const { test: on, parts } = await startTriggerParts();
  // What was read once is known.
  await on.call('k8s_get', { target: { kind: 'Secret', name: 'db', namespace: 'shop' } });
  const trial = await enabledOf(
    `{event: {match: 'event.reason == "Trial"', inputs: {said: "\${{ event.message }}", name: "\${{ event.involvedObject.name }}"}}}`,
    { more: 'inputs: {said: {type: string}, name: {type: string}}' },
  );
  await startWatches(parts, [trial]);
  await record(on, {
    name: 'hostile',
    message: 'planted-password-1234 \u001b[2J\u202e ${{ inputs.said }} __proto__ '.padEnd(1_000, 'x'),
    involvedObject: { kind: 'Pod', namespace: 'shop', name: '${{ 1 + 1 }}', ['__proto__']: 'x' },
  });
  await eventually(async () => expect(await inputsOf(parts)).toHaveLength(1));
  const [input] = await inputsOf(parts);
  expect(input?.['name']).toBe('${{ 1 + 1 }}');
  const said = textIn(input?.['said']);
  expect(said).toContain('${{ inputs.said }}');
  expect(said).not.toContain('planted-password-1234');
  // oxlint-disable-next-line no-control-regex -- they are what must not be there
  expect(said).not.toMatch(/[\u001b\u202e]/);
});

test('a condition that has no value for an event is told once, and the other playbooks start', async () => {
  const { test: on, parts } = await startTriggerParts();
  const broken = await enabledOf(`{event: {match: 'event.nothing == "x"'}}`, { name: 'broken' });
  const sound = await enabledOf(onTrial, { name: 'sound', ...takesPod });
  const { said, came } = await startWatches(parts, [broken, sound]);
  for (const name of ['a', 'b', 'c']) await record(on, { name });
  await eventually(() => expect(came).toHaveLength(3));
  expect(said).toEqual([expect.stringMatching(/^broken: an event in test has nothing to match: /)]);
});

test('a playbook that is taken away starts nothing any more', async () => {
  const { test: on, parts } = await startTriggerParts();
  const trial = await enabledOf(onTrial, takesPod);
  const { watches, came } = await startWatches(parts, [trial]);
  await record(on, { name: 'a' });
  await eventually(() => expect(came).toHaveLength(1));
  await watches.follow(await parts.vigie.inForce('change'), []);
  expect(watches.count).toBe(0);
  await record(on, { name: 'b' });
  const other = await enabledOf(`{event: {match: 'event.reason == "Trial"'}}`, { name: 'other' });
  await watches.follow(await parts.vigie.inForce('change'), [other]);
  await record(on, { name: 'c' });
  await eventually(() => expect(came.some(each => each.playbook === 'other')).toBe(true));
  expect(came.filter(each => each.playbook === 'trial')).toHaveLength(1);
});

test('a watch whose place the server has forgotten tells everything again, and nothing of it starts again', async () => {
  const through: { wire?: MeddledWire } = {};
  const { test: on, parts } = await startTriggerParts({
    kubeconfig: async sandbox => {
      through.wire = await startMeddledWire(sandbox);
      onTestFinished(() => through.wire?.close());
      return sandbox.kubeconfig().replaceAll(sandbox.url, through.wire.url);
    },
  });
  const trial = await enabledOf(onTrial, takesPod);
  let forgotten = 0;
  await record(on, { name: 'before' });
  await on.sandbox.advance(30_000);
  const told = (await send(on.sandbox, { path: '/api/v1/namespaces/shop/events/before' })).body;
  through.wire?.meddle({
    before: ({ path }) => {
      if (!path.includes('/namespaces/shop/events') || !path.includes('watch=1')) return undefined;
      if (path.includes('resourceVersion=')) {
        forgotten += 1;
        return { status: 410, body: { kind: 'Status', status: 'Failure', reason: 'Expired', code: 410 } };
      }
      if (forgotten > 0) return undefined;
      const lastTimestamp = new Date(on.sandbox.cluster.clock.now()).toISOString();
      const body = `${JSON.stringify({ type: 'ADDED', object: { ...told, lastTimestamp } })}\n`;
      return { body, thenCut: true };
    },
  });
  const { came } = await startWatches(parts, [trial]);
  await eventually(() => expect(forgotten).toBeGreaterThan(0));
  await record(on, { name: 'after' });
  await eventually(() => expect(came).toHaveLength(2));
  expect(await podsOf(parts)).toEqual(['after-pod 1', 'before-pod 1']);
});

test('a server that is away for a while is watched again, from where nothing is lost', async () => {
  const through: { wire?: MeddledWire } = {};
  const { test: on, parts } = await startTriggerParts({
    kubeconfig: async sandbox => {
      through.wire = await startMeddledWire(sandbox);
      onTestFinished(() => through.wire?.close());
      return sandbox.kubeconfig().replaceAll(sandbox.url, through.wire.url);
    },
  });
  let away = true;
  through.wire?.meddle({ before: () => (away ? 'cut' : undefined) });
  const trial = await enabledOf(onTrial, takesPod);
  const { said } = await startWatches(parts, [trial]);
  await eventually(() => expect(said).toHaveLength(2));
  await record(on, { name: 'meanwhile' });
  away = false;
  await eventually(async () => expect(await podsOf(parts)).toEqual(['meanwhile-pod 1']));
  await eventually(() => expect(said).toHaveLength(4));
  expect(said.slice(2).toSorted()).toEqual([
    'test, namespace other: events are watched again.',
    'test, namespace shop: events are watched again.',
  ]);
});

/** A Vigie whose lines to its cluster answer as they are told. */
async function startMeddled(): Promise<{ wire: MeddledWire; parts: TriggerParts }> {
  const through: { wire?: MeddledWire } = {};
  const { parts } = await startTriggerParts({
    kubeconfig: async sandbox => {
      through.wire = await startMeddledWire(sandbox);
      onTestFinished(() => through.wire?.close());
      return sandbox.kubeconfig().replaceAll(sandbox.url, through.wire.url);
    },
  });
  if (through.wire === undefined) throw new Error('there is no wire');
  return { wire: through.wire, parts };
}

function refusal(code: number, reason: string): { status: number; body: JsonObject } {
  const message = `events is ${reason.toLowerCase()}`;
  return { status: code, body: { kind: 'Status', status: 'Failure', reason, code, message } };
}

test('where events may not be read that is said, with the reason', async () => {
  const { wire, parts } = await startMeddled();
  wire.meddle({ before: ({ path }) => (/\/events\b/.test(path) ? refusal(403, 'Forbidden') : undefined) });
  const { said } = await startWatches(parts, [await enabledOf(onTrial, takesPod)]);
  await eventually(() => expect(said).toHaveLength(2));
  expect(said.toSorted()).toEqual([
    expect.stringMatching(/^test, namespace other: events are not watched: .*events is forbidden/),
    expect.stringMatching(/^test, namespace shop: events are not watched: .*events is forbidden/),
  ]);
});

test('what keeps events from being read is said once, however often it is tried again', async () => {
  const { wire, parts } = await startMeddled();
  const tries = new Map<string, number>();
  wire.meddle({
    before: ({ path }) => {
      const [, namespace] = /\/namespaces\/(\w+)\/events/.exec(path) ?? [];
      if (namespace === undefined) return undefined;
      const nth = (tries.get(namespace) ?? 0) + 1;
      tries.set(namespace, nth);
      return nth <= 2 ? refusal(404, 'NotFound') : undefined;
    },
  });
  const { said } = await startWatches(parts, [await enabledOf(onTrial, takesPod)]);
  await eventually(() =>
    expect(said.filter(text => text.endsWith(': events are watched again.'))).toHaveLength(2),
  );
  expect(said.filter(text => text.includes('are not watched'))).toHaveLength(2);
});
