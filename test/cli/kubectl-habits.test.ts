import { expect, test } from 'vitest';
import { inOwnWords } from '../../src/cli/kubectl-habits.ts';
import { runHere } from '../support/command-line.ts';

test.each([
  ['k8s list pods -A', 'k8s list pods'],
  ['k8s list pods --all-namespaces -o wide', 'k8s list pods -o wide'],
  ['k8s list pods --selector app=web', 'k8s list pods --label-selector app=web'],
  ['k8s list pods --selector=app=web,tier!=db', 'k8s list pods --label-selector=app=web,tier!=db'],
  ['k8s logs deploy/web --tail 20', 'k8s logs deploy/web --tail-lines 20'],
  ['k8s logs deploy/web --tail=20', 'k8s logs deploy/web --tail-lines=20'],
  [
    'k8s node drain n1 --ignore-daemonsets --delete-emptydir-data --force --timeout=5m',
    'k8s node drain n1 --delete-local-data --force --wait=5m',
  ],
  ['k8s node drain n1 --ignore-daemonsets=false', 'k8s node drain n1 --ignore-daemonsets=false'],
  ['k8s exec web-1 -- ls -A --tail', 'k8s exec web-1 -- ls -A --tail'],
  ['audit list -A', 'audit list -A'],
])('"vigie %s" is taken as "%s"', (typed, meant) => {
  expect(inOwnWords(typed.split(' '))).toEqual(meant.split(' '));
});

test('every flag that is meant is one that there is', async () => {
  for (const [command, flag] of [
    ['list', '--label-selector'],
    ['logs', '--tail-lines'],
    ['node', '--delete-local-data'],
    ['node', '--wait'],
  ] as const)
    expect((await runHere(['k8s', command, '--help'])).stdout).toContain(`${flag} `);
});

test('several kinds at once are refused with the way to list the first', async () => {
  const { status, stderr } = await runHere(['k8s', 'list', 'deploy,svc', '-n', 'shop']);
  expect(status).toBe(2);
  expect(stderr).toContain('vigie k8s list takes one kind at a time');
  expect(stderr).toContain('vigie k8s list deploy');
});
