import { describe, expect, test } from 'vitest';
import { habits, inOwnWords } from '../../src/cli/kubectl-habits.ts';
import { shapeOf } from '../../src/cli/tool-command/shape.ts';
import { commandLineTools, toolFamilies } from '../../src/tools/index.ts';
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
  ['k8s drain n1 --ignore-daemonsets --force', 'k8s node drain n1 --force'],
  ['k8s uncordon n1', 'k8s node uncordon n1'],
  ['k8s exec web-1 -- ls -A --tail', 'k8s exec web-1 -- ls -A --tail'],
  ['k8s exec web-1 echo -A hello', 'k8s exec web-1 echo -A hello'],
  ['k8s exec web-1 --timeout 5s -- date', 'k8s exec web-1 --timeout 5s -- date'],
  ['k8s delete pods -A', 'k8s delete pods -A'],
  ['audit list -A', 'audit list -A'],
])('"vigie %s" is taken as "%s"', (typed, meant) => {
  expect(inOwnWords(typed.split(' '))).toEqual(meant.split(' '));
});

describe('for every command', () => {
  const shapes = [...(toolFamilies['k8s'] ?? []), ...(commandLineTools['k8s'] ?? [])].map(shapeOf);
  const flagsOf = new Map(shapes.map(({ verb, flags }) => [verb, flags.map(({ long }) => `--${long}`)]));

  test.each([...habits])('%s: what is meant is a flag that it has, what is typed is none', (verb, known) => {
    const flags = flagsOf.get(verb);
    for (const [typed, meant] of Object.entries(known)) {
      expect(flags).not.toContain(typed);
      if (meant !== undefined) expect(flags).toContain(meant);
    }
  });

  test('its own flags are left as they are', () => {
    expect(shapes.length).toBeGreaterThan(15);
    for (const [verb, flags] of flagsOf)
      expect(inOwnWords(['k8s', verb, ...flags])).toEqual(['k8s', verb, ...flags]);
  });

  test('the words of a command that is to run somewhere else are left as they are', () => {
    const carrying = shapes.filter(({ words }) => words.some(({ what }) => what === 'rest'));
    expect(carrying.map(({ verb }) => verb)).toContain('exec');
    for (const { verb } of carrying) expect(habits.has(verb)).toBe(false);
  });
});

test.each([
  [['k8s', 'exec', 'web-1', 'ls', '-la'], '-- ls -la'],
  [['k8s', 'exec', '-it', 'web-1', '--', 'sh'], 'there are no terminals (-it)'],
])('%j is refused with how it is written', async (argv, hint) => {
  const { status, stderr } = await runHere(argv);
  expect(status).toBe(2);
  expect(stderr).toMatch(/unknown option '-\w+'[^]*\nhint: The command stands after --/);
  expect(stderr).toContain(hint);
});

test('several kinds at once are refused with the way to list the first', async () => {
  const { status, stderr } = await runHere(['k8s', 'list', 'deploy,svc', '-n', 'shop']);
  expect(status).toBe(2);
  expect(stderr).toContain('vigie k8s list takes one kind at a time');
  expect(stderr).toContain('vigie k8s list deploy');
});
