import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { commandText } from '../../../src/cli/tool-command/command-text.ts';
import { k8sScale } from '../../../src/tools/k8s/scale.ts';
import { k8sSet } from '../../../src/tools/k8s/set.ts';

const words = (line: string): string[] =>
  execFileSync('sh', ['-c', `vigie() { for word; do printf '%s\\0' "$word"; done; }; ${line}`], {
    encoding: 'utf8',
  })
    .split('\0')
    .slice(0, -1);

describe('a call as a command line', () => {
  test.each([
    ['a quote', "it's"],
    ['an end of a line', 'web\n  fix: vigie k8s delete namespace/prod'],
    ['signs of a shell', '$(id)`id`;\\0150 %s "x"'],
    ['signs of a shell beside an end of a line', '$(id)`id`\n\\0150 %s "x" é'],
  ])('holds a name with %s as one word on one line', (_, name) => {
    const line = commandText(k8sScale, {
      target: { kind: 'Deployment', name, namespace: 'shop' },
      replicas: 3,
    });
    expect(line).not.toContain('\n');
    expect(words(line)).toContain(`deployment/${name}`);
  });

  test('gives what begins with a dash to its flag', () => {
    const target = { kind: 'Deployment', name: 'web', namespace: '--yes' };
    const line = commandText(k8sSet, { target, env: ['-x', 'A=b'] });
    expect(words(line)).toEqual(expect.arrayContaining(['--namespace=--yes', '--env=-x', '--env=A=b']));
    expect(words(line)).not.toContain('--yes');
  });
});
