import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { knownAlerts } from '../../scripts/known-alerts.ts';
import type { Playbook } from '../../src/core/playbook.ts';
import { Evaluator } from '../../src/engine/language/expressions/evaluator.ts';
import { readPlaybook } from '../../src/engine/language/read-playbook.ts';

const evaluator = new Evaluator();
afterAll(() => evaluator.close());

/** Names that no table of others has: teams that wrote a rule of their own called it so. */
const ownNames = ['KubeContainerOOMKilled'];

const playbooks: Playbook[] = [];
for (const name of readdirSync('playbooks')) {
  const { playbook } = await readPlaybook(readFileSync(`playbooks/${name}/playbook.yaml`, 'utf8'));
  if (playbook !== undefined) playbooks.push(playbook);
}

/** The playbooks that an alert starts, with what such alerts say of their place. */
async function startedBy(alertname: string): Promise<string[]> {
  const labels = {
    alertname,
    namespace: 'shop',
    node: 'node-1',
    persistentvolumeclaim: 'data',
    severity: 'warning',
  };
  const alert = { status: 'firing', labels, annotations: {}, startsAt: '2026-11-22T03:00:00Z' };
  const started: string[] = [];
  for (const { metadata, on } of playbooks)
    if (
      on.alert !== undefined &&
      (await evaluator.evaluate(on.alert.match, { values: { alert }, inputs: {} })) === true
    )
      started.push(metadata.name);
  return started;
}

test('each well-known alert starts just the playbook that the table names', async () => {
  expect(playbooks.length).toBeGreaterThan(15);
  const wrong: string[] = [];
  for (const { name, playbook } of knownAlerts) {
    const started = await startedBy(name);
    if (started.join() !== playbook) wrong.push(`${name}: ${started.join() || 'none'}, not ${playbook}`);
  }
  expect(wrong).toEqual([]);
});

test('an alert of another name, or without the labels that tell its place, starts none', async () => {
  expect(await startedBy('Watchdog')).toEqual([]);
  for (const { metadata, on } of playbooks) {
    if (on.alert === undefined) continue;
    const alert = { status: 'firing', labels: { alertname: 'Watchdog' }, annotations: {} };
    expect([
      metadata.name,
      await evaluator.evaluate(on.alert.match, { values: { alert }, inputs: {} }),
    ]).toEqual([metadata.name, false]);
  }
});

test('every name that a playbook waits for is in the table, with the file that has it, and stands there once', () => {
  const known = knownAlerts.map(({ name }) => name);
  expect(known.length).toBe(new Set(known).size);
  const waited = playbooks.flatMap(({ on }) =>
    [...(on.alert?.match ?? '').matchAll(/"([A-Z]\w+)"/g)].map(([, name = '']) => name),
  );
  expect(waited.filter(name => !known.includes(name))).toEqual(ownNames);
  expect(knownAlerts.filter(({ source }) => !/^[\w-]+\/[\w-]+, \S+\.(libsonnet|yml)$/.test(source))).toEqual(
    [],
  );
});
