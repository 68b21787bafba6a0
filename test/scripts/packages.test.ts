import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import * as z from 'zod';
import { describeBundle } from '../../scripts/mcpb.ts';
import { readManifest } from '../../scripts/package-manifest.ts';
import { describeServer } from '../../scripts/server-json.ts';
import { zip } from '../../scripts/zip.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vigie-zip-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** What the schema of 2025-12-11 asks of a server and of an npm package. */
const serverSchema = z.strictObject({
  $schema: z.literal('https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json'),
  name: z
    .string()
    .max(200)
    .regex(/^[a-zA-Z0-9.-]+\/[a-zA-Z0-9._-]+$/),
  title: z.string().min(1).max(100),
  description: z.string().min(1).max(100),
  version: z.string().regex(/^\d+\.\d+\.\d+$/),
  packages: z
    .array(
      z.strictObject({
        registryType: z.literal('npm'),
        identifier: z.string(),
        version: z.string().regex(/^\d+\.\d+\.\d+$/),
        runtimeHint: z.literal('npx'),
        transport: z.strictObject({ type: z.literal('stdio') }),
        packageArguments: z.array(
          z.discriminatedUnion('type', [
            z.strictObject({ type: z.literal('positional'), value: z.string() }),
            z.strictObject({ type: z.literal('named'), name: z.string() }),
          ]),
        ),
        environmentVariables: z.array(
          z.strictObject({
            name: z.string(),
            description: z.string(),
            format: z.enum(['string', 'number', 'boolean', 'filepath']),
            isRequired: z.boolean(),
          }),
        ),
      }),
    )
    .length(1),
});

/** What a manifest of version 0.4 must have. */
const bundleSchema = z.object({
  manifest_version: z.literal('0.4'),
  name: z.string(),
  version: z.string(),
  description: z.string(),
  author: z.object({ name: z.string() }),
  server: z.object({
    type: z.literal('node'),
    entry_point: z.literal('dist/main.js'),
    mcp_config: z.object({
      command: z.string(),
      args: z.array(z.string()),
      env: z.record(z.string(), z.string()),
    }),
  }),
});

test('server.json fits its schema and names the package as the package names itself', async () => {
  const manifest = await readManifest();
  const server = serverSchema.parse(describeServer(manifest));
  expect(server.name).toBe(manifest.mcpName);
  expect(server.packages[0]).toMatchObject({ identifier: manifest.name, version: manifest.version });
});

test('the manifest of the bundle starts the server on its standard streams from where it is unpacked', async () => {
  const bundle = bundleSchema.parse(describeBundle(await readManifest()));
  // oxlint-disable-next-line no-template-curly-in-string -- the client fills this place in
  expect(bundle.server.mcp_config.args).toEqual(['${__dirname}/dist/main.js', 'serve', '--stdio']);
});

/** Where there is no other reader, the test shows as skipped. */
const hasPython = spawnSync('python3', ['--version']).status === 0;

test.skipIf(!hasPython)(
  'an archive is read by another reader of the format, with names, bytes and modes as they were',
  () => {
    const large = Buffer.from(Array.from({ length: 100_000 }, (_, index) => (index * 7919) % 251));
    const file = join(folder, 'a.zip');
    writeFileSync(
      file,
      zip([
        { name: 'manifest.json', data: Buffer.from('{}') },
        { name: 'dist/main.js', data: large, executable: true },
        { name: 'empty', data: Buffer.alloc(0) },
        { name: 'dist/é.txt', data: Buffer.from('é') },
      ]),
    );
    const script = [
      'import sys, zipfile, os',
      'archive = zipfile.ZipFile(sys.argv[1])',
      'assert archive.testzip() is None',
      'archive.extractall(sys.argv[2])',
      'print("\\n".join(f"{one.filename} {one.external_attr >> 16:o}" for one in archive.infolist()))',
    ].join('\n');
    const listed = execFileSync('python3', ['-c', script, file, folder], {
      encoding: 'utf8',
      env: { ...process.env, PYTHONUTF8: '1' },
    });
    expect(listed.trim().split('\n')).toEqual([
      'manifest.json 100644',
      'dist/main.js 100755',
      'empty 100644',
      'dist/é.txt 100644',
    ]);
    expect(readFileSync(join(folder, 'dist/main.js')).equals(large)).toBe(true);
    expect(statSync(join(folder, 'empty')).size).toBe(0);
  },
);
