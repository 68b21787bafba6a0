import picocolors from 'picocolors';
import { expect, test } from 'vitest';
import { leftLines } from '../../../src/cli/runs/left-lines.ts';
import { treeLines } from '../../../src/cli/runs/tree-lines.ts';
import { definitionOf } from '../../../src/engine/interpreter/definition-of.ts';
import { runTree, undoTree } from '../../../src/engine/interpreter/run-tree.ts';
import { rejectTicket } from '../../../src/pipeline/settle.ts';
import { scaling, startRuns, type TestRuns, ticketOf } from '../../engine/interpreter/runs-of.ts';
import { allowAgainAndAgain, askEverything } from '../../support/start-vigie.ts';

const plain = picocolors.createColors(false);

/** The tree of a run as a terminal without colours shows it; ids are no matter of a test. */
async function treeOf(runs: TestRuns, id: string): Promise<string[]> {
  const view = await runs.journal.get(id);
  if (view === undefined) throw new Error('the run is gone');
  const playbook = await definitionOf(runs.journal, view.digest);
  if (playbook === undefined) throw new Error('its definition is gone');
  return treeLines([...runTree(playbook, view), ...undoTree(view)], { colors: plain }).map(line =>
    line.replaceAll(/\b(change|run|approve) [\w-]+/g, '$1 ID').trimEnd(),
  );
}

test('a run that failed shows what was done, what was taken back, what failed and what was left out', async () => {
  const runs = await startRuns({ policy: allowAgainAndAgain, hurried: true });
  runs.startWorker();
  const id = await runs.start(`onFailure: {undo: completedInReverse}
steps:
  - {id: see, tool: k8s_list, with: {kind: Pod, namespace: shop}}
  - {id: names, set: {one: web}}
  - {id: never, if: "size(steps.names.output.one) > 10", tool: k8s_list, with: {kind: Pod, namespace: shop}}
  - {id: not-now, if: "size(steps.names.output.one) > 10", wait: {for: 1s}}
  - {id: now, if: "size(steps.names.output.one) < 10", wait: {for: 1s}}
  - id: each
    foreach: {in: [web, nobody], as: name, parallel: 1, maxFailures: 0}
    tool: k8s_scale
    with: {target: {kind: Deployment, name: "\${{ name }}", namespace: shop}, replicas: 3}
  - {id: after, tool: k8s_list, with: {kind: Pod, namespace: shop}}
finally: [{id: last, tool: k8s_list, with: {kind: Pod, namespace: shop}}]
`);
  await runs.until(id, 'failed');
  expect(await treeOf(runs, id)).toEqual([
    '✓ see: k8s_list',
    '✓ names: set one',
    '– never: k8s_list',
    expect.stringMatching(/^– not-now: wait/),
    expect.stringMatching(/^✓ now: wait/),
    expect.stringMatching(/^✗ each: for each name in \["web","nobody"\]/),
    expect.stringMatching(/^  ↩ \[0\] deployment\/web  taken back · change ID$/),
    expect.stringMatching(/^  ✗ \[1\] deployment\/nobody: .*not exist$/),
    '– after: k8s_list',
    '✓ finally',
    '  ✓ last: k8s_list',
  ]);
});

test('a run that waits for a person says how to decide, beside what another branch did', async () => {
  const runs = await startRuns({ policy: askEverything, hurried: true });
  runs.startWorker();
  const id = await runs.start(`steps:
  - id: both
    parallel:
      branches:
        - {id: a, steps: [{id: up, ${scaling('web', 3)}}]}
        - {id: b, steps: [{id: see, tool: k8s_list, with: {kind: Pod, namespace: shop}}]}
  - {id: after, tool: k8s_list, with: {kind: Pod, namespace: shop}}
`);
  const waiting = await runs.until(id, 'waiting');
  expect(await treeOf(runs, id)).toEqual([
    '… both: at once',
    '  … a',
    '    … up: k8s_scale  change ID',
    '        for a person: vigie approve ID',
    '  ✓ b',
    '    ✓ see: k8s_list',
    '· after: k8s_list',
  ]);
  await runs.test.approve(ticketOf(waiting, 'both/a/up'));
  await runs.until(id, 'done');
  expect(await treeOf(runs, id)).toEqual([
    '✓ both: at once',
    '  ✓ a',
    '    ✓ up: k8s_scale  change ID',
    '  ✓ b',
    '    ✓ see: k8s_list',
    '✓ after: k8s_list',
  ]);
});

test('of a loop over a great many only the newest are drawn, and how many more there are', async () => {
  const runs = await startRuns({ policy: allowAgainAndAgain });
  runs.startWorker();
  const items = Array.from({ length: 30 }, () => 'Pod');
  const id = await runs.start(`steps:
  - id: each
    foreach: {in: [${items.join(', ')}], as: kind, parallel: 3, maxFailures: 0}
    steps: [{id: see, tool: k8s_list, with: {kind: "\${{ kind }}", namespace: shop}}]
`);
  await runs.until(id, 'done');
  const lines = await treeOf(runs, id);
  expect(lines.slice(0, 4)).toEqual([
    expect.stringContaining('✓ each: for each kind'),
    '  … 10 more',
    '  ✓ [10]',
    '    ✓ see: k8s_list',
  ]);
  expect(lines).toHaveLength(2 + 20 * 2);
});

