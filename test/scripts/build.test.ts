import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { serverLimits } from '../../src/server/limits.ts';
import { listingOf } from '../../src/toolkit/listing.ts';
import { toolFamilies } from '../../src/tools/index.ts';
import { fitting } from '../../src/tools/left-out.ts';
import { toolsOf } from '../../src/tools/toolsets.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vigie-build-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Writes the address of each file that is loaded into the file that LOADED names. */
const recordLoads = `
import { appendFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
registerHooks({
  load(url, context, next) {
    if (url.startsWith('file:')) appendFileSync(process.env.LOADED, url + '\\n');
    return next(url, context);
  },
});
`;

test('a built server lists its tools as they are, and loads none of them to do so', async () => {
  const dist = join(folder, 'dist');
  execFileSync(process.execPath, ['scripts/build.mjs', dist], { stdio: 'pipe' });
  writeFileSync(join(folder, 'package.json'), '{"type": "module", "version": "0.0.0"}');
  const hook = join(folder, 'record-loads.mjs');
  writeFileSync(hook, recordLoads);
  const elsewhere = join(folder, 'elsewhere');
  mkdirSync(elsewhere);
  const loads = join(folder, 'loaded');

  const families = Object.keys(toolFamilies);
  const client = new Client({ name: 'probe-client', version: '1.0.0' });
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: ['--import', hook, join(dist, 'main.js'), 'serve', '--stdio', '--toolsets', families.join(',')],
    cwd: elsewhere,
    env: { HOME: folder, VIGIE_HOME: join(folder, 'home'), LOADED: loads },
  });
  await client.connect(transport);
  const { tools } = await client.listTools();
  await client.close();

  // What does not fit among the most that are listed is left out, and the instructions say so.
  const listed = fitting(toolsOf(undefined, { readOnly: false }), serverLimits.tools);
  const plain: unknown = JSON.parse(JSON.stringify(listed.map(tool => listingOf(tool))));
  expect(JSON.parse(JSON.stringify(tools))).toEqual(plain);
  const loaded = readFileSync(loads, 'utf8').trim().split('\n');
  const code = loaded.filter(url => url.includes('/dist/')).map(url => readFileSync(new URL(url), 'utf8'));
  expect(code.length).toBeGreaterThan(5);
  // The names of functions survive the build.
  const holds = (name: string): boolean => code.some(text => text.includes(`function ${name}(`));
  expect(holds('listedTools')).toBe(true);
  expect(holds('defineReadTool')).toBe(false);
  expect(holds('defineChangeTool')).toBe(false);
});
