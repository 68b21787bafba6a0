import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import type { Plan } from '../../src/core/plan.ts';
import type { Budget } from '../../src/core/policy.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { fc } from '../support/properties.ts';
import { storeServer } from '../support/store-server.ts';
import { openTemporary, temporaryPlace } from './open-temporary.ts';
import { roomFor, samplePlan } from './sample-plan.ts';
import { sampleKeys } from './sample-store.ts';

const record = { summary: 'scale web', diff: '-3\n+5', undo: 'possible' };
const hourMs = 3_600_000;

async function propose(
  store: Store,
  asked: {
    plan: Plan;
    state?: 'waiting' | 'executing';
    budget?: Partial<Budget>;
    question?: string;
    person?: string;
    expiresAt?: string;
  },
): Promise<string> {
  const { plan, budget, state = 'executing' } = asked;
  const room = roomFor(plan, budget);
  const proposed = await store.changes.propose({
    plan,
    record,
    state,
    ...(state === 'waiting' ? { expiresAt: asked.expiresAt ?? plan.expiresAt } : {}),
    owner: 'p1',
    within: { ...room, question: asked.question ?? room.question, person: asked.person ?? room.person },
    audit: { event: 'started', changeId: plan.id, environment: plan.environment, facts: {} },
  });
  if ('instead' in proposed) return proposed.instead.rule;
  return proposed.existing ? 'existing' : 'recorded';
}

const finish = (store: Store, id: string) =>
  store.changes.finish({
    id,
    owner: 'p1',
    epoch: 1,
    state: 'done',
    evidence: [],
    audit: { event: 'finished', changeId: id, facts: {} },
  });

const reject = (store: Store, id: string, coolsDown: 'asker' | 'everybody' = 'everybody') =>
  store.changes.close({
    coolsDown,
    id,
    from: 'waiting',
    to: 'rejected',
    by: 'bob',
    audit: { event: 'rejected', changeId: id, facts: {} },
  });

const automaticPerHour = 'policy.budget.automaticPerHour';
const perObjectPerDay = 'policy.budget.perObjectPerDay';
const openTickets = 'policy.budget.openTickets';
const coolDown = 'policy.budget.coolDown';

test('a change over the hour records nothing, and goes again when the oldest is an hour old', async () => {
  const { store, clock } = await openTemporary();
  const budget = { automaticPerHour: 2 };
  const next = () => propose(store, { plan: samplePlan(), budget });
  expect(await next()).toBe('recorded');
  clock.advance(hourMs / 2);
  expect(await next()).toBe('recorded');
  expect(await next()).toBe(automaticPerHour);
  expect((await store.audit.head()).sequence).toBe(2);
  expect(await store.changes.list({ limit: 9 })).toHaveLength(2);
  clock.advance(hourMs / 2);
  expect(await next()).toBe('recorded');
  expect(await next()).toBe(automaticPerHour);
});

test('a clock that is set back frees no place', async () => {
  const { store, clock } = await openTemporary();
  const budget = { automaticPerHour: 1, perObjectPerDay: 1 };
  expect(await propose(store, { plan: samplePlan(), budget })).toBe('recorded');
  clock.advance(-30 * 24 * hourMs);
  expect(await propose(store, { plan: samplePlan(), budget })).toBe(automaticPerHour);
  const one = { automaticPerHour: 9, perObjectPerDay: 1 };
  expect(await propose(store, { plan: samplePlan(), budget: one })).toBe(perObjectPerDay);
});

test('each person has a budget of their own, in each environment', async () => {
  const { store } = await openTemporary();
  const budget = { automaticPerHour: 1, openTickets: 1 };
  for (const state of ['executing', 'waiting'] as const) {
    const ask = (more: { person?: string; environment?: string }) =>
      propose(store, {
        plan: samplePlan({ environment: more.environment ?? 'prod' }),
        budget,
        state,
        ...(more.person === undefined ? {} : { person: more.person }),
      });
    expect(await ask({})).toBe('recorded');
    expect(await ask({})).toMatch(/^policy\.budget/);
    expect(await ask({ person: 'dave' })).toBe('recorded');
    expect(await ask({ environment: 'dev' })).toBe('recorded');
  }
});

