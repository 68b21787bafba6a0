import { expect, test } from 'vitest';
import { readPlaybook } from '../../../src/engine/language/read-playbook.ts';
import { withinReach } from '../../../src/engine/rehearsal/within-reach.ts';
import { allowEverything } from '../../support/start-vigie.ts';
import { headOf, startRehearsals } from './rehearsal-of.ts';

const more =
  'tool: k8s_scale, with: {target: {kind: Deployment, name: web, namespace: shop}, replicas: 3, waitSeconds: 60}';
const backup = 'tool: backups_run, with: {name: db}';

test('a step that asks another system is told of as not rehearsed, and those around it are played', async () => {
  const { rehearse: rehearsed } = await startRehearsals();
  const report = await rehearsed(`steps:
  - {id: copy, ${backup}}
  - {id: more, ${more}, verify: {tool: metrics_query, with: {query: up}, until: "false", within: 5m}}
  - {id: settle, wait: {tool: metrics_query, with: {query: up}, until: "false", within: 5m}}
  - {id: each, foreach: {in: [a, b], as: name}, ${backup}}
  - {id: look, tool: k8s_exec, with: {pod: web, namespace: shop, command: [id]}}
`);
  expect(report.outcome).toBe('done');
  expect(report.steps.map(({ path, what, status }) => `${path} ${what} ${status}`)).toEqual([
    'copy backups_run not_rehearsed',
    'more k8s_scale done',
    'more/verify verify not_rehearsed',
    'settle wait at most 5m until metrics_query answers false not_rehearsed',
    'each for each name in ["a","b"] not_rehearsed',
    'look k8s_exec not_rehearsed',
  ]);
  expect(report.unforeseen[0]).toBe(
    'What copy, more/verify, settle, each and look would come to: the copy has nothing to answer, and each counts as well ended.',
  );
});

test('of changes before it a copy has no record, and that is said where a step reads it', async () => {
  const { rehearse: rehearsed, live } = await startRehearsals({ policy: allowEverything });
  await live.call('k8s_scale', {
    target: { kind: 'Deployment', name: 'web', namespace: 'shop' },
    replicas: 1,
  });
  const report = await rehearsed(`steps:
  - {id: changes, tool: changes_list, with: {format: json}}
  - {if: steps.changes.output.shown > 0, id: never, ${more}}
`);
  expect(report.steps.map(({ path, status }) => `${path} ${status}`)).toEqual([
    'changes done',
    'never left_out',
  ]);
  expect(report.unforeseen).toEqual([
    'What was changed before: the copy begins without a record of changes.',
  ]);
});

test('where a step asks what cannot be rehearsed, nobody can tell how it ends', async () => {
  const { rehearse: rehearsed, live } = await startRehearsals();
  const report = await rehearsed(`steps:
  - {id: more, ${more}}
  - {id: copy, ${backup}}
  - {id: size, set: {of: "\${{ steps.copy.output.bytes }}"}}
  - {id: never, ${more}}
`);
  expect(report).toMatchObject({
    outcome: 'unknown',
    why: 'size asks what copy came to, which a copy cannot know.',
  });
  expect(report.steps.map(({ path, status }) => `${path} ${status}`)).toEqual([
    'more done',
    'copy not_rehearsed',
    'size failed',
    'never not_reached',
  ]);
  const { audit } = await live.vigie.store();
  expect(await audit.list({ limit: 1, events: ['rehearsed'] })).toEqual([]);
});

test('what has no step that can be rehearsed is no proof of anything', async () => {
  const { rehearse: rehearsed } = await startRehearsals();
  const report = await rehearsed(`steps: [{id: copy, ${backup}}]`);
  expect(report).toMatchObject({ outcome: 'unknown' });
  expect(report).not.toHaveProperty('recorded');
});

test('a way back over another system is not played, and said so', async () => {
  const read = await readPlaybook(`${headOf('trial')}steps:
  - {id: more, ${more}, undo: {tool: backups_restore, with: {name: db}}}
  - id: all
    parallel:
      branches:
        - {id: one, steps: [{id: copy, ${backup}}]}
        - {id: two, steps: [{wait: {for: 1m}}]}
`);
  if (read.playbook === undefined) throw new Error(JSON.stringify(read.mistakes));
  const { playbook, left } = withinReach(read.playbook);
  expect([...left.keys()]).toEqual(['.undo/more', 'all/one/copy']);
  expect(playbook.steps[0]).toMatchObject({ tool: 'k8s_scale', undo: 'none' });
  expect(playbook.steps[1]).toMatchObject({
    parallel: { branches: [{ steps: [{ id: 'copy', verb: 'set' }] }, { steps: [{ verb: 'wait' }] }] },
  });
});
