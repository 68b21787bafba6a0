import { expect, onTestFinished, test } from 'vitest';
import { newId } from '../../../src/core/ids.ts';
import type { RunView } from '../../../src/core/journal.ts';
import { textOf } from '../../../src/core/json.ts';
import { limits } from '../../../src/core/limits.ts';
import { goOnWithRun } from '../../../src/engine/interpreter/go-on-with-run.ts';
import { Evaluator } from '../../../src/engine/language/expressions/evaluator.ts';
import { rejectTicket } from '../../../src/pipeline/settle.ts';
import { eventually } from '../../support/eventually.ts';
import { addBob, byBob } from '../../support/gated-run.ts';
import { allowEverything, askEverything } from '../../support/start-vigie.ts';
import { dyingAt, Killed } from './dying-journal.ts';
import { replicasOf, scaling, startRuns, stateOf, type TestRuns, ticketOf } from './runs-of.ts';

const gated = (more = '', step = '') => `steps:
  - {id: gate, approval: {for: [up]${more}}}
  - {id: up, ${scaling('web', 3)}${step}}
`;

function outputOf({ steps }: RunView, path: string): unknown {
  return steps.find(step => step.path === path && step.state === 'done')?.output;
}

async function openTickets(runs: TestRuns): Promise<string[]> {
  const { changes } = await runs.test.vigie.store();
  return (await changes.list({ states: ['waiting', 'approved'], limit: 20 })).map(({ id }) => id);
}

async function rejectedFor(runs: TestRuns, ticket: string): Promise<void> {
  await rejectTicket(runs.test.vigie, { id: ticket, person: 'carol' });
}

test('what people agreed to at a gate is done without asking again, and nothing before', async () => {
  const runs = await startRuns({ policy: askEverything, hurried: true });
  runs.startWorker();
  const id = await runs.start(gated());
  const ticket = ticketOf(await runs.until(id, 'waiting'), 'gate');
  expect(await replicasOf(runs, 'web')).toBe(2);
  expect(await runs.test.approve(ticket)).toMatchObject({
    status: 'done',
    text: expect.stringContaining('nothing was sent'),
  });
  expect(outputOf(await runs.until(id, 'done'), 'gate')).toEqual({ decision: 'approved', by: ['alice'] });
  expect(await replicasOf(runs, 'web')).toBe(3);
  const { audit } = await runs.test.vigie.store();
  const [started] = await audit.list({ events: ['started'], limit: 5 });
  expect(started?.facts).toMatchObject({
    rule: 'playbook.gate',
    standing: { change: ticket, approver: 'alice', step: 'up', run: id },
  });
  const asked = await audit.list({ events: ['ticketed'], limit: 5 });
  expect(asked.map(({ changeId }) => changeId)).toEqual([ticket]);
  // With the end of the run nothing goes under it any more.
  expect(await stateOf(runs, ticket)).toBe('void');
});

test('two people who were forged in a gate within another let nothing through, though one agreed to that around it', async () => {
  const runs = await startRuns({ policy: allowEverything, hurried: true });
  const worker = runs.startWorker();
  // The check refuses it; of a run that goes on, the journal has what it goes by.
  const id = await runs.start(`steps:
  - {id: early, approval: {for: [each]}}
  - id: each
    foreach: {in: [web], as: name}
    steps:
      - {id: late, approval: {for: [up], min: 2}}
      - {id: up, ${scaling('"${{ name }}"', 3)}}
`);
  const early = ticketOf(await runs.until(id, 'waiting'), 'early');
  await worker.stop();
  await runs.test.approve(early);
  runs.passTime(11 * 60_000);
  const [claimed] = await runs.journal.claim('forger', { max: 1, leaseMs: 1 });
  if (claimed === undefined) throw new Error('nobody has it');
  const seat = (nth: number, ticket: string) => ({
    path: `each[0]/late/seat${nth}`,
    attempt: 1,
    state: 'done' as const,
    output: { ticket, by: 'alice' },
  });
  await runs.journal.record(claimed.lease, [
    seat(1, 'abcdefgh'),
    seat(2, 'abcdefgj'),
    {
      path: 'each[0]/late',
      attempt: 1,
      state: 'done',
      output: { decision: 'approved', by: ['alice', 'bob'] },
    },
  ]);
  runs.passTime(60_000);
  runs.startWorker();
  await runs.until(id, 'failed');
  expect(await replicasOf(runs, 'web')).toBe(2);
});

