import { accessSync, constants, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import { worldSchema } from '../../src/sandbox/world.ts';
import { CliHome } from '../support/command-line.ts';

const file = 'docs/guides/sandbox.md';
const fence = /```console\n([\s\S]*?)```/g;
// What it prints differs from version to version.
const kubectl = join(homedir(), '.local/share/kubectl/1.36/kubectl');
const found = isProgram(kubectl);

let home: CliHome;
beforeAll(async () => {
  home = await CliHome.make({ world: 'shop' });
});
afterAll(() => home.remove());

test('the guide names every field of a world, and no other', () => {
  const table = readFileSync(file, 'utf8').split('## A world of your own')[1]?.split('\n## ')[0] ?? '';
  const cells = [...table.matchAll(/^\| (.+?) \|/gm)].slice(1).map(match => match[1] ?? '');
  const named = cells.flatMap(cell => [...cell.matchAll(/`([^`]+)`/g)].map(match => match[1] ?? ''));
  const names = named.map(name => name.replace(/^.*\./, '').replace('[]', ''));
  const schema = z.toJSONSchema(worldSchema, { io: 'input' });
  const fields = [...new Set(fieldsOf(schema))].filter(name => !notOurs.has(name)).sort();
  expect([...new Set(names)].filter(name => name !== 'unready').sort()).toEqual(fields);
});

/** Of Kubernetes itself, as are the objects; and what only holds others. */
const notOurs = new Set([
  'cluster',
  'key',
  'value',
  'effect',
  'apiVersion',
  'kind',
  'metadata',
  'spec',
  'containers',
]);

function fieldsOf(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const {
    properties,
    items,
    anyOf = [],
  } = schema as {
    properties?: Record<string, unknown>;
    items?: unknown;
    anyOf?: unknown[];
  };
  const own = Object.entries(properties ?? {}).flatMap(([name, inner]) =>
    name === 'metadata' ? [name] : [name, ...fieldsOf(inner)],
  );
  return [...own, ...fieldsOf(items), ...anyOf.flatMap(fieldsOf)];
}

test.skipIf(!found)(
  found ? 'its transcript is what kubectl and vigie print' : 'not compared: there is no kubectl 1.36',
  async () => {
    symlinkSync(kubectl, join(home.dir, 'kubectl'));
    home.env['PATH'] = `${home.dir}:${process.env['PATH']}`;
    home.env['KUBECONFIG'] = join(home.dir, 'shop.kubeconfig');
    const text = readFileSync(file, 'utf8');
    const steady = steadily(home.dir);
    let made = '';
    let from = 0;
    for (const block of text.matchAll(fence)) {
      let shown = '';
      for (const line of (block[1] ?? '').split('\n').filter(each => each.startsWith('$ '))) {
        const output = await print(line.slice(2));
        shown += `${line}\n${steady(output)}`;
      }
      made += `${text.slice(from, block.index)}\`\`\`console\n${shown}\`\`\``;
      from = block.index + block[0].length;
    }
    made += text.slice(from);
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(file, made);
    expect(readFileSync(file, 'utf8')).toBe(made);
  },
  180_000,
);

async function print(line: string): Promise<string> {
  if (line.startsWith('export ')) return '';
  if (!line.startsWith('vigie sandbox up')) {
    const { stdout, stderr } = await home.shell(`cd '${home.dir}'; ${line}`);
    return stdout + stderr;
  }
  const words = line.split(' ').slice(1);
  const file = words.indexOf('--kubeconfig') + 1;
  words[file] = join(home.dir, words[file] ?? '');
  const child = home.start(...words);
  served.push(child.pid);
  let output = '';
  child.stdout?.on('data', (data: Buffer) => {
    output += data.toString();
  });
  await expect.poll(() => output.split('\n').length).toBe(3);
  return output;
}

const served: (number | undefined)[] = [];
afterAll(() => {
  for (const pid of served) if (pid !== undefined) process.kill(pid, 'SIGTERM');
});

/** What differs from run to run by nature: ports, names of new pods, times. Columns are as wide as their widest cell. */
function steadily(dir: string): (output: string) => string {
  const letters = [
    '2bq4w',
    '5xk9d',
    '7mzr6',
    '8tvc2',
    '9hfs4',
    'b6nlx',
    'c4p8g',
    'd7w2j',
    'f9k5t',
    'g2z7m',
    'h6r3v',
    'j8d5q',
    'k3n9b',
  ];
  const names = new Map<string, string>();
  const renamed = (name: string) => {
    const known = names.get(name) ?? letters[names.size] ?? name;
    names.set(name, known);
    return known;
  };
  return output =>
    output
      .replaceAll(`${dir}/`, '')
      .replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:41000')
      .replace(
        /\b(cart|worker)-([a-z0-9]{9,10})-([a-z0-9]{5})\b/g,
        (_all, app: string, hash: string, name: string) => {
          return `${app}-${renamed(hash).repeat(2)}-${renamed(name)}`;
        },
      )
      .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '2026-11-21T10:00:00Z')
      .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ UTC \[\d+\]/g, '2026-11-21 10:00:00.000 UTC [172]')
      .replace(/wrote \d+ buffers \([\d.]+%\)/g, 'wrote 273 buffers (1.7%)')
      .replace(/\b(\d+)m\d{1,2}s\b/g, '$1m')
      .replace(/\b\d{1,2}m (\s*)(\d+)Mi\b/g, '40m $1130Mi')
      .replace(/\((\d+)[ms] ago\)/g, '(1m ago)')
      .replace(/ {2,}/g, '  ')
      .replace(/[ \t]+$/gm, '');
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
