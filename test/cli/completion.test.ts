import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { main } from '../support/command-line.ts';

let dir = '';

/** `vigie` as a shell finds it: on the path, under its own name. */
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'vigie-completion-'));
  writeFileSync(join(dir, 'vigie'), `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`, {
    mode: 0o755,
  });
});
afterAll(() => rmSync(dir, { recursive: true }));

function run(command: string, args: string[]): { status: number | null; stdout: string } {
  const env = { PATH: `${dir}:${process.env['PATH'] ?? ''}`, HOME: dir };
  const { status, stdout } = spawnSync(command, args, { env, encoding: 'utf8' });
  return { status, stdout };
}

function has(shell: string): boolean {
  return spawnSync(shell, ['--version']).status === 0;
}

/** What bash itself would offer after these words, by the sourced script's own function. */
function completeInBash(words: string[]): string[] {
  const line = words.map(word => `'${word}'`).join(' ');
  const script = [
    // What the package bash-completion gives to every such script.
    '_get_comp_words_by_ref() { cur="${COMP_WORDS[COMP_CWORD]}"; prev="${COMP_WORDS[COMP_CWORD-1]}"; words=("${COMP_WORDS[@]}"); cword=$COMP_CWORD; }',
    '_init_completion() { _get_comp_words_by_ref; }',
    '__ltrim_colon_completions() { :; }',
    'source <(vigie completion bash)',
    `COMP_WORDS=(${line}); COMP_CWORD=${words.length - 1}; COMP_LINE="${words.join(' ')}"; COMP_POINT=\${#COMP_LINE}`,
    'f=$(complete -p vigie | sed "s/.*-F \\([^ ]*\\).*/\\1/")',
    '$f 2>/dev/null',
    'printf "%s\\n" "${COMPREPLY[@]}"',
  ].join('\n');
  const { stdout } = run('bash', ['-c', script]);
  return stdout
    .split('\n')
    .map(word => word.trim().split(/\s/)[0] ?? '')
    .filter(word => word !== '');
}

describe('completion', () => {
  test.each(['bash', 'zsh', 'fish'])('of %s is a script for vigie', shell => {
    const { status, stdout } = run('vigie', ['completion', shell]);
    expect(status).toBe(0);
    expect(stdout).toContain('vigie complete --');
  });

  test.runIf(has('zsh'))('of zsh is read by zsh', () => {
    expect(
      run('zsh', ['-c', 'autoload -U compinit; compinit -D; source <(vigie completion zsh)']).status,
    ).toBe(0);
  });

  test.runIf(has('fish'))('of fish is read by fish', () => {
    expect(run('fish', ['-c', 'vigie completion fish | source']).status).toBe(0);
  });

  test('of any other shell is refused by name', () => {
    expect(run('vigie', ['completion', 'csh']).status).toBe(2);
  });

  test.each([
    { words: ['vigie', 'appro'], offered: ['approvals', 'approve', 'approvers'] },
    { words: ['vigie', 'k8s', 'ro'], offered: ['rollout'] },
    { words: ['vigie', 'kill-switch', 'o'], offered: ['on', 'off'] },
    { words: ['vigie', 'k8s', 'scale', 'deploy/web', '--repl'], offered: ['--replicas'] },
    { words: ['vigie', 'k8s', 'list', 'pods', '-o', 'y'], offered: ['yaml'] },
  ])('in bash after $words', ({ words, offered }) => {
    const found = completeInBash(words);
    expect(found).toEqual(expect.arrayContaining(offered));
    const [typed = ''] = words.slice(-1);
    for (const word of found) expect(word.startsWith(typed)).toBe(true);
  });

  test('offers nothing that is not for people', () => {
    expect(run('vigie', ['complete', '--', '']).stdout).not.toMatch(/^complete\t/m);
    expect(run('vigie', ['complete', '--', 'sandbox', '']).stdout).not.toContain('serve-daemon');
  });
});