test('of a loop each item is asked about where the gate stands, what its conditions leave out is not, and each goes by its own path', async () => {
  const runs = await startRuns({ policy: askEverything, hurried: true });
  runs.startWorker();
  const id = await runs.start(`steps:
  - {id: names, set: {list: [web, api]}}
  - {id: gate, approval: {for: [each, side, never]}}
  - id: each
    foreach: {in: "\${{ steps.names.output.list }}", as: name}
    ${scaling('"${{ name }}"', 3).replace(', with', '\n    with')}
  - id: fork
    parallel:
      branches:
        - {id: left, steps: [{id: side, ${scaling('nobody', 1)}, continueOnError: true, if: "size(steps.names.output.list) > 5"}]}
        - {id: right, steps: [{wait: {for: 1s}}]}
  - {id: never, if: "run.environment == 'prod'", ${scaling('web', 9)}}
`);
  const ticket = ticketOf(await runs.until(id, 'waiting'), 'gate');
  const store = await runs.test.vigie.store();
  const { gate } = await store.changes.plan(ticket);
  expect(gate?.covers.map(({ path }) => path)).toEqual(['each[0]', 'each[1]']);
  await runs.test.approve(ticket);
  runs.passTime(1_000);
  await runs.until(id, 'done', 'failed');
  expect([await replicasOf(runs, 'web'), await replicasOf(runs, 'api')]).toEqual([3, 3]);
  const started = await store.audit.list({ events: ['started'], limit: 5 });
  expect(started.map(({ facts }) => textOf(facts['standing'], 'step')).toSorted()).toEqual([
    'each[0]',
    'each[1]',
  ]);
});

test('an approval that comes before the run has let go counts', async () => {
  const runs = await startRuns({ policy: askEverything, hurried: true });
  runs.startWorker({
    ...runs.around,
    gates: {
      ...runs.around.gates,
      propose: async question => {
        const answers = await runs.around.gates.propose(question);
        await runs.test.approve(textOf(answers[0]?.data, 'ticket'));
        return answers;
      },
    },
  });
  const id = await runs.start(gated());
  await runs.until(id, 'done');
  expect(await replicasOf(runs, 'web')).toBe(3);
});

test('an approval that comes while nothing goes on with the run counts', async () => {
  const runs = await startRuns({ policy: askEverything, hurried: true });
  const worker = runs.startWorker();
  const id = await runs.start(gated());
  const ticket = ticketOf(await runs.until(id, 'waiting'), 'gate');
  await worker.stop();
  await runs.test.approve(ticket);
  expect(await replicasOf(runs, 'web')).toBe(2);
  runs.startWorker();
  await runs.until(id, 'done');
  expect(await replicasOf(runs, 'web')).toBe(3);
});

test('an approval that comes when the run is over is refused', async () => {
  const runs = await startRuns({ policy: askEverything, hurried: true });
  runs.startWorker();
  const id = await runs.start(`timeout: 10m\n${gated()}`);
  const ticket = ticketOf(await runs.until(id, 'waiting'), 'gate');
  await runs.journal.request(id, 'cancel');
  await runs.until(id, 'cancelled');
  await expect(runs.test.approve(ticket)).rejects.toMatchObject({
    code: 'TICKET_CLOSED',
    message: expect.stringContaining('void'),
  });
});

test('a gate that was approved ends with its run, whatever is done to its tickets', async () => {
  const runs = await startRuns({ policy: askEverything, hurried: true });
  runs.startWorker();
  const id = await runs.start(
    gated()
      .replace('  - {id: up', '  - {id: pause, wait: {for: 1h}}\n  - {id: up')
      .replace('steps', 'timeout: 1d\nsteps'),
  );
  const ticket = ticketOf(await runs.until(id, 'waiting'), 'gate');
  await runs.test.approve(ticket);
  await expect.poll(async () => outputOf((await runs.journal.get(id)) as RunView, 'gate')).toBeDefined();
  expect(await stateOf(runs, ticket)).toBe('approved');
  await runs.journal.request(id, 'cancel');
  await runs.until(id, 'cancelled');
  expect(await stateOf(runs, ticket)).toBe('void');
  expect(await replicasOf(runs, 'web')).toBe(2);
});

