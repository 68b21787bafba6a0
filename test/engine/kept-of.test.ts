import { expect, test } from 'vitest';
import type { RunView, StepRecord } from '../../src/core/journal.ts';
import { keptOf } from '../../src/engine/kept-of.ts';
import { readPlaybook } from '../../src/engine/language/read-playbook.ts';

async function kept(records: readonly string[], from?: string): Promise<string[]> {
  const read = await readPlaybook(`apiVersion: vigie/v1
kind: Playbook
metadata: {name: trial, title: A trial}
steps:
  - {id: look, tool: k8s_list, with: {kind: Pod}}
  - {id: up, tool: k8s_list, with: {kind: Pod}}
  - {wait: {for: 1m}}
  - {id: each, foreach: {in: [1, 2], as: item}, tool: k8s_list, with: {kind: Pod}}
  - {id: call, playbook: other}
`);
  if (read.playbook === undefined) throw new Error('it reads');
  const steps = records.map((record): StepRecord => {
    const [path = '', state = 'done'] = record.split(' ');
    if (path === 'call')
      return { path, attempt: 1, state: 'done', output: { run: 'child', status: state }, at: 0 };
    return { path, attempt: 1, state: state === 'failed' ? 'failed' : 'done', at: 0 };
  });
  const view: RunView = {
    id: 'r',
    name: 'trial',
    environment: 'test',
    digest: read.digest,
    status: 'failed',
    startedBy: {},
    startedAt: 0,
    waits: [],
    input: {},
    steps,
  };
  return keptOf(view, { playbook: read.playbook, from });
}

const whole = ['look', 'up', '#3/since', 'each[0]', 'each[1] failed', '.steps failed', '.finally/last'];

test('what was done before the first step that failed counts, and nothing of that step', async () => {
  expect(await kept(whole)).toEqual(['look', 'up', '#3/since']);
});

test('a step that was taken back is made again, with all that comes after it', async () => {
  expect(await kept([...whole, '.undo/each[0]', '.undo/up@2'])).toEqual(['look']);
});

test('an earlier step can be named, and a later one is refused', async () => {
  expect(await kept(whole, 'up')).toEqual(['look']);
  await expect(kept([...whole, '.undo/up'], 'each')).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  await expect(kept(whole, 'ups')).rejects.toMatchObject({ code: 'INVALID_INPUT', hint: 'Did you mean up?' });
});

test('a called playbook that did not end well is called again', async () => {
  const before = ['look', 'up', '#3/since', 'each[0]'];
  expect(await kept([...before, 'call failed', '.steps failed'])).toEqual(before);
  expect(await kept([...before, 'call cancelled', '.steps failed'])).toEqual(before);
  expect(await kept([...before, 'call done', '.steps'])).toEqual([...before, 'call']);
});

test('what people agreed to at a gate was for that run: they are asked again', async () => {
  const records = ['look', 'up/seat1', 'up', '#3/since', 'each[0]', 'each[1] failed', '.steps failed'];
  expect(await kept(records)).toEqual(['look', '#3/since']);
});