test('an undo that waits for a person says how to decide, and one that came to nothing stays to be seen', async () => {
  const runs = await startRuns({
    policy: '{low: allow, medium: allow, high: ask, budget: {automaticPerHour: 50}}',
    hurried: true,
  });
  runs.startWorker();
  const id = await runs.start(`onFailure: {undo: completedInReverse}
steps:
  - id: up
    tool: k8s_scale
    with: {target: {kind: Deployment, name: api, namespace: shop}, replicas: 4}
    undo: {tool: k8s_delete, with: {target: {kind: Deployment, name: api, namespace: shop}}}
  - {id: bad, ${scaling('nobody', 3)}}
`);
  await runs.until(id, 'waiting');
  expect((await treeOf(runs, id)).slice(2)).toEqual([
    '… undo',
    '  … up  change ID',
    '      for a person: vigie approve ID',
  ]);
  await runs.journal.request(id, 'cancel');
  const { output } = await runs.until(id, 'failed');
  expect((await treeOf(runs, id)).slice(2)).toEqual(['✗ undo', expect.stringMatching(/^ {2}✗ up: .*void/)]);
  expect(leftLines(output, plain)).toEqual([
    expect.stringMatching(/^ {2}left: undo of up: what it did stands \(vigie undo \w+ takes it back\): /),
  ]);
});

test('who agreed at a gate or said no, and why, stands at the gate', async () => {
  const runs = await startRuns({ policy: askEverything, hurried: true });
  runs.startWorker();
  const gated = `steps:
  - {id: gate, approval: {for: [up]}}
  - {id: up, ${scaling('web', 3)}}
`;
  const agreed = await runs.start(gated);
  await runs.test.approve(ticketOf(await runs.until(agreed, 'waiting'), 'gate'));
  await runs.until(agreed, 'done');
  expect((await treeOf(runs, agreed))[0]).toBe(
    '✓ gate: ask whoever may about up, for 24h  approved by alice',
  );
  const refused = await runs.start(gated.replace(scaling('web', 3), scaling('web', 4)));
  const id = ticketOf(await runs.until(refused, 'waiting'), 'gate');
  await rejectTicket(runs.test.vigie, { id, person: 'carol', reason: 'not\nnow' });
  const { output } = await runs.until(refused, 'failed');
  const why = 'up: update Deployment/web in shop: spec.replicas 3 → 4: rejected by carol: not now';
  expect(await treeOf(runs, refused)).toEqual([
    `✗ gate: ask whoever may about up, for 24h: ${why}`,
    '– up: k8s_scale',
  ]);
  expect(output).toMatchObject({ failure: { code: 'REJECTED', message: why } });
  // One line for whoever watches the worker, and none that a ticket which counts no more failed.
  expect(runs.said.filter(line => line.includes('failed'))).toEqual([`gate/over: failed: ${why}`]);
});

test('who rejects the change of a step is said there too', async () => {
  const runs = await startRuns({ policy: askEverything, hurried: true });
  runs.startWorker();
  const id = await runs.start(`steps: [{id: up, ${scaling('web', 3)}}]`);
  const ticket = ticketOf(await runs.until(id, 'waiting'), 'up');
  await rejectTicket(runs.test.vigie, { id: ticket, person: 'carol', reason: 'not now' });
  await runs.until(id, 'failed');
  expect((await treeOf(runs, id))[0]).toMatch(/^✗ up: k8s_scale: .*: rejected by carol: not now/);
});

test('what there was nothing to do for is no success', async () => {
  const runs = await startRuns({ policy: askEverything, hurried: true });
  runs.startWorker();
  const id = await runs.start(`steps:
  - {id: names, set: {list: [], some: [web]}}
  - {id: gate, approval: {for: [each]}}
  - id: each
    foreach: {in: "\${{ steps.names.output.list }}", as: name}
    ${scaling('"${{ name }}"', 3).replace(', with', '\n    with')}
  - {id: named, foreach: {in: "\${{ steps.names.output.some }}", as: name}, steps: [{id: one, set: {it: "\${{ name }}"}}]}
  - {id: same, ${scaling('web', 2)}}
`);
  await runs.until(id, 'done');
  expect(await treeOf(runs, id)).toEqual([
    '✓ names: set list, some',
    '– gate: ask whoever may about each, for 24h  nothing to do',
    '– each: for each name in steps.names.output.list  nothing to do',
    '✓ named: for each name in steps.names.output.some',
    '– same: k8s_scale  nothing to do',
  ]);
});

test('a gate at which nobody agreed in time is none that was passed', async () => {
  const runs = await startRuns({ policy: askEverything, hurried: true });
  runs.startWorker();
  const id = await runs.start(`steps:
  - {id: gate, approval: {for: [up], expires: 1s, onTimeout: skip}}
  - {id: up, ${scaling('web', 3)}}
`);
  await runs.until(id, 'waiting');
  runs.passTime(2_000);
  await runs.until(id, 'done');
  expect(await treeOf(runs, id)).toEqual([
    '– gate: ask whoever may about up, for 1s  nobody agreed in time',
    '– up: k8s_scale',
  ]);
});