test('an approval counts once, however often it is given', async () => {
  const runs = await startRuns({ policy: askEverything, hurried: true });
  runs.startWorker();
  const id = await runs.start(gated());
  const ticket = ticketOf(await runs.until(id, 'waiting'), 'gate');
  const both = await Promise.allSettled([runs.test.approve(ticket), runs.test.approve(ticket)]);
  expect(both.filter(each => each.status === 'fulfilled' && each.value.status === 'done')).toHaveLength(1);
  await runs.until(id, 'done');
  expect(runs.calls.filter(({ tool }) => tool === 'k8s_scale')).toHaveLength(1);
});

test('a gate within a loop asks about each item by itself', async () => {
  const runs = await startRuns({ policy: askEverything, hurried: true });
  runs.startWorker();
  const id = await runs.start(`steps:
  - id: each
    foreach: {in: [web, api], as: name, parallel: 2}
    steps:
      - {id: gate, approval: {for: [up]}}
      - {id: up, ${scaling('"${{ name }}"', 3)}}
`);
  await expect.poll(async () => (await runs.journal.get(id))?.waits.length).toBeGreaterThan(1);
  const view = await runs.until(id, 'waiting');
  const [first, second] = ['each[0]/gate', 'each[1]/gate'].map(path => ticketOf(view, path));
  await runs.test.approve(first ?? '');
  await expect.poll(() => replicasOf(runs, 'web')).toBe(3);
  expect(await replicasOf(runs, 'api')).toBe(2);
  await runs.test.approve(second ?? '');
  await runs.until(id, 'done');
  expect(await replicasOf(runs, 'api')).toBe(3);
});

test('what cleans up may ask as well, and ends with the run', async () => {
  const runs = await startRuns({ policy: askEverything, hurried: true });
  runs.startWorker();
  const id = await runs.start(`steps:
  - {id: before, approval: {for: [fails]}}
  - {id: fails, ${scaling('web', 3)}, verify: {tool: k8s_list, with: {kind: Pod}, until: "output.total < 0", every: 1s, within: 2s}}
onFailure:
  undo: none
  steps:
    - {id: gate, approval: {for: [down]}}
    - {id: down, ${scaling('api', 1)}}
`);
  const before = ticketOf(await runs.until(id, 'waiting'), 'before');
  await runs.test.approve(before);
  const gateOf = async () => {
    runs.passTime(1_000);
    const view = await runs.journal.get(id);
    return view?.waits.some(({ path }) => path === '.onFailure/gate') === true ? view : undefined;
  };
  await expect.poll(gateOf).toBeDefined();
  expect(await stateOf(runs, before)).toBe('void');
  const ticket = ticketOf((await runs.journal.get(id)) as RunView, '.onFailure/gate');
  await runs.test.approve(ticket);
  await runs.until(id, 'failed');
  expect(await replicasOf(runs, 'api')).toBe(1);
  expect(await stateOf(runs, ticket)).toBe('void');
});

test('a rejection ends the run; and where it may go on, the steps are left out', async () => {
  const runs = await startRuns({ policy: allowEverything, hurried: true });
  runs.startWorker();
  const id = await runs.start(gated());
  await rejectedFor(runs, ticketOf(await runs.until(id, 'waiting'), 'gate'));
  expect((await runs.until(id, 'failed')).output).toMatchObject({ failure: { code: 'REJECTED' } });

  const on = await runs.start(
    gated('', '')
      .replace('web', 'api')
      .replace('approval: {for: [up]}', 'approval: {for: [up]}, continueOnError: true'),
  );
  await rejectedFor(runs, ticketOf(await runs.until(on, 'waiting'), 'gate'));
  await runs.until(on, 'done');
  expect(runs.calls.filter(({ tool }) => tool === 'k8s_scale')).toEqual([]);
});

