import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openStore } from '../../src/store/store.ts';
import { openTemporary, temporaryPlace } from './open-temporary.ts';
import { roomFor, samplePlan } from './sample-plan.ts';
import { sampleKeys } from './sample-store.ts';

const now = () => new Date('2026-11-21T10:00:00Z');
const record = { summary: 's', diff: 'd', undo: 'possible' };

function program(name: string): string {
  return join(import.meta.dirname, 'processes', `${name}.ts`);
}

function line(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.stdout?.once('data', (data: Buffer) => resolve(data.toString().trim()));
    child.once('exit', code => reject(new Error(`exited with ${code}`)));
  });
}

describe('several processes', () => {
  test('that claim one ticket at once: exactly one wins', async () => {
    const { store, word } = await openTemporary();
    const plan = samplePlan();
    await store.changes.propose({
      plan,
      record,
      state: 'waiting',
      within: roomFor(plan),
      audit: { event: 'ticketed', facts: {} },
    });
    const children = Array.from({ length: 4 }, (_, index) =>
      spawn(process.execPath, [program('claim'), word, plan.id, `p${index}`], {
        stdio: ['pipe', 'pipe', 'inherit'],
      }),
    );
    expect(await Promise.all(children.map(line))).toEqual(children.map(() => 'ready'));
    const answers = children.map(line);
    for (const child of children) child.stdin?.write('go\n');
    expect((await Promise.all(answers)).sort()).toEqual(['lost', 'lost', 'lost', 'won 1']);
    expect((await store.audit.list({ limit: 9 })).map(row => row.event)).toEqual(['approved', 'ticketed']);
  });

  test('that make and fill one new store at once leave one whole chain', async () => {
    const { place, word } = await temporaryPlace();
    const children = [1, 2, 3].map(() =>
      spawn(process.execPath, [program('append'), word, '30'], { stdio: ['pipe', 'pipe', 'inherit'] }),
    );
    expect(await Promise.all(children.map(line))).toEqual(children.map(() => 'ready'));
    const ends = children.map(child => once(child, 'exit'));
    for (const child of children) child.stdin?.write('go\n');
    expect(await Promise.all(ends)).toEqual(children.map(() => [0, null]));
    const store = await openStore({ ...place, keys: sampleKeys, now });
    expect(await store.audit.verify()).toMatchObject({ ok: true, rows: 90 });
    await store.close();
  });

  test.each([
    ['claimed', ['pending', 'pending'], true],
    ['started 0', ['started', 'pending'], true],
    ['applied 0', ['applied', 'pending'], true],
    ['started 1', ['applied', 'started'], true],
    ['applied 1', ['applied', 'applied'], true],
    ['finished', ['applied', 'applied'], false],
  ])(
    'of which one is killed at "%s" leave exactly what was recorded until then',
    async (point, states, lapsed) => {
      const { store, word, clock } = await openTemporary();
      const plan = samplePlan({ names: ['a', 'b'] });
      await store.changes.propose({
        plan,
        record,
        state: 'waiting',
        within: roomFor(plan),
        audit: { event: 'ticketed', facts: {} },
      });
      const child = spawn(process.execPath, [program('die-between'), word, plan.id, point], {
        stdio: 'inherit',
      });
      expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
      clock.advance(1_000);
      expect((await store.changes.steps(plan.id)).map(step => step.state)).toEqual(states);
      expect((await store.changes.lapsed()).map(({ id }) => id)).toEqual(lapsed ? [plan.id] : []);
      expect(await store.audit.verify()).toMatchObject({ ok: true, rows: lapsed ? 2 : 3 });
    },
  );
});
