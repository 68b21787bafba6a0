import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { manifestFiles } from '../../src/cli/tool-command/manifest-files.ts';
import { byFile, type ManifestPlace } from '../../src/cli/tool-command/manifest-place.ts';
import { readInput } from '../../src/cli/tool-command/read-input.ts';
import { renderKustomization } from '../../src/cli/tool-command/render-kustomization.ts';
import { shapeOf } from '../../src/cli/tool-command/shape.ts';
import { plainText } from '../../src/core/json.ts';
import { limits } from '../../src/core/limits.ts';
import { k8sDiff } from '../../src/tools/k8s/diff.ts';
import { k8sSet } from '../../src/tools/k8s/set.ts';

const path = process.env['PATH'] ?? '';
const { signal } = new AbortController();
let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'vigie-manifests-'));
});
afterEach(async () => {
  process.env['PATH'] = path;
  await rm(dir, { recursive: true });
});

/** Puts a program of that name first in the path. */
async function program(name: string, script: string, more = delimiter + path): Promise<void> {
  const bin = join(dir, '.bin');
  await mkdir(bin, { recursive: true });
  await writeFile(join(bin, name), `#!/bin/sh\n${script}\n`);
  await chmod(join(bin, name), 0o755);
  process.env['PATH'] = `${bin}${more}`;
}

function read(flags: Record<string, unknown>) {
  return readInput(shapeOf(k8sDiff), { words: [], flags }, { stdin: Readable.from(['kind: Piped']), signal });
}

describe('a folder of manifests', () => {
  test('is read with those in it, in order, without hidden files, links to folders and other files', async () => {
    await mkdir(join(dir, 'a', 'deep'), { recursive: true });
    await mkdir(join(dir, '.git'));
    for (const [name, text] of [
      ['b.yaml', 'kind: B'],
      ['a/deep/c.json', '{"kind":"C"}'],
      ['a/x.yml', 'kind: X'],
      ['README.md', 'no manifest'],
      ['.hidden.yaml', 'kind: Hidden'],
      ['.git/config.yaml', 'kind: Git'],
    ] as const)
      await writeFile(join(dir, name), text);
    await symlink(dir, join(dir, 'a', 'circle'));
    expect(await read({ manifest: [dir, '-'] })).toEqual({
      manifest: '{"kind":"C"}\n---\nkind: X\n---\nkind: B\n---\nkind: Piped',
    });
  });

  test('is refused by the file that is wrong, and the line in it', async () => {
    const texts = { a: 'kind: A\nspec: {}\n', b: 'kind: B', c: 'kind: C\nkey: [x\n' };
    for (const [name, text] of Object.entries(texts)) await writeFile(join(dir, `${name}.yaml`), text);
    let places: readonly ManifestPlace[] = [];
    const { manifest } = await readInput(
      shapeOf(k8sDiff),
      { words: [], flags: { manifest: [dir, '-'] } },
      {
        stdin: Readable.from(['kind: Piped']),
        signal,
        placed: found => {
          places = found;
        },
      },
    );
    const lines = plainText(manifest).split('\n');
    expect(places.map(({ firstLine }) => lines[firstLine - 1])).toEqual([
      'kind: A',
      'kind: B',
      'kind: C',
      'kind: Piped',
    ]);
    const tellOf = (line: number, message: string) =>
      byFile(
        { status: 'failed', text: '', data: { code: 'INVALID_MANIFEST', message, details: { line } } },
        places,
      ).data;
    const [, , c] = places;
    const bad = (c?.firstLine ?? 0) + 1;
    expect(tellOf(bad, `Line ${bad}, column 6: a bracket is missing.`)).toMatchObject({
      message: `${join(dir, 'c.yaml')}: Line 2, column 6: a bracket is missing.`,
      details: { line: 2 },
    });
    expect(tellOf(1, 'The document at line 1 has no kind')['message']).toBe(
      `${join(dir, 'a.yaml')}: The document at line 1 has no kind`,
    );
    expect(tellOf(lines.length, 'The manifest is odd')['message']).toBe('stdin: The manifest is odd');
  });

  test('is refused where it holds nothing, too much or a kustomization', async () => {
    await expect(manifestFiles(dir)).rejects.toThrow(/holds no \.yaml/);
    await expect(manifestFiles(join(dir, 'none'))).rejects.toThrow(/none does not exist/);
    const half = 'x'.repeat(limits.manifestBytes / 2 + 1);
    await writeFile(join(dir, 'a.yaml'), half);
    await writeFile(join(dir, 'b.yaml'), half);
    await expect(read({ manifest: [dir] })).rejects.toThrow(/larger than/);
    await writeFile(join(dir, 'kustomization.yaml'), 'resources: []');
    await expect(manifestFiles(dir)).rejects.toMatchObject({ hint: expect.stringContaining('-k') });
  });
});

describe('a kustomization', () => {
  test('is rendered by kustomize with no variable that could hold a secret', async () => {
    process.env['VIGIE_TEST_TOKEN'] = 'hunter2-is-secret';
    await program('kustomize', 'echo "kind: $1"; echo "folder: $3"; env | sed "s/^/# /"');
    const { manifest } = await read({ kustomize: [join(dir, '-o')] });
    expect(manifest).toContain(`kind: build\nfolder: ${join(dir, '-o')}`);
    expect(manifest).not.toContain('hunter2');
    delete process.env['VIGIE_TEST_TOKEN'];
  });

  test('is rendered by kubectl where there is no kustomize, and told of where there is neither', async () => {
    await program('kubectl', 'echo "kind: $1"', '');
    expect(await renderKustomization(dir, signal)).toBe('kind: kustomize\n');
    process.env['PATH'] = join(dir, 'nothing');
    await expect(renderKustomization(dir, signal)).rejects.toThrow(/no program is installed/);
  });

  test('whose base names a program for git to run does not run it', async () => {
    const ran = join(dir, 'ran');
    const asKustomizeDoes = `git ls-remote --upload-pack="touch ${ran}" "$1"`;
    for (const base of [`file://${dir}`, 'ssh://localhost/any', `ext::touch ${ran}`]) {
      await program('kustomize', `set -- '${base}'; ${asKustomizeDoes}; echo "kind: ended"`);
      expect(await renderKustomization(dir, signal)).toBe('kind: ended\n');
      await expect(readFile(ran)).rejects.toThrow(/ENOENT/);
    }
  });

  test('that fails says why, and one that writes without end is ended', async () => {
    await program('kustomize', 'echo "accumulating resources: no such file" >&2; exit 1');
    await expect(renderKustomization(dir, signal)).rejects.toThrow(/no such file/);
    await program('kustomize', 'yes kind');
    await expect(renderKustomization(dir, signal)).rejects.toThrow(/wrote too much/);
    const stop = new AbortController();
    await program('kustomize', 'sleep 100');
    const rendering = renderKustomization(dir, stop.signal);
    stop.abort();
    await expect(rendering).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});

test('words that assign a value keep their commas', async () => {
  const typed = { words: ['deploy/web'], flags: { env: ['HOSTS=a,b', 'MODE=fast'] } };
  const input = await readInput(shapeOf(k8sSet), typed, { stdin: Readable.from([]), signal });
  expect(input).toMatchObject({ env: ['HOSTS=a,b', 'MODE=fast'] });
});

test('a named pipe is not waited for, and what reads it instead is told', async () => {
  const pipe = join(dir, 'pipe');
  spawnSync('mkfifo', [pipe]);
  await expect(read({ manifest: [pipe] })).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    hint: expect.stringContaining('-f - <'),
  });
});