test('where nobody answers in time the run fails, or leaves the steps out', async () => {
  const runs = await startRuns({ policy: allowEverything, hurried: true });
  runs.startWorker();
  const fails = await runs.start(`timeout: 2d\n${gated(', expires: 30m')}`);
  const ticket = ticketOf(await runs.until(fails, 'waiting'), 'gate');
  const store = await runs.test.vigie.store();
  const { createdAt, expiresAt = '' } = await store.changes.get(ticket);
  expect(Date.parse(expiresAt) - Date.parse(createdAt)).toBe(30 * 60_000);
  const skips = await runs.start(
    `timeout: 2d\n${gated(', expires: 30m, onTimeout: skip').replaceAll('web', 'api')}  - {id: said, if: "steps.gate.output.decision == 'skipped' && !steps.up.ok", tool: k8s_list, with: {kind: Pod}}\n`,
  );
  await runs.until(skips, 'waiting');
  runs.test.passTime(31 * 60_000);
  runs.passTime(31 * 60_000);
  expect((await runs.until(fails, 'failed')).output).toMatchObject({
    failure: { code: 'EXPIRED', message: expect.stringContaining('within 30m') },
  });
  expect(outputOf(await runs.until(skips, 'done'), 'gate')).toEqual({ decision: 'skipped', by: [] });
  expect(runs.calls.filter(({ tool }) => tool === 'k8s_scale')).toEqual([]);
  expect(runs.calls.filter(({ tool }) => tool === 'k8s_list')).toHaveLength(1);
  expect(await openTickets(runs)).toEqual([]);
});

test('what moves while people look is asked anew, with the new diff', async () => {
  const runs = await startRuns({ policy: askEverything, hurried: true });
  runs.startWorker();
  const id = await runs.start(gated());
  const first = ticketOf(await runs.until(id, 'waiting'), 'gate');
  const { data } = await runs.test.call('k8s_scale', {
    target: { kind: 'Deployment', name: 'web', namespace: 'shop' },
    replicas: 5,
  });
  await runs.test.approve(textOf(data, 'ticket'));
  expect(await runs.test.approve(first)).toMatchObject({ status: 'plan_changed' });
  await expect.poll(async () => (await openTickets(runs)).length).toBe(1);
  const [second = ''] = await openTickets(runs);
  expect(second).not.toBe(first);
  expect(await runs.test.approve(second)).toMatchObject({ status: 'done' });
  await runs.until(id, 'done');
  expect(await replicasOf(runs, 'web')).toBe(3);
});

test('what moves after people agreed waits for a ticket of its own, which says so', async () => {
  const runs = await startRuns({ policy: askEverything, hurried: true });
  runs.startWorker();
  const id = await runs.start(
    `timeout: 1d\n${gated().replace('  - {id: up', '  - {id: pause, wait: {for: 1h}}\n  - {id: up')}`,
  );
  await runs.test.approve(ticketOf(await runs.until(id, 'waiting'), 'gate'));
  const waitsAt = async (): Promise<string[]> =>
    ((await runs.journal.get(id))?.waits ?? []).map(({ path }) => path);
  await expect.poll(waitsAt).toContain('pause');
  const { data } = await runs.test.call('k8s_scale', {
    target: { kind: 'Deployment', name: 'web', namespace: 'shop' },
    replicas: 5,
  });
  await runs.test.approve(textOf(data, 'ticket'));
  runs.passTime(3_600_000);
  await expect.poll(waitsAt).toContain('up');
  const own = ticketOf((await runs.journal.get(id)) as RunView, 'up');
  expect((await runs.test.approve(own)).status).toBe('done');
  await runs.until(id, 'done');
  expect(await replicasOf(runs, 'web')).toBe(3);
  expect(runs.said.join('\n')).toContain(`up: waits for a person: vigie approve ${own}`);
});

test('two people must agree, another one for each ticket', async () => {
  const runs = await startRuns({ policy: askEverything, hurried: true });
  await addBob(runs.test);
  runs.startWorker();
  const id = await runs.start(gated(', min: 2'));
  await runs.until(id, 'waiting');
  const [first = '', second = ''] = await openTickets(runs);
  await runs.test.approve(first);
  await expect(runs.test.approve(second)).rejects.toMatchObject({ code: 'NOT_AN_APPROVER' });
  expect((await runs.journal.get(id))?.endedAt).toBeUndefined();
  await byBob(runs.test, second);
  const view = await runs.until(id, 'done');
  expect(outputOf(view, 'gate')).toMatchObject({ by: expect.arrayContaining(['alice', 'bob']) });
  expect(await replicasOf(runs, 'web')).toBe(3);
});

