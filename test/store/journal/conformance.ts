import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { type ClaimedRun, type Journal, type NewRun, payloadBytes } from '../../../src/core/journal.ts';

/** A journal of its own, a second line to it as another process has one, and a clock that only the test moves. */
export interface Bench {
  journal: Journal;
  other: Journal;
  clock: { at: number };
}

const leaseMs = 30_000;
const digest = 'd'.repeat(64);

function aRun(more: Partial<NewRun> = {}): NewRun {
  return {
    id: randomUUID(),
    name: 'heal-oom',
    environment: 'test',
    digest,
    input: { namespace: 'shop' },
    startedBy: { kind: 'person', name: 'alice' },
    ...more,
  };
}

/** What every journal must do, whatever it lies in. */
export function conforms(open: () => Promise<Bench>): void {
  let bench: Bench;
  let journal: Journal;

  beforeEach(async () => {
    bench = await open();
    journal = bench.journal;
    await journal.putDefinition(digest, 'kind: Playbook');
  });

  async function started(more: Partial<NewRun> = {}): Promise<string> {
    const run = aRun(more);
    expect(await journal.start(run)).toBe('started');
    return run.id;
  }

  async function claimed(by: Journal = journal, worker = 'w1'): Promise<ClaimedRun> {
    const [run] = await by.claim(worker, { max: 1, leaseMs });
    if (run === undefined) throw new Error('nothing was there to claim');
    return run;
  }

  async function refused(work: Promise<unknown>): Promise<unknown> {
    try {
      await work;
    } catch (error) {
      return error;
    }
    throw new Error('it was not refused');
  }

  describe('starting', () => {
    test('the same id starts once, also from two processes at the same moment', async () => {
      const run = aRun();
      const outcomes = await Promise.all([journal.start(run), bench.other.start(run), journal.start(run)]);
      expect(outcomes.toSorted()).toEqual(['exists', 'exists', 'started']);
      expect(await journal.list({ max: 10 })).toHaveLength(1);
    });

    test('a run of a definition that nobody put does not start', async () => {
      expect(await refused(journal.start(aRun({ digest: 'e'.repeat(64) })))).toMatchObject({
        code: 'NOT_FOUND',
      });
    });

    test('a definition stays what it was first', async () => {
      await bench.other.putDefinition(digest, 'something else');
      expect(await journal.definition(digest)).toBe('kind: Playbook');
    });

    test('a moment of a schedule is dealt with once, whoever ticks, and the newest up to a moment is told', async () => {
      expect(await journal.lastTick('nightly', 9_000)).toBeUndefined();
      const moment = { schedule: 'nightly', at: 1_000 };
      const ticks = await Promise.all(
        [journal, bench.other, journal, bench.other].map(each => each.tick(moment)),
      );
      expect(ticks.filter(Boolean)).toHaveLength(1);
      expect(await bench.other.tick({ ...moment, at: 5_000 })).toBe(true);
      await journal.tick({ schedule: 'weekly', at: 4_000 });
      const told = [999, 1_000, 4_999, 5_000, 9_000].map(until => bench.other.lastTick('nightly', until));
      expect(await Promise.all(told)).toEqual([undefined, 1_000, 1_000, 5_000, 5_000]);
    });

    test('of an environment no more begin than may stand open, however many ask at once', async () => {
      await started({ environment: 'elsewhere' });
      const ended = await started();
      const { lease } = await journal
        .claim('w1', { max: 1, leaseMs, only: ended })
        .then(([run]) => run ?? Promise.reject(new Error('nothing was there')));
      const asked = Array.from({ length: 8 }, (_, index) =>
        (index % 2 === 0 ? journal : bench.other).start(aRun({ mostOpen: 3 })),
      );
      const outcomes = await Promise.allSettled(asked);
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
      expect(await refused(journal.start(aRun({ mostOpen: 3 })))).toMatchObject({
        code: 'TOO_MANY_RUNS',
        details: { environment: 'test', most: 3 },
      });
      // Whoever asks again for one that there is hears of that one.
      const [open] = await journal.list({ max: 1 });
      expect(await journal.start(aRun({ id: open?.id ?? '', mostOpen: 3 }))).toBe('exists');
      await journal.finish(lease, { status: 'done' });
      const more = { id: 'again', keep: [], startedBy: { name: 'bob' } };
      const crowded = journal.fork(ended, { ...more, id: 'other', mostOpen: 2 });
      expect(await refused(crowded)).toMatchObject({ code: 'TOO_MANY_RUNS' });
      await journal.fork(ended, { ...more, mostOpen: 3 });
      await started();
      await started({ environment: 'elsewhere', mostOpen: 2 });
    });

    test('what lies in the future is not claimed before', async () => {
      await started({ at: bench.clock.at + 60_000 });
      expect(await journal.claim('w1', { max: 1, leaseMs })).toEqual([]);
      bench.clock.at += 60_000;
      expect(await journal.claim('w1', { max: 1, leaseMs })).toHaveLength(1);
    });

    test('the more urgent goes first, and of equals the older', async () => {
      const ids = [
        await started(),
        await started({ priority: 5 }),
        await started(),
        await started({ priority: 5 }),
      ];
      const runs = await journal.claim('w1', { max: 3, leaseMs });
      expect(runs.map(({ lease }) => lease.run)).toEqual([ids[1], ids[3], ids[0]]);
    });
  });

  describe('leases', () => {
    test('who wants one run gets that one or none', async () => {
      await started();
      const second = await started();
      expect(await journal.claim('w1', { max: 5, leaseMs, only: 'nobody' })).toEqual([]);
      const runs = await journal.claim('w1', { max: 5, leaseMs, only: second });
      expect(runs.map(({ lease }) => lease.run)).toEqual([second]);
    });

    test('one run is one worker’s', async () => {
      await started();
      const taken = await Promise.all(
        [journal, bench.other].map(each => each.claim(randomUUID(), { max: 1, leaseMs })),
      );
      expect(taken.flat()).toHaveLength(1);
    });

    test('a worker that is gone loses the run with its lease, and is refused when it comes back', async () => {
      await started();
      const first = await claimed();
      await journal.record(first.lease, [{ path: 'a', attempt: 1, state: 'done', output: 1 }]);
      await journal.record(first.lease, [{ path: 'b', attempt: 1, state: 'intent' }]);
      expect(await bench.other.claim('w2', { max: 1, leaseMs })).toEqual([]);
      bench.clock.at += leaseMs + 1;
      const second = await claimed(bench.other, 'w2');
      expect(second.lease.epoch).toBeGreaterThan(first.lease.epoch);
      expect(second.steps).toMatchObject([
        { path: 'a', state: 'done', output: 1 },
        { path: 'b', state: 'intent' },
      ]);
      for (const work of [
        () => journal.record(first.lease, [{ path: 'b', attempt: 1, state: 'done' }]),
        () => journal.park(first.lease, []),
        () => journal.finish(first.lease, { status: 'done' }),
        () => journal.take(first.lease, { path: 'b', attempt: 1, key: 'k' }),
        () => journal.hold(first.lease, ['x']),
      ])
        expect(await refused(work())).toMatchObject({ code: 'FENCED' });
      expect(await journal.renew([first.lease], leaseMs)).toEqual([]);
      expect((await journal.get(second.lease.run))?.steps).toMatchObject([
        { path: 'a' },
        { state: 'intent' },
      ]);
    });

    test('a worker that renews keeps its run', async () => {
      await started();
      const { lease } = await claimed();
      for (let beat = 0; beat < 5; beat++) {
        bench.clock.at += leaseMs / 3;
        expect(await journal.renew([lease], leaseMs)).toEqual([{ lease }]);
      }
      expect(await bench.other.claim('w2', { max: 1, leaseMs })).toEqual([]);
    });

    test('a lease is one worker’s: another one cannot use it', async () => {
      await started();
      const { lease } = await claimed();
      const stolen = { ...lease, worker: 'w2' };
      expect(await refused(journal.record(stolen, [{ path: 'a', attempt: 1, state: 'done' }]))).toMatchObject(
        { code: 'FENCED' },
      );
      expect(await journal.renew([stolen], leaseMs)).toEqual([]);
    });

    test('a lease that ran out counts until somebody takes the run over', async () => {
      await started();
      const { lease } = await claimed();
      bench.clock.at += leaseMs * 10;
      await journal.record(lease, [{ path: 'a', attempt: 1, state: 'done' }]);
      expect(await journal.renew([lease], leaseMs)).toHaveLength(1);
    });

    test('a clock that was far ahead when a worker died does not keep its run from others', async () => {
      await started();
      bench.clock.at += 3_600_000;
      await claimed();
      bench.clock.at -= 3_600_000;
      expect(await bench.other.claim('w2', { max: 1, leaseMs })).toHaveLength(1);
    });
  });

  describe('records', () => {
    test('the same again changes nothing, and anything else is refused', async () => {
      const run = await started();
      const { lease } = await claimed();
      const done = { path: 'a', attempt: 1, state: 'done' as const, output: { n: 1 } };
      await journal.record(lease, [done]);
      bench.clock.at += 1_000;
      await journal.record(lease, [done]);
      for (const other of [
        { ...done, output: { n: 2 } },
        { ...done, state: 'failed' as const },
        { path: 'a', attempt: 1, state: 'intent' as const },
      ])
        expect(await refused(journal.record(lease, [other]))).toMatchObject({ code: 'CONFLICT' });
      const steps = (await journal.get(run))?.steps ?? [];
      expect(steps).toEqual([{ ...done, at: bench.clock.at - 1_000 }]);
    });

    test('one of several that cannot be kept takes all of its call along, and nobody else’s', async () => {
      const run = await started();
      const { lease } = await claimed();
      await journal.record(lease, [{ path: 'a', attempt: 1, state: 'done' }]);
      const good = journal.record(lease, [{ path: 'c', attempt: 1, state: 'done' }]);
      const bad = journal.record(lease, [
        { path: 'b', attempt: 1, state: 'done' },
        { path: 'a', attempt: 1, state: 'failed' },
      ]);
      expect(await refused(bad)).toMatchObject({ code: 'CONFLICT' });
      await good;
      expect((await journal.get(run))?.steps.map(({ path }) => path).toSorted()).toEqual(['a', 'c']);
    });

    test('an intent becomes done, and may learn what leads to its change before that', async () => {
      await started();
      const { lease } = await claimed();
      await journal.record(lease, [{ path: 'a', attempt: 1, state: 'intent' }]);
      await journal.record(lease, [
        { path: 'a', attempt: 1, state: 'intent', output: { change: 'abcd2345' } },
      ]);
      expect((await journal.get(lease.run))?.steps).toMatchObject([{ output: { change: 'abcd2345' } }]);
      await journal.record(lease, [{ path: 'a', attempt: 1, state: 'done', output: 'ok' }]);
      expect((await journal.get(lease.run))?.steps).toMatchObject([{ state: 'done', output: 'ok' }]);
    });

    test('what is too large is refused with its name, and leaves nothing', async () => {
      await started();
      const { lease } = await claimed();
      const large = 'ü'.repeat(payloadBytes / 2);
      expect(
        await refused(journal.record(lease, [{ path: 'a', attempt: 1, state: 'done', output: large }])),
      ).toMatchObject({ code: 'TOO_LARGE', message: expect.stringContaining('output of a') });
      expect(await refused(journal.start(aRun({ input: { large } })))).toMatchObject({ code: 'TOO_LARGE' });
      expect(
        await refused(journal.send({ run: lease.run, key: 'k', id: '1', payload: large })),
      ).toMatchObject({ code: 'TOO_LARGE' });
      await journal.record(lease, [{ path: 'a', attempt: 1, state: 'done', output: large.slice(2) }]);
    });

    test('any text survives, and is no instruction to whatever keeps it', async () => {
      await started();
      const { lease } = await claimed();
      const path = 'each[\u0000\'; drop table run; --"\\]';
      const output = { constructor_: '\u2028\ud83d\ude00', deep: [[[null, true, 1e-9, -0.5]]] };
      await journal.record(lease, [{ path, attempt: 1, state: 'done', output }]);
      expect((await journal.get(lease.run))?.steps).toMatchObject([{ path, output }]);
    });
  });

  describe('waiting', () => {
    test.for(['before', 'after'] as const)(
      'a message that comes %s the wait wakes the run once',
      async when => {
        const run = await started();
        const { lease } = await claimed();
        const message = { run, key: 'ticket:1', id: 'm1', payload: { approved: true } };
        const wait = [{ path: 'gate', kind: 'message' as const, key: 'ticket:1' }];
        if (when === 'before') {
          expect(await bench.other.send(message)).toBe('stored');
          expect(await journal.park(lease, wait)).toBe('ready');
          expect(await journal.take(lease, { path: 'gate', attempt: 1, key: 'ticket:1' })).toEqual({
            payload: message.payload,
          });
        } else {
          expect(await journal.park(lease, wait)).toBe('parked');
          expect(await journal.claim('w1', { max: 1, leaseMs })).toEqual([]);
          expect(await bench.other.send(message)).toBe('stored');
          const again = await claimed();
          expect(await journal.take(again.lease, { path: 'gate', attempt: 1, key: 'ticket:1' })).toEqual({
            payload: message.payload,
          });
        }
        expect(await journal.send(message)).toBe('duplicate');
        expect((await journal.get(run))?.steps).toMatchObject([{ path: 'gate', state: 'done' }]);
      },
    );

    test('a message under another key wakes nobody and is kept', async () => {
      const run = await started();
      const { lease } = await claimed();
      await journal.park(lease, [{ path: 'gate', kind: 'message', key: 'a' }]);
      await journal.send({ run, key: 'b', id: '1', payload: 1 });
      expect(await journal.claim('w1', { max: 1, leaseMs })).toEqual([]);
      await journal.send({ run, key: 'a', id: '2', payload: 2 });
      const again = await claimed();
      expect(await journal.take(again.lease, { path: 'other', attempt: 1, key: 'b' })).toEqual({
        payload: 1,
      });
    });

    test('two messages under one key are taken in their order, each once', async () => {
      const run = await started();
      const { lease } = await claimed();
      for (const id of ['1', '2']) await bench.other.send({ run, key: 'k', id, payload: id });
      expect(await journal.take(lease, { path: 'a', attempt: 1, key: 'k' })).toEqual({ payload: '1' });
      expect(await journal.take(lease, { path: 'b', attempt: 1, key: 'k' })).toEqual({ payload: '2' });
      expect(await journal.take(lease, { path: 'c', attempt: 1, key: 'k' })).toBeUndefined();
    });

    test('a message to a run that has ended, or never was, says so', async () => {
      const run = await started();
      const { lease } = await claimed();
      await journal.finish(lease, { status: 'done' });
      expect(await journal.send({ run, key: 'k', id: '1', payload: 1 })).toBe('ended');
      expect(await refused(journal.send({ run: 'nobody', key: 'k', id: '1', payload: 1 }))).toMatchObject({
        code: 'NOT_FOUND',
      });
    });

    test('a moment wakes the run, and the earliest of several does', async () => {
      await started();
      const { lease } = await claimed();
      const at = bench.clock.at;
      await journal.park(lease, [
        { path: 'gate', kind: 'message', key: 'a', until: at + 30_000 },
        { path: 'pause', kind: 'timer', until: at + 10_000 },
      ]);
      bench.clock.at = at + 9_999;
      expect(await journal.claim('w1', { max: 1, leaseMs })).toEqual([]);
      bench.clock.at = at + 10_000;
      expect(await journal.claim('w1', { max: 1, leaseMs })).toHaveLength(1);
    });

    test('a wait that is over already does not park', async () => {
      await started();
      const { lease } = await claimed();
      expect(await journal.park(lease, [{ path: 'p', kind: 'timer', until: bench.clock.at }])).toBe('ready');
      await journal.record(lease, [{ path: 'p', attempt: 1, state: 'done' }]);
    });

    test('the end of a child is a message to its parent', async () => {
      const parent = await started();
      const { lease } = await claimed();
      await journal.park(lease, [{ path: 'call', kind: 'message', key: 'child' }]);
      await started({ parent: { run: parent, key: 'child' } });
      const child = await claimed();
      await journal.finish(child.lease, { status: 'failed', output: { why: 'x' } });
      const again = await claimed();
      expect(again.lease.run).toBe(parent);
      expect(await journal.take(again.lease, { path: 'call', attempt: 1, key: 'child' })).toEqual({
        payload: { run: child.lease.run, status: 'failed', output: { why: 'x' } },
      });
    });
  });

  describe('resources', () => {
    test('two runs never hold one object, and the later goes on when the first lets go', async () => {
      const first = await started({ resources: ['env:prod', 'deploy/web'] });
      await journal.limit('env:prod', 5);
      const second = await started({ resources: ['deploy/web'] });
      const third = await started({ resources: ['env:prod'] });
      const taken = await journal.claim('w1', { max: 5, leaseMs });
      expect(taken.map(({ lease }) => lease.run)).toEqual([first, third]);
      const [held] = taken;
      if (held === undefined) throw new Error('nothing was claimed');
      await journal.finish(held.lease, { status: 'done' });
      expect((await claimed(bench.other, 'w2')).lease.run).toBe(second);
    });

    test('a run with many resources is not starved by those with one of them', async () => {
      await started({ resources: ['a'] });
      const [holder] = await journal.claim('w1', { max: 1, leaseMs });
      const both = await started({ resources: ['a', 'b'] });
      await started({ resources: ['b'] });
      expect(await journal.claim('w1', { max: 5, leaseMs })).toEqual([]);
      if (holder === undefined) throw new Error('nothing was claimed');
      await journal.finish(holder.lease, { status: 'done' });
      expect((await claimed()).lease.run).toBe(both);
    });

    test('what is taken on the way is taken whole or not at all, and who waits for it is woken', async () => {
      await started();
      await started();
      const one = await claimed();
      const two = await claimed(bench.other, 'w2');
      expect(await journal.hold(one.lease, ['x'])).toBe(true);
      expect(await bench.other.hold(two.lease, ['y', 'x'])).toBe(false);
      expect(await journal.hold(one.lease, ['x', 'y'])).toBe(true);
      expect(await bench.other.park(two.lease, [{ path: 's', kind: 'slot', key: 'y' }])).toBe('parked');
      expect(await journal.claim('w1', { max: 5, leaseMs })).toEqual([]);
      await journal.finish(one.lease, { status: 'done' });
      expect((await claimed(bench.other, 'w2')).lease.run).toBe(two.lease.run);
    });

    test('what a run changes counts for those that called it, which may not have more than they may', async () => {
      const root = await started();
      const first = await claimed();
      const child = await started({ parent: { run: root, key: 'child:call', most: 2 } });
      const middle = await claimed();
      await started({ parent: { run: child, key: 'child:on' } });
      const [last] = await bench.other.claim('w2', { max: 1, leaseMs });
      if (last === undefined) throw new Error('nothing was claimed');
      expect(last.parent).toBe(child);
      expect(first).not.toHaveProperty('parent');
      const [web, api, cart] = [['web'], ['api'], ['cart']];
      expect(await journal.count(first.lease, { path: 'own', objects: web, most: 2 })).toBeUndefined();
      // Two at once: one of them is the last.
      const told = await Promise.all([
        journal.count(middle.lease, { path: 'a', objects: api }),
        bench.other.count(last.lease, { path: 'a', objects: cart }),
      ]);
      expect(told.filter(each => each !== undefined)).toEqual([{ run: root, most: 2 }]);
      const known = told[0] === undefined ? api : cart;
      expect(await journal.count(last.lease, { path: 'b', objects: [...web, ...known] })).toBeUndefined();
      expect(await journal.count(first.lease, { path: 'c', objects: known, most: 2 })).toBeUndefined();
      // All or none: of its own bound nothing counts that its callers refuse, nor the other way round.
      const own = { path: 'd', objects: ['other'], most: 9 };
      expect(await journal.count(last.lease, own)).toEqual({ run: root, most: 2 });
      expect(await journal.count(last.lease, { path: 'd', objects: web, most: 1 })).toBeUndefined();
      const longest = { path: 'p'.repeat(5_000), objects: ['\\\0\ud800'.padEnd(5_000, '\u{1f600}')] };
      expect(await journal.count(last.lease, { ...longest, most: 1 })).toMatchObject({ most: 1 });
      expect(await journal.count(middle.lease, { ...longest, most: 1 })).toMatchObject({ run: root });
      await journal.finish(middle.lease, { status: 'done' });
      expect(await refused(journal.count(middle.lease, { path: 'e', objects: web }))).toMatchObject({
        code: 'FENCED',
      });
      // What it keeps counts for the one that begins again, be it of its own or of what it called.
      await journal.count(first.lease, { path: 'left', objects: ['left'], most: 3 });
      await journal.record(first.lease, [{ path: 'call', attempt: 1, state: 'done' }]);
      await journal.finish(first.lease, { status: 'failed' });
      await journal.fork(root, { id: 'again', keep: ['call'], startedBy: {} });
      const [again] = await journal.claim('w1', { max: 1, leaseMs, only: 'again' });
      if (again === undefined) throw new Error('nothing was claimed');
      const more = { path: 'own', objects: ['other'] };
      expect(await journal.count(again.lease, { ...more, most: 2 })).toEqual({ run: 'again', most: 2 });
      expect(await journal.count(again.lease, { ...more, most: 3 })).toBeUndefined();
    });

    test('a slot that came free before the run could wait for it does not park it', async () => {
      await started();
      const { lease } = await claimed();
      expect(await journal.park(lease, [{ path: 's', kind: 'slot', key: 'free' }])).toBe('ready');
    });

    test.for(['parks', 'dies'] as const)('a run that %s holds nothing', async how => {
      const first = await started({ resources: ['x'] });
      const { lease } = await claimed();
      const second = await started({ resources: ['x'] });
      if (how === 'parks') await journal.park(lease, [{ path: 'p', kind: 'message', key: 'k' }]);
      else bench.clock.at += leaseMs + 1;
      const taken = await bench.other.claim('w2', { max: 5, leaseMs });
      expect(taken.map(each => each.lease.run)).toEqual([how === 'parks' ? second : first]);
    });

    test('what a dead worker’s run took on the way is free for a more urgent one', async () => {
      await started();
      const { lease } = await claimed();
      expect(await journal.hold(lease, ['deploy/web'])).toBe(true);
      const urgent = await started({ resources: ['deploy/web'], priority: 5 });
      expect(await bench.other.claim('w2', { max: 1, leaseMs })).toEqual([]);
      bench.clock.at += leaseMs + 1;
      expect((await claimed(bench.other, 'w2')).lease.run).toBe(urgent);
    });

    test('a higher limit wakes who waits for the resource', async () => {
      await started();
      await started();
      const one = await claimed();
      const two = await claimed(bench.other, 'w2');
      await journal.hold(one.lease, ['x']);
      await bench.other.park(two.lease, [{ path: 's', kind: 'slot', key: 'x' }]);
      await journal.limit('x', 2);
      expect((await claimed(bench.other, 'w2')).lease.run).toBe(two.lease.run);
    });

    test('a higher limit lets more in', async () => {
      for (let count = 0; count < 4; count++) await started({ resources: ['env'] });
      expect(await journal.claim('w1', { max: 9, leaseMs })).toHaveLength(1);
      await bench.other.limit('env', 3);
      expect(await journal.claim('w1', { max: 9, leaseMs })).toHaveLength(2);
    });
  });

  describe('concurrency', () => {
    test('skip: a later run does not start while one has not ended', async () => {
      const concurrency = { key: 'heal-oom/shop', mode: 'skip' as const };
      await started({ concurrency });
      expect(await bench.other.start(aRun({ concurrency }))).toBe('skipped');
      const { lease } = await claimed();
      await journal.finish(lease, { status: 'done' });
      expect(await journal.start(aRun({ concurrency }))).toBe('started');
    });

    test('queue: a later run waits until the earlier has ended, also while that one waits for a person', async () => {
      const concurrency = { key: 'heal-oom/shop', mode: 'queue' as const };
      await started({ concurrency });
      const later = await started({ concurrency });
      const { lease } = await claimed();
      await journal.park(lease, [{ path: 'gate', kind: 'message', key: 'k' }]);
      expect(await journal.claim('w1', { max: 5, leaseMs })).toEqual([]);
      await journal.send({ run: lease.run, key: 'k', id: '1', payload: 1 });
      const again = await claimed();
      await journal.finish(again.lease, { status: 'done' });
      expect((await claimed()).lease.run).toBe(later);
    });

    test('replace: the earlier is asked to end, whether it runs or waits', async () => {
      const concurrency = { key: 'k', mode: 'replace' as const };
      await started({ concurrency });
      const { lease } = await claimed();
      await started({ concurrency });
      expect(await journal.renew([lease], leaseMs)).toEqual([{ lease, request: 'cancel' }]);
    });
  });

  describe('occasions', () => {
    const what = 'alert:a1@2026-11-22T03:00:00Z';

    test('an occasion starts one run of a playbook in an environment, whoever tells of it and however often', async () => {
      const tell = (by: Journal, more: Partial<NewRun> = {}) => by.begin({ what }, aRun(more));
      const told = await Promise.all([tell(journal), tell(bench.other), tell(journal)]);
      expect(told.map(({ is }) => is).toSorted()).toEqual(['exists', 'exists', 'started']);
      const [run] = await journal.list({ max: 9 });
      expect(await tell(bench.other)).toEqual({ is: 'exists', run: run?.id });
      expect(await tell(journal, { name: 'another' })).toEqual({ is: 'started' });
      expect(await tell(journal, { environment: 'elsewhere' })).toEqual({ is: 'started' });
      expect(await refused(journal.begin({ what: 'b' }, aRun({ digest: 'e'.repeat(64) })))).toMatchObject({
        code: 'NOT_FOUND',
      });
    });

    test('of occasions of one text none starts a run while the first has not ended, nor before it has cooled', async () => {
      const like = { text: 'shop', coolMs: 60_000 };
      const first = aRun();
      await journal.begin({ what, like }, first);
      const place = { environment: 'test', name: 'heal-oom' };
      const startedAt = bench.clock.at;
      const newest = (text: string, more = {}) => bench.other.newestAlike({ ...place, text, ...more });
      expect(await newest('shop')).toEqual({ run: first.id, startedAt, goesOn: true });
      expect(await newest('other')).toBeUndefined();
      expect(await newest('shop', { environment: 'elsewhere' })).toBeUndefined();
      expect(await bench.other.begin({ what: 'b', like }, aRun())).toEqual({ is: 'exists', run: first.id });
      expect(await journal.begin({ what: 'c', like: { ...like, text: 'other' } }, aRun())).toEqual({
        is: 'started',
      });
      const { lease } = await claimed();
      await journal.finish(lease, { status: 'done' });
      expect(await newest('shop')).toEqual({ run: first.id, startedAt, goesOn: false });
      const until = bench.clock.at + 60_000;
      expect(await bench.other.begin({ what: 'b', like }, aRun())).toEqual({ is: 'cooling', until });
      bench.clock.at = until;
      expect(await bench.other.begin({ what: 'b', like }, aRun())).toEqual({ is: 'started' });
    });

    test('what was over just before it is told starts nothing there, and what is told long after goes on', async () => {
      await bench.other.dismiss({ what, environment: 'test' });
      expect(await journal.begin({ what }, aRun())).toEqual({ is: 'over' });
      expect(await journal.begin({ what }, aRun({ environment: 'elsewhere' }))).toEqual({ is: 'started' });
      bench.clock.at += 60_000;
      expect(await journal.begin({ what }, aRun())).toEqual({ is: 'over' });
      bench.clock.at += 60_001;
      const [told, again] = [aRun(), aRun()];
      expect(await bench.other.begin({ what }, told)).toEqual({ is: 'started' });
      expect(await journal.begin({ what }, again)).toEqual({ is: 'exists', run: told.id });
    });

    test('a clock that was ahead for a while holds, cools and dismisses nothing once it is right', async () => {
      const like = { text: 'shop', coolMs: 60_000 };
      const storm = { ofName: 1, inEnvironment: 9, withinMs: 60_000 };
      const yearMs = 365 * 24 * 3_600_000;
      bench.clock.at += yearMs;
      const ahead = await journal.begin({ what: 'a', like, storm }, aRun());
      expect(ahead).toEqual({ is: 'started' });
      await journal.finish((await claimed()).lease, { status: 'done' });
      expect(await journal.begin({ what: 'b', storm }, aRun())).toMatchObject({ is: 'held', first: true });
      await journal.dismiss({ what, environment: 'test' });
      bench.clock.at -= yearMs;
      expect(await bench.other.begin({ what, like, storm }, aRun())).toEqual({ is: 'started' });
      expect(await journal.begin({ what: 'c', storm }, aRun())).toMatchObject({
        is: 'held',
        first: true,
        storm: { held: 1, since: bench.clock.at },
      });
    });

    test('a clock that was set back by a minute forgets neither what cools nor what was counted', async () => {
      const like = { text: 'shop', coolMs: 600_000 };
      const storm = { ofName: 1, inEnvironment: 9, withinMs: 600_000 };
      await journal.begin({ what: 'a', like, storm }, aRun());
      await journal.finish((await claimed()).lease, { status: 'done' });
      await journal.dismiss({ what, environment: 'test' });
      bench.clock.at -= 60_000;
      expect(await journal.begin({ what: 'b', like, storm }, aRun())).toMatchObject({ is: 'cooling' });
      expect(await journal.begin({ what: 'c', storm }, aRun())).toMatchObject({ is: 'held' });
      expect(await journal.begin({ what, storm }, aRun())).toEqual({ is: 'over' });
    });

    test('one that was skipped starts a run when it is told again later', async () => {
      const concurrency = { key: 'k', mode: 'skip' as const };
      await started({ concurrency });
      expect(await journal.begin({ what }, aRun({ concurrency }))).toEqual({ is: 'skipped' });
      await journal.finish((await claimed()).lease, { status: 'done' });
      expect(await journal.begin({ what }, aRun({ concurrency }))).toEqual({ is: 'started' });
    });

    test('more starts than the bound are held, counted once each and reported by one; after the storm they start', async () => {
      const storm = { ofName: 2, inEnvironment: 3, withinMs: 60_000 };
      const tell = (by: Journal, each: string, more: Partial<NewRun> = {}) =>
        by.begin({ what: each, storm }, aRun(more));
      await tell(journal, 'a');
      await tell(bench.other, 'b');
      const since = bench.clock.at;
      const held = await Promise.all(
        ['c', 'd', 'c', 'e'].map((each, index) => tell(index % 2 === 0 ? journal : bench.other, each)),
      );
      expect(held.map(({ is }) => is)).toEqual(['held', 'held', 'held', 'held']);
      expect(held.filter(each => each.is === 'held' && each.first)).toHaveLength(1);
      const facts = { environment: 'test', since, last: since };
      expect(await bench.other.storms()).toEqual([{ ...facts, name: 'heal-oom', held: 3 }]);
      expect(await tell(journal, 'x', { name: 'another' })).toEqual({ is: 'started' });
      expect(await tell(journal, 'y', { name: 'another' })).toEqual({
        is: 'held',
        first: true,
        storm: { ...facts, held: 1 },
      });
      expect(await journal.begin({ what: 'never held' }, aRun())).toEqual({ is: 'started' });
      bench.clock.at += 60_000;
      expect(await tell(journal, 'c')).toEqual({ is: 'started' });
      expect(await journal.storms()).toHaveLength(2);
    });

    test('a storm that passed and comes again is another', async () => {
      const storm = { ofName: 1, inEnvironment: 9, withinMs: 1_000 };
      const tell = (each: string) => journal.begin({ what: each, storm }, aRun());
      await tell('a');
      expect(await tell('b')).toMatchObject({ is: 'held', first: true });
      bench.clock.at += 1_000;
      await tell('c');
      expect(await tell('b')).toMatchObject({ is: 'held', first: true, storm: { held: 1 } });
      expect(await tell('b')).toMatchObject({ is: 'held', first: false, storm: { held: 1 } });
    });
  });

  describe('what a person asks for', () => {
    test('a running one is told by its next record, and by renewing', async () => {
      const run = await started();
      const { lease } = await claimed();
      expect(await journal.record(lease, [{ path: 'a', attempt: 1, state: 'done' }])).toBeUndefined();
      await bench.other.request(run, 'cancel');
      expect(await journal.record(lease, [{ path: 'b', attempt: 1, state: 'done' }])).toBe('cancel');
      expect(await journal.park(lease, [{ path: 'c', kind: 'message', key: 'k' }])).toBe('ready');
      await journal.finish(lease, { status: 'cancelled' });
      expect(await journal.get(run)).toMatchObject({ status: 'cancelled' });
    });

    test('one that waits for a week is cancelled at once: a worker gets it, and is told', async () => {
      const run = await started();
      const { lease } = await claimed();
      await journal.park(lease, [{ path: 'gate', kind: 'message', key: 'k' }]);
      await journal.request(run, 'cancel');
      expect(await claimed()).toMatchObject({ request: 'cancel' });
    });

    test('a paused one is woken by nothing but resume, and finds what came meanwhile', async () => {
      const run = await started();
      const { lease } = await claimed();
      await journal.park(lease, [{ path: 'gate', kind: 'message', key: 'k', until: bench.clock.at + 1_000 }]);
      await journal.request(run, 'pause');
      await journal.send({ run, key: 'k', id: '1', payload: 'yes' });
      bench.clock.at += 2_000;
      expect(await journal.claim('w1', { max: 1, leaseMs })).toEqual([]);
      expect(await journal.get(run)).toMatchObject({ status: 'paused' });
      await bench.other.request(run, 'resume');
      const again = await claimed();
      expect(await journal.take(again.lease, { path: 'gate', attempt: 1, key: 'k' })).toEqual({
        payload: 'yes',
      });
    });

    test('a running one that is paused parks as paused, and a resume before that takes it back', async () => {
      const run = await started();
      const { lease } = await claimed();
      await journal.request(run, 'pause');
      await journal.request(run, 'resume');
      expect(await journal.renew([lease], leaseMs)).toEqual([{ lease }]);
      await journal.request(run, 'pause');
      expect(await journal.park(lease, [{ path: 'p', kind: 'message', key: 'k' }])).toBe('parked');
      expect(await journal.get(run)).toMatchObject({ status: 'paused' });
    });

    test('a resume that comes while its worker stops for the pause lets it go on', async () => {
      const run = await started();
      const { lease } = await claimed();
      await journal.request(run, 'pause');
      expect(await journal.record(lease, [{ path: 'a', attempt: 1, state: 'done' }])).toBe('pause');
      await journal.request(run, 'resume');
      expect(await journal.park(lease, [])).toBe('ready');
      expect(await journal.get(run)).toMatchObject({ status: 'running' });
    });

    test('a run that is being cancelled is not held: no pause takes the cancel back', async () => {
      const waiting = await started();
      await journal.request(waiting, 'cancel');
      expect(await refused(journal.request(waiting, 'pause'))).toMatchObject({ code: 'CONFLICT' });
      const held = await claimed();
      expect(held).toMatchObject({ request: 'cancel' });
      expect(await refused(journal.request(waiting, 'pause'))).toMatchObject({ code: 'CONFLICT' });
      expect(await refused(journal.request(waiting, 'resume'))).toMatchObject({ code: 'CONFLICT' });
      expect(await journal.renew([held.lease], leaseMs)).toEqual([{ lease: held.lease, request: 'cancel' }]);
    });

    test('a cancel that was heeded keeps what cleans up from no wait', async () => {
      const run = await started();
      const { lease } = await claimed();
      await journal.request(run, 'cancel');
      const waits = [{ path: 'last', kind: 'timer' as const, until: bench.clock.at + 1_000 }];
      expect(await journal.park(lease, waits)).toBe('ready');
      expect(await journal.park(lease, waits, { cancelled: true })).toBe('parked');
      expect(await journal.get(run)).toMatchObject({ status: 'waiting' });
      bench.clock.at += 1_000;
      expect(await claimed()).toMatchObject({ lease: { run } });
    });

    test('who holds a run is kept with it: the first who paused it, until it goes on', async () => {
      const [alice, bob] = [{ name: 'alice', via: 'mcp' }, { name: 'bob' }];
      const run = await started();
      const { lease } = await claimed();
      await journal.request(run, 'pause', { by: alice });
      expect(await bench.other.get(run)).toMatchObject({ status: 'running', heldBy: alice });
      await bench.other.request(run, 'pause', { by: bob });
      await journal.park(lease, [{ path: 'p', kind: 'message', key: 'k' }]);
      await bench.other.request(run, 'pause', { by: bob });
      expect(await journal.list({ max: 1 })).toMatchObject([{ status: 'paused', heldBy: alice }]);
      await journal.request(run, 'resume');
      expect((await journal.get(run))?.heldBy).toBeUndefined();
      await journal.request(run, 'pause', { by: bob });
      expect(await journal.get(run)).toMatchObject({ status: 'paused', heldBy: bob });
      await journal.request(run, 'resume');
      await journal.request(run, 'pause');
      expect((await journal.get(run))?.heldBy).toBeUndefined();
      await journal.request(run, 'cancel', { by: alice });
      expect((await journal.get(run))?.heldBy).toBeUndefined();
    });

    test('a person takes the hold from an assistant, running or paused, and no assistant from a person', async () => {
      const [claude, alice] = [
        { kind: 'agent', name: 'claude' },
        { kind: 'person', name: 'alice' },
      ];
      const run = await started();
      const { lease } = await claimed();
      await journal.request(run, 'pause', { by: claude });
      await bench.other.request(run, 'pause', { by: alice });
      expect(await journal.get(run)).toMatchObject({ status: 'running', heldBy: alice });
      await journal.request(run, 'pause', { by: claude });
      await journal.park(lease, [{ path: 'p', kind: 'message', key: 'k' }]);
      expect(await bench.other.get(run)).toMatchObject({ status: 'paused', heldBy: alice });
      await journal.request(run, 'resume');
      await journal.request(run, 'pause', { by: claude });
      expect(await journal.get(run)).toMatchObject({ status: 'paused', heldBy: claude });
      await bench.other.request(run, 'pause', { by: alice });
      await bench.other.request(run, 'pause', { by: claude });
      expect(await journal.get(run)).toMatchObject({ status: 'paused', heldBy: alice });
    });

    test('what has ended, never was or is not paused says so', async () => {
      const run = await started();
      expect(await refused(journal.request(run, 'resume'))).toMatchObject({ code: 'CONFLICT' });
      const { lease } = await claimed();
      await journal.finish(lease, { status: 'failed' });
      for (const what of ['cancel', 'pause', 'resume'] as const)
        expect(await refused(journal.request(run, what))).toMatchObject({ code: 'CONFLICT' });
      expect(await refused(journal.request('nobody', 'cancel'))).toMatchObject({ code: 'NOT_FOUND' });
    });
  });

  describe('forks', () => {
    test('a new run begins with what the old one did under the paths that are kept', async () => {
      const run = await started({ resources: ['x'] });
      const { lease } = await claimed();
      await journal.record(lease, [
        { path: 'a', attempt: 1, state: 'done', output: 1 },
        { path: 'b', attempt: 1, state: 'failed', error: { code: 'TIMEOUT' } },
        { path: 'c', attempt: 1, state: 'done', output: 3 },
      ]);
      const more = { id: 'again', keep: ['a', 'b'], startedBy: { kind: 'person', name: 'bob' } };
      expect(await refused(journal.fork(run, more))).toMatchObject({ code: 'CONFLICT' });
      await journal.finish(lease, { status: 'failed' });
      await journal.fork(run, more);
      await bench.other.fork(run, more);
      const fork = await claimed();
      expect(fork).toMatchObject({
        lease: { run: 'again' },
        input: { namespace: 'shop' },
        startedBy: { name: 'bob' },
      });
      expect(fork.steps).toMatchObject([{ path: 'a', output: 1 }]);
      expect((await journal.get(run))?.steps).toHaveLength(3);
    });
  });

  describe('lists', () => {
    test('the newest come first, page by page, by status and name', async () => {
      const ids: string[] = [];
      for (let count = 0; count < 5; count++)
        ids.push(await started({ name: count % 2 === 0 ? 'even' : 'odd' }));
      const { lease } = await claimed();
      await journal.finish(lease, { status: 'done', output: { fine: true } });
      const first = await journal.list({ max: 2 });
      expect(first.map(({ id }) => id)).toEqual([ids[4], ids[3]]);
      const next = await journal.list({ max: 9, before: first[1]?.id ?? '' });
      expect(next.map(({ id }) => id)).toEqual([ids[2], ids[1], ids[0]]);
      const elsewhere = await started({ environment: 'elsewhere' });
      expect(await journal.list({ max: 9, environment: 'elsewhere' })).toMatchObject([{ id: elsewhere }]);
      expect((await journal.list({ max: 9, environment: 'test' })).map(({ id }) => id)).not.toContain(
        elsewhere,
      );
      expect((await journal.list({ max: 9, name: 'odd' })).map(({ id }) => id)).toEqual([ids[3], ids[1]]);
      expect(await journal.list({ max: 9, status: 'done' })).toMatchObject([{ id: ids[0], status: 'done' }]);
      expect(await journal.get(ids[0] ?? '')).toMatchObject({
        output: { fine: true },
        endedAt: bench.clock.at,
      });
      expect(await journal.get('nobody')).toBeUndefined();
    });
  });
}