test('an object is the same under each version of its API, and in no other group or namespace', async () => {
  const { store } = await openTemporary();
  const planFor = (target: { apiVersion: string; namespace: string }) => {
    const plan = samplePlan();
    return {
      ...plan,
      previews: plan.previews.map(preview => ({ ...preview, target: { ...preview.target, ...target } })),
    };
  };
  const scale = (apiVersion: string, namespace = 'shop') =>
    propose(store, { plan: planFor({ apiVersion, namespace }), budget: { perObjectPerDay: 1 } });
  expect(await scale('apps/v1')).toBe('recorded');
  expect(await scale('apps/v1beta2')).toBe(perObjectPerDay);
  expect(await scale('apps/v1', 'other')).toBe('recorded');
  expect(await scale('example.com/v1')).toBe('recorded');
  expect(await scale('v1')).toBe('recorded');
});

test("the undo of one's own change within the hour takes no place of the object, the undo of an undo does", async () => {
  const { store, clock } = await openTemporary();
  const budget = { perObjectPerDay: 1 };
  const first = samplePlan();
  expect(await propose(store, { plan: first, budget })).toBe('recorded');
  const undo = (more: Partial<Plan> = {}) => samplePlan({ undoOf: first.id, ...more });
  // Not yet finished: there is nothing to take back.
  expect(await propose(store, { plan: undo(), budget })).toBe(perObjectPerDay);
  await finish(store, first.id);
  expect(await propose(store, { plan: undo(), budget, person: 'dave' })).toBe('recorded');
  expect(await propose(store, { plan: undo(), budget, person: 'dave' })).toBe(perObjectPerDay);
  const taken = undo();
  expect(await propose(store, { plan: taken, budget })).toBe('recorded');
  await finish(store, taken.id);
  expect(await propose(store, { plan: undo({ undoOf: taken.id }), budget })).toBe(perObjectPerDay);
  clock.advance(hourMs);
  expect(await propose(store, { plan: undo(), budget })).toBe(perObjectPerDay);
});

test('a full list of tickets takes no new one, but is still the ticket of what waits in it', async () => {
  const { store, clock } = await openTemporary();
  const budget = { openTickets: 2 };
  const ask = (plan: Plan) => propose(store, { plan, budget, state: 'waiting' });
  const [first, second, third] = [samplePlan(), samplePlan(), samplePlan()];
  expect(await ask(first)).toBe('recorded');
  expect(await ask(second)).toBe('recorded');
  expect(await ask(third)).toBe(openTickets);
  expect(await ask(samplePlan({ digest: first.digest }))).toBe('existing');
  await reject(store, first.id);
  expect(await ask(third)).toBe('recorded');
  expect(await ask(samplePlan())).toBe(openTickets);
  clock.advance(24 * hourMs);
  expect(await ask(samplePlan({ expiresAt: '2026-11-23T00:00:00.000Z' }))).toBe('recorded');
});

test('what an asker rejected is denied to that person alone', async () => {
  const { store } = await openTemporary();
  const plan = samplePlan();
  const again = () => samplePlan({ digest: plan.digest });
  await propose(store, { plan, state: 'waiting' });
  await reject(store, plan.id, 'asker');
  expect(await propose(store, { plan: again(), state: 'waiting' })).toBe(coolDown);
  expect(await propose(store, { plan: again(), person: 'dave', state: 'waiting' })).toBe('recorded');
});

test('an undo that a person asks for is a ticket though its like was rejected, and an agent is denied it', async () => {
  const { store } = await openTemporary();
  const plan = samplePlan({ undoOf: 'k3x9qf2m' });
  const person = { kind: 'person', name: 'dave', via: 'cli', onBehalfOf: 'dave' } as const;
  const again = (more: Partial<Plan> = {}) =>
    samplePlan({ digest: plan.digest, undoOf: 'k3x9qf2m', ...more });
  await propose(store, { plan, state: 'waiting' });
  await reject(store, plan.id);
  expect(await propose(store, { plan: again() })).toBe(coolDown);
  const noUndo = samplePlan({ digest: plan.digest, actor: person });
  expect(await propose(store, { plan: noUndo, state: 'waiting' })).toBe(coolDown);
  // Never by itself.
  expect(await propose(store, { plan: again({ actor: person }) })).toBe(coolDown);
  expect(await propose(store, { plan: again({ actor: person }), state: 'waiting' })).toBe('recorded');
});