test('should one of two reject it, what the other agreed to counts no more', async () => {
  const runs = await startRuns({ policy: askEverything, hurried: true });
  await addBob(runs.test);
  runs.startWorker();
  const id = await runs.start(gated(', min: 2'));
  await runs.until(id, 'waiting');
  const [first = '', second = ''] = await openTickets(runs);
  await runs.test.approve(first);
  await rejectedFor(runs, second);
  await runs.until(id, 'failed');
  expect(await openTickets(runs)).toEqual([]);
  expect(await replicasOf(runs, 'web')).toBe(2);
});

test('where there is nothing to approve nobody is asked', async () => {
  const runs = await startRuns({ policy: askEverything, hurried: true });
  runs.startWorker();
  const id = await runs.start(gated().replace('replicas: 3', 'replicas: 2'));
  expect(outputOf(await runs.until(id, 'done'), 'gate')).toEqual({ decision: 'nothing', by: [] });
  const { audit } = await runs.test.vigie.store();
  expect(await audit.list({ events: ['ticketed'], limit: 1 })).toEqual([]);
});

test('a gate whose condition does not hold asks nobody, and policy decides', async () => {
  const runs = await startRuns({ policy: allowEverything, hurried: true });
  runs.startWorker();
  const id = await runs.start(
    gated().replace('approval: {for: [up]}', `if: "run.environment == 'prod'", approval: {for: [up]}`),
  );
  await runs.until(id, 'done');
  expect(await replicasOf(runs, 'web')).toBe(3);
});

test('more than a person can read, and what lies in another environment, is asked of nobody', async () => {
  const runs = await startRuns({ policy: askEverything, hurried: true });
  runs.startWorker();
  const many = Array.from({ length: limits.changesPerPlan + 1 }, () => 'web').join(', ');
  const id = await runs.start(
    `steps:\n  - {id: gate, approval: {for: [each]}}\n  - id: each\n    foreach: {in: [${many}], as: name}\n    ${scaling('"${{ name }}"', 3).replace(', with', '\n    with')}\n`,
  );
  expect((await runs.until(id, 'failed')).output).toMatchObject({
    failure: { code: 'INVALID_INPUT', message: expect.stringContaining('a person can read') },
  });
  const elsewhere = await runs.start(gated().replace('replicas: 3', 'replicas: 3, environment: prod'));
  expect((await runs.until(elsewhere, 'failed')).output).toMatchObject({
    failure: { code: 'OUT_OF_BOUNDS' },
  });
  expect(await openTickets(runs)).toEqual([]);
});

test('an object that there is not fails the gate, and nobody is asked', async () => {
  const runs = await startRuns({ policy: askEverything, hurried: true });
  runs.startWorker();
  const id = await runs.start(gated().replace('web', 'nobody'));
  expect((await runs.until(id, 'failed')).output).toMatchObject({ failure: { code: 'NOT_FOUND' } });
  expect(await openTickets(runs)).toEqual([]);
});

test('a record in the journal that says people agreed lets nothing through', async () => {
  const runs = await startRuns({ policy: allowEverything, hurried: true });
  const id = await runs.start(gated());
  const [claimed] = await runs.journal.claim('forger', { max: 1, leaseMs: 1 });
  if (claimed === undefined) throw new Error('nobody has it');
  await runs.journal.record(claimed.lease, [
    { path: 'gate/seat1', attempt: 1, state: 'done', output: { ticket: 'abcdefgh', by: 'alice' } },
    { path: 'gate', attempt: 1, state: 'done', output: { decision: 'approved', by: ['alice'] } },
  ]);
  runs.passTime(60_000);
  runs.startWorker();
  const view = await runs.until(id, 'waiting');
  expect(await replicasOf(runs, 'web')).toBe(2);
  const own = ticketOf(view, 'up');
  const { outside } = await (await runs.test.vigie.store()).changes.plan(own);
  expect(outside?.why).toContain('no change or ticket abcdefgh');
});

