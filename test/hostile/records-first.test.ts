import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, describe, expect, test } from 'vitest';
import type { CallResult } from '../../src/core/result.ts';
import { idOf } from '../support/start-vigie.ts';
import { type Meddled, startMeddled } from './meddler.ts';

/*
 * A store that refuses one row, as a full disk or a broken file would at the worst moment. What must be on record before a
 * write has to stop it.
 */

let running: Meddled;
afterEach(() => running.stop());

const web = { kind: 'Deployment', name: 'web', namespace: 'shop' };
const two = ['aaa', 'bbb']
  .map(name => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, namespace: shop}\ndata: {a: b}\n`)
  .join('---\n');

/** Lets the store refuse a row from here on, and again when the returned function was called. */
function refuse(on: string): () => void {
  const store = new Database(join(running.dir, 'data', 'vigie.db'));
  store.exec(`CREATE TRIGGER refused BEFORE ${on} BEGIN SELECT RAISE(ABORT, 'no room for this row'); END`);
  return () => {
    store.exec('DROP TRIGGER refused');
    store.close();
  };
}

async function allowed(): Promise<CallResult> {
  return running.call('k8s_scale', { target: web, replicas: 3 });
}

const inserts = 'INSERT ON changes';
const steps = 'INSERT ON steps';
const event = (name: string) => `INSERT ON audit WHEN NEW.event = '${name}'`;

describe('a change that policy allows writes nothing', () => {
  test.each([
    ['its plan', inserts],
    ['a step of it', steps],
    ['its start in the audit', event('started')],
    ['the start of its first step', "UPDATE ON steps WHEN NEW.state = 'started'"],
    ['the lease before its first write', "UPDATE ON changes WHEN NEW.state = 'executing'"],
  ])('when %s cannot be recorded', async (_what, on) => {
    running = await startMeddled({ policy: '{low: allow, medium: ask, high: ask}' });
    const allow = refuse(on);
    const result = await allowed();
    expect(result.status, result.text).toBe('failed');
    expect(running.writes()).toEqual([]);
    allow();
    running.passTime(600_000);
    const again = await allowed();
    expect(['done', 'unverified', 'failed'], again.text).toContain(again.status);
  });
});

describe('a change that waits for a person', () => {
  test.each([
    ['its plan', inserts],
    ['its ticket in the audit', event('ticketed')],
  ])('is no ticket when %s cannot be recorded', async (_what, on) => {
    running = await startMeddled();
    const allow = refuse(on);
    const result = await running.call('k8s_apply', { manifest: two });
    expect(result.data, result.text).toMatchObject({ status: 'failed', code: 'STORE' });
    expect(running.writes()).toEqual([]);
    allow();
    expect((await running.call('changes_list', {})).data).toMatchObject({ shown: 0 });
  });

  test.each([
    ['the approval in the audit', event('approved')],
    ['the claim of the ticket', "UPDATE ON changes WHEN NEW.state = 'executing'"],
    ['the start of its first step', "UPDATE ON steps WHEN NEW.state = 'started'"],
  ])('is not executed when %s cannot be recorded', async (_what, on) => {
    running = await startMeddled();
    const asked = await running.call('k8s_apply', { manifest: two });
    const allow = refuse(on);
    const outcome = await running.approve(idOf(asked)).catch((error: unknown) => error);
    expect(outcome).toMatchObject(outcome instanceof Error ? { code: 'STORE' } : { status: 'failed' });
    expect(running.writes()).toEqual([]);
    allow();
  });

  test.each([
    ['what came of the first write', "UPDATE ON steps WHEN NEW.state = 'applied'"],
    ['the start of the second', "UPDATE ON steps WHEN NEW.state = 'started' AND NEW.step = 1"],
  ])('stops before its second write when %s cannot be recorded', async (_what, on) => {
    running = await startMeddled();
    const asked = await running.call('k8s_apply', { manifest: two });
    const allow = refuse(on);
    await running.approve(idOf(asked)).catch((error: unknown) => error);
    const { writes } = running;
    expect(writes().filter(line => line.includes('/configmaps/bbb'))).toEqual([]);
    expect(writes().filter(line => line.startsWith('PATCH'))).toHaveLength(1);
    allow();
  });

  test('is neither rejected nor voided when that cannot be recorded', async () => {
    running = await startMeddled();
    const asked = await running.call('k8s_apply', { manifest: two });
    const allow = refuse(event('rejected'));
    const { rejectTicket } = await import('../../src/pipeline/settle.ts');
    await expect(rejectTicket(running.vigie, { id: idOf(asked), person: 'alice' })).rejects.toMatchObject({
      code: 'STORE',
    });
    allow();
    expect((await running.call('changes_get', { id: idOf(asked) })).data).toMatchObject({ state: 'waiting' });
  });
});
