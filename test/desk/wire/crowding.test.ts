import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { wireLimits } from '../../../src/desk/wire/protocol.ts';
import { socketIn } from '../../../src/desk/wire/trusted-socket.ts';
import { eventually } from '../../support/eventually.ts';
import { RawCaller, TestDaemon } from '../../support/start-daemon.ts';

let daemon: TestDaemon;
/** Begins a line and does not end it; whether it is let go, the last test asks, so that nobody waits for it. */
let dawdling: RawCaller;
/** Goes on for as long, with lines that end. */
let steady: RawCaller;
beforeAll(async () => {
  daemon = await TestDaemon.start();
  dawdling = await daemon.rawCaller('agent');
  dawdling.socket.write('{"id":1,');
  steady = await daemon.rawCaller('agent');
});
afterAll(() => daemon.stop());

const policy = { id: 1, method: 'policy', params: {} };
const closedFor = (message: RegExp) => ({
  error: { code: 'DAEMON', message: expect.stringMatching(message) },
});

/** In places of their own, which other tests leave alone. */
async function crowded<Result>(work: (own: TestDaemon) => Promise<Result>): Promise<Result> {
  const own = await TestDaemon.start();
  try {
    return await work(own);
  } finally {
    await own.stop();
  }
}

describe('a daemon', () => {
  test('takes whoever comes, however many do not show who they are: the first of these makes place', () =>
    crowded(async own => {
      const strangers: RawCaller[] = [];
      for (let count = 0; count < wireLimits.strangers; count += 1) {
        const caller = new RawCaller(socketIn(own.run, 'agent'));
        expect(await caller.next()).toMatchObject({ hello: { protocol: 1 } });
        strangers.push(caller);
      }
      const welcome = await own.rawCaller('agent');
      welcome.say(policy);
      expect(await welcome.next()).toMatchObject({ id: 1, result: { accepted: true } });
      expect(await strangers[0]?.next()).toBeUndefined();
      // Who is known makes none.
      const late = new RawCaller(socketIn(own.run, 'agent'));
      const later = new RawCaller(socketIn(own.run, 'agent'));
      expect(await late.next()).toMatchObject({ hello: {} });
      expect(await later.next()).toMatchObject({ hello: {} });
      welcome.say({ ...policy, id: 2 });
      expect(await welcome.next()).toMatchObject({ id: 2, result: { accepted: true } });
      for (const { socket } of [...strangers, welcome, late, later]) socket.destroy();
    }));

  test('gives one account its places and says so to its next caller, until one has gone', () =>
    crowded(async own => {
      const callers: RawCaller[] = [];
      for (let count = 0; count < wireLimits.connections; count += 1)
        callers.push(await own.rawCaller('agent'));
      const late = new RawCaller(socketIn(own.run, 'agent'));
      expect(await late.greet({ protocol: 1, version: '0' })).toMatchObject(closedFor(/32 connections/));
      // At the other socket it has others.
      const other = await own.rawCaller('approver');
      other.say(policy);
      expect(await other.next()).toMatchObject({ id: 1, result: { accepted: true } });
      callers[0]?.socket.destroy();
      await eventually(async () => {
        const next = new RawCaller(socketIn(own.run, 'agent'));
        expect(await next.greet({ protocol: 1, version: '0' })).toMatchObject({ welcome: {} });
        next.socket.destroy();
      });
      for (const { socket } of [...callers, late, other]) socket.destroy();
    }));

  test.each([
    ['a million unknown members', `{"a":{${'"k":1,'.repeat(500_000)}"k":1}}`, /commas, colons and brackets/],
    ['a million empty objects', `{"a":[${'{},'.repeat(1_000_000)}{}]}`, /commas, colons and brackets/],
    ['a million levels', `{"a":${'['.repeat(1_000_000)}`, /levels/],
  ])('ends a connection that says %s, before it reads them', async (_what, line, message) => {
    const caller = await daemon.rawCaller('agent');
    caller.socket.write(`${line}\n`);
    expect(await caller.next()).toMatchObject(closedFor(message));
    expect(await caller.next()).toBeUndefined();
  });

  test('reads a text with as many commas and brackets in it', async () => {
    const caller = await daemon.rawCaller('agent');
    const manifest = `a: "${'[{,:'.repeat(100_000)}"`;
    caller.say({ id: 1, method: 'callTool', params: { tool: 'k8s_apply', input: { manifest } } });
    expect(await caller.answer()).toMatchObject({ id: 1, result: { status: 'failed' } });
    caller.socket.destroy();
  });

  test('lets go of the largest of an account whose unfinished lines are too much, and serves its smallest', () =>
    crowded(async own => {
      const small = await own.rawCaller('agent');
      const large: RawCaller[] = [];
      const line = `"${'a'.repeat(wireLimits.lineBytes - 2)}`;
      for (let count = 0; count < wireLimits.connections - 1; count += 1) {
        const caller = await own.rawCaller('agent');
        caller.socket.write(line);
        large.push(caller);
      }
      expect(await Promise.race(large.map(caller => caller.next()))).toBeUndefined();
      small.say(policy);
      expect(await small.next()).toMatchObject({ id: 1, result: { accepted: true } });
      for (const { socket } of [...large, small]) socket.destroy();
    }));

  test('answers an approver while an agent has it read one large manifest after another', async () => {
    const agent = await daemon.rawCaller('agent');
    const approver = await daemon.rawCaller('approver');
    const manifest = `a:\n${'- {b: c}\n'.repeat(10_000)}`;
    const calls = 8;
    for (let id = 1; id <= calls; id += 1)
      agent.say({ id, method: 'callTool', params: { tool: 'k8s_apply', input: { manifest } } });
    // Its manifests are being read from here on.
    await agent.answer();
    let answered = 1;
    const all = (async () => {
      while (answered < calls) {
        await agent.answer();
        answered += 1;
      }
    })();
    for (let id = 1; id <= 3; id += 1) {
      approver.say({ ...policy, id });
      expect(await approver.next()).toMatchObject({ id, result: { accepted: true } });
    }
    expect(answered).toBeLessThan(calls);
    await all;
    agent.socket.destroy();
    approver.socket.destroy();
  });

  test('answers what was asked in large and in small, each once', async () => {
    const caller = await daemon.rawCaller('agent');
    const manifest = `a: "${'x'.repeat(wireLimits.largeCallBytes)}"`;
    const apply = { tool: 'k8s_apply', input: { manifest } };
    for (let id = 1; id <= 6; id += 1) caller.say({ id, method: 'callTool', params: apply });
    caller.say({ ...policy, id: 7 });
    const ids: number[] = [];
    for (let count = 0; count < 7; count += 1) ids.push(((await caller.answer()) as { id: number }).id);
    expect(ids.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(ids.filter(id => id !== 7)).toEqual([1, 2, 3, 4, 5, 6]);
    caller.socket.destroy();
  });
});

test('a line that is begun and not ended takes no place for long', async () => {
  expect(await dawdling.next()).toMatchObject(closedFor(/took too long/));
  expect(await dawdling.next()).toBeUndefined();
  steady.say(policy);
  expect(await steady.next()).toMatchObject({ id: 1, result: { accepted: true } });
  steady.socket.destroy();
});