test('nor does the ticket of another run, which somebody approved', async () => {
  const runs = await startRuns({ policy: allowEverything, hurried: true });
  const worker = runs.startWorker();
  const other = await runs.start(gated());
  const ticket = ticketOf(await runs.until(other, 'waiting'), 'gate');
  await worker.stop();
  await runs.test.approve(ticket);
  const id = await runs.start(gated());
  const claimed = await runs.journal.claim('forger', { max: 2, leaseMs: 1 });
  const own = claimed.find(({ lease }) => lease.run === id);
  if (own === undefined) throw new Error('nobody has it');
  await runs.journal.record(own.lease, [
    { path: 'gate/seat1', attempt: 1, state: 'done', output: { ticket, by: 'alice' } },
    { path: 'gate', attempt: 1, state: 'done', output: { decision: 'approved', by: ['alice'] } },
  ]);
  runs.passTime(60_000);
  runs.startWorker();
  await runs.until(other, 'done');
  const changes = await runs.test.vigie.store();
  const started = await changes.audit.list({ events: ['started'], limit: 5 });
  expect(started.map(({ facts }) => textOf(facts['standing'], 'run'))).toEqual([other]);
});

test('a playbook that is edited while its run waits changes nothing for that run', async () => {
  const runs = await startRuns({ policy: askEverything, hurried: true });
  const worker = runs.startWorker();
  const id = await runs.start(gated());
  const ticket = ticketOf(await runs.until(id, 'waiting'), 'gate');
  await worker.stop();
  const later = await runs.start(gated().replace('replicas: 3', 'replicas: 7'));
  await runs.test.approve(ticket);
  runs.startWorker();
  await runs.until(id, 'done');
  expect(await replicasOf(runs, 'web')).toBe(3);
  expect(ticketOf(await runs.until(later, 'waiting'), 'gate')).not.toBe(ticket);
});

/** Goes on with a run in a process that dies at one of its writes, and for long enough that another may take it. */
async function dieAt(
  runs: TestRuns,
  { id, evaluator, ...at }: { id: string; evaluator: Evaluator; nth: number; when: 'before' | 'after' },
): Promise<boolean> {
  const mortal = dyingAt(runs.journal, at);
  const alive =
    <Given, T>(work: (given: Given) => Promise<T>) =>
    async (given: Given): Promise<T> => {
      if (mortal.dead()) throw new Killed('a dead process called');
      return work(given);
    };
  const around = {
    ...runs.around,
    journal: mortal.journal,
    call: alive(runs.around.call),
    gates: { propose: alive(runs.around.gates.propose), end: alive(runs.around.gates.end) },
  };
  const claimed = await eventually(async () => {
    const [first] = await runs.journal.claim(newId(), { max: 1, leaseMs: 30_000, only: id });
    if (first === undefined) throw new Error('nobody has it');
    return first;
  });
  const { signal } = new AbortController();
  const died = await goOnWithRun(claimed, { around, evaluator, signal, begun: () => undefined })
    .then(() => false)
    .catch((error: unknown) => {
      if (error instanceof Killed) return true;
      throw error;
    });
  runs.passTime(60_000);
  return died;
}

test.each(['before', 'after'] as const)(
  'a worker that dies %s any of its writes leaves one gate, and one approval is enough for one change',
  async when => {
    const runs = await startRuns({ policy: askEverything, hurried: true });
    const evaluator = new Evaluator();
    onTestFinished(() => evaluator.close());
    const died: string[] = [];
    for (const phase of ['asking', 'doing'])
      for (let nth = 1; nth <= (phase === 'asking' ? 2 : 7); nth += 1) {
        const replicas = (await replicasOf(runs, 'web')) === 3 ? 4 : 3;
        const id = await runs.start(gated().replace('replicas: 3', `replicas: ${replicas}`));
        if (phase === 'asking' && (await dieAt(runs, { id, evaluator, nth, when })))
          died.push(`${phase} ${nth}`);
        const worker = runs.startWorker();
        await runs.until(id, 'waiting');
        await worker.stop();
        const [ticket = '', ...others] = await openTickets(runs);
        expect(others).toEqual([]);
        await runs.test.approve(ticket);
        if (phase === 'doing' && (await dieAt(runs, { id, evaluator, nth, when })))
          died.push(`${phase} ${nth}`);
        const second = runs.startWorker();
        await runs.until(id, 'done');
        await second.stop();
        expect(await replicasOf(runs, 'web')).toBe(replicas);
        const { audit } = await runs.test.vigie.store();
        const rows = await audit.list({ events: ['started', 'ticketed'], limit: 2 });
        expect(rows.map(({ event }) => event)).toEqual(['started', 'ticketed']);
      }
    expect(died.length).toBeGreaterThanOrEqual(7);
  },
  120_000,
);