test('tickets of an hour are counted whatever became of them, for each person and environment', async () => {
  const { store, clock } = await openTemporary();
  const budget = { proposalsPerHour: 2 };
  const ask = async (more: { person?: string; environment?: string } = {}) => {
    const environment = more.environment ?? 'prod';
    const plan = samplePlan({ environment, createdAt: clock.at.toISOString() });
    const { person = 'alice' } = more;
    const answer = await propose(store, { plan, budget, state: 'waiting', person });
    if (answer === 'recorded') await reject(store, plan.id);
    return answer;
  };
  expect(await ask()).toBe('recorded');
  clock.advance(hourMs / 2);
  expect(await ask()).toBe('recorded');
  expect(await ask()).toBe('policy.budget.proposalsPerHour');
  expect(await ask({ person: 'dave' })).toBe('recorded');
  expect(await ask({ environment: 'dev' })).toBe('recorded');
  // What goes by itself makes no ticket.
  expect(await propose(store, { plan: samplePlan(), budget })).toBe('recorded');
  const { budget: whole } = roomFor(samplePlan(), budget);
  const over = (person: string) =>
    store.changes.overProposals({ person, environment: 'prod', budget: whole });
  expect(await over('alice')).toMatchObject({ verdict: 'deny' });
  expect(await over('dave')).toBeUndefined();
  const exhausted = await store.changes.exhausted({ environment: 'prod', budget: whole });
  expect(exhausted).toMatchObject([{ person: 'alice', rule: 'policy.budget.proposalsPerHour' }]);
  clock.advance(hourMs / 2);
  expect(await ask()).toBe('recorded');
  expect(await ask()).toBe('policy.budget.proposalsPerHour');
});

test('what a person rejected is denied to everybody for the cool-down, in that environment', async () => {
  const { store, clock } = await openTemporary();
  const plan = samplePlan();
  const again = (more: Partial<Plan> = {}) => samplePlan({ digest: plan.digest, ...more });
  const budget = { coolDownSeconds: 3600 };
  await propose(store, { plan, state: 'waiting' });
  await reject(store, plan.id);
  expect(await propose(store, { plan: again(), budget, state: 'waiting' })).toBe(coolDown);
  expect(await propose(store, { plan: again(), budget, person: 'dave' })).toBe(coolDown);
  expect(await propose(store, { plan: samplePlan(), budget, state: 'waiting' })).toBe('recorded');
  expect(await propose(store, { plan: again({ environment: 'dev' }), budget })).toBe('recorded');
  clock.advance(-hourMs);
  expect(await propose(store, { plan: again(), budget })).toBe(coolDown);
  clock.advance(2 * hourMs - 1);
  expect(await propose(store, { plan: again(), budget })).toBe(coolDown);
  clock.advance(1);
  expect(await propose(store, { plan: again(), budget, state: 'waiting' })).toBe('recorded');
});

test('the same question is what was rejected, though its plan names another moment', async () => {
  const { store } = await openTemporary();
  const plan = samplePlan();
  await propose(store, { plan, state: 'waiting', question: 'restart web' });
  await reject(store, plan.id);
  const ask = (question: string) =>
    propose(store, { plan: samplePlan(), state: 'waiting', question, budget: { coolDownSeconds: 3600 } });
  expect(await ask('restart web')).toBe(coolDown);
  expect(await ask('restart api')).toBe('recorded');
});

test.each([
  ['executing', automaticPerHour],
  ['waiting', openTickets],
] as const)(
  'of several processes that want the last place at once (%s) exactly one gets it',
  async (state, rule) => {
    const { place, word } = await temporaryPlace();
    const store = await openStore({ ...place, keys: sampleKeys, now: () => new Date() });
    for (let taken = 0; taken < 2; taken++) {
      const plan = samplePlan({ expiresAt: new Date(Date.now() + hourMs).toISOString() });
      expect(await propose(store, { plan, state })).toBe('recorded');
    }
    await store.close();
    const children = Array.from({ length: 4 }, (_, index) =>
      spawn(
        process.execPath,
        [new URL('./processes/spend.ts', import.meta.url).pathname, word, state, `d${index}`],
        {
          stdio: ['pipe', 'pipe', 'inherit'],
        },
      ),
    );
    expect(await Promise.all(children.map(line))).toEqual(children.map(() => 'ready'));
    const answers = children.map(line);
    for (const child of children) child.stdin?.write('go\n');
    expect((await Promise.all(answers)).toSorted()).toEqual([rule, rule, rule, 'took a place']);
  },
);

async function line(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('no output');
  const [data]: unknown[] = await once(child.stdout, 'data');
  return String(data).trim();
}

const step = fc.oneof(
  fc.record({
    act: fc.constant('propose' as const),
    person: fc.constantFrom('alice', 'dave'),
    state: fc.constantFrom('executing' as const, 'waiting' as const),
    names: fc.uniqueArray(fc.constantFrom('web', 'api', 'db'), { minLength: 1 }),
    digest: fc.constantFrom('d1', 'd2', 'd3', 'd4'),
  }),
  fc.record({ act: fc.constant('reject' as const), which: fc.nat(9) }),
);
/** Calls that are made at once, some time after those before them (or before, by a clock that was set back). */
const round = fc.record({
  minutes: fc.integer({ min: -90, max: 600 }),
  through: fc.constantFrom(0, 1),
  steps: fc.array(step, { minLength: 1, maxLength: 8 }),
});

test('no order of calls, connections and clocks exceeds a limit', async () => {
  const budget: Budget = {
    automaticPerHour: 4,
    perObjectPerDay: 3,
    openTickets: 2,
    proposalsPerHour: 1_000,
    coolDownSeconds: 3600,
  };
  await fc.assert(
    fc.asyncProperty(fc.boolean(), fc.array(round, { maxLength: 12 }), async (setBack, rounds) => {
      const { place } = await temporaryPlace();
      let now = Date.parse('2026-11-21T10:00:00Z');
      const open = () => openStore({ ...place, keys: sampleKeys, now: () => new Date(now) });
      const stores = [await open(), await open()] as const;
      const made: { at: number; person: string; object: string }[] = [];
      const rejected: { at: number; digest: string }[] = [];
      const within = (some: typeof made, end: number, windowMs: number) =>
        some.filter(({ at }) => at > end - windowMs && at <= end).length;
      try {
        for (const { minutes, through, steps } of rounds) {
          now += (setBack ? minutes : Math.abs(minutes)) * 60_000;
          const at = now;
          const store = stores[through === 0 ? 0 : 1];
          await Promise.all(
            steps.map(async one => {
              if (one.act === 'reject') {
                const waiting = await store.changes.list({ states: ['waiting'], limit: 9 });
                const ticket = waiting[one.which % Math.max(1, waiting.length)];
                if (ticket !== undefined && (await reject(store, ticket.id)))
                  rejected.push({ at, digest: ticket.digest });
                return;
              }
              const { person, state, names, digest } = one;
              // Those whose rejection is certainly recorded when this is asked.
              const cooling = rejected.some(each => each.digest === digest && each.at > at - hourMs);
              const actor = { kind: 'agent', name: 'claude', via: 'mcp-stdio', onBehalfOf: person } as const;
              const expiresAt = new Date(at + hourMs / 2).toISOString();
              const plan = samplePlan({ names, digest, actor, expiresAt });
              const answer = await propose(store, { plan, state, budget });
              if (cooling) expect(['existing', coolDown]).toContain(answer);
              if (answer === 'recorded' && state === 'executing')
                made.push(...names.map(object => ({ at, person, object })));
            }),
          );
          for (const person of ['alice', 'dave']) {
            const own = made.filter(each => each.person === person);
            for (const { at: end, object } of own) {
              expect(within(own, end, hourMs)).toBeLessThanOrEqual(4);
              const same = own.filter(each => each.object === object);
              expect(within(same, end, 24 * hourMs)).toBeLessThanOrEqual(3);
            }
            const waiting = await store.changes.list({ states: ['waiting'], limit: 99 });
            const theirs = waiting.filter(({ actor }) => actor.onBehalfOf === person);
            // A clock that was set back may find tickets again that had expired.
            if (!setBack) expect(theirs.length).toBeLessThanOrEqual(2);
          }
        }
      } finally {
        for (const store of stores) await store.close();
      }
    }),
    // On a server each run makes its tables anew.
    { numRuns: storeServer() === undefined ? 60 : 12 },
  );
});
