import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { backupChecks } from '../../../src/desk/checks/backups.ts';
import type { Check } from '../../../src/desk/checks/check.ts';
import { wholeEnvironment } from '../../../src/desk/checks/whole-environment.ts';
import { allowAgainAndAgain, startVigie, type TestVigie } from '../../support/start-vigie.ts';
import { closedPort } from '../../support/wire.ts';

const signal = new AbortController().signal;
let dir: string;
let vigie: TestVigie | undefined;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'vigie-doctor-'));
  mkdirSync(join(dir, 'disk'));
  const database = new DatabaseSync(join(dir, 'shop.sqlite'));
  database.exec('CREATE TABLE orders (id int); INSERT INTO orders VALUES (1), (2)');
  database.close();
});
afterEach(async () => {
  await vigie?.stop();
  vigie = undefined;
  rmSync(dir, { recursive: true, force: true });
});

async function start({ sets, destinations }: { sets: string; destinations?: string }): Promise<TestVigie> {
  vigie = await startVigie({
    policy: `${allowAgainAndAgain}
    backups:
      destinations:
        ${destinations ?? `disk: {directory: ${join(dir, 'disk')}, media: disk}`}
      sets:
        ${sets}`,
  });
  return vigie;
}

async function linesOf(of: TestVigie, more: { readOnly?: true } = {}): Promise<Check[]> {
  const environment = of.vigie.environments.find(({ view }) => view.name === 'test');
  if (environment === undefined) throw new Error('there is no test');
  const all: Check[] = [];
  for await (const check of backupChecks(environment, { signal, readOnly: more.readOnly === true }))
    all.push(check);
  return all;
}

function sqliteSet(more = ''): string {
  return `shop: {engine: sqlite, path: ${join(dir, 'shop.sqlite')}, to: [disk]${more}}`;
}

const started = (program: string): boolean => spawnSync(program, ['--version']).error === undefined;
const noClients = started('psql') && started('pg_dump') ? '' : ' (SKIPPED: psql or pg_dump is not installed)';

test('a set that was never backed up is named with the command that does it, and then found good but not proven', async () => {
  const shop = await start({ sets: sqliteSet(', objective: {age: 6h}') });
  const before = await linesOf(shop);
  expect(before).toContainEqual({
    area: 'test',
    state: 'fine',
    what: `set shop (this machine): ${join(dir, 'shop.sqlite')} is a database of SQLite`,
  });
  expect(before).toContainEqual({
    area: 'test',
    state: 'wrong',
    what: 'set shop: there is no good copy',
    todo: 'Make one: vigie backups run shop -e test',
  });
  expect(before.map(({ what }) => what)).toContainEqual(
    expect.stringMatching(/^destination disk: .*disk answers, 0 good copies, .* free$/),
  );
  await shop.call('backups_run', { set: 'shop' });
  const after = await linesOf(shop);
  expect(after.filter(({ state }) => state === 'wrong')).toEqual([]);
  expect(after.map(({ what }) => what)).toContain('set shop: the newest good copy is 0m old, of at most 6h');
  expect(after).toContainEqual({
    area: 'test',
    state: 'note',
    what: 'set shop: No copy of shop was ever restored and proven.',
    todo: 'Prove one: vigie backups drill shop -e test',
  });
});

test('doctor looks at backups of an environment by itself', async () => {
  const shop = await start({ sets: sqliteSet() });
  const environment = shop.vigie.environments.find(({ view }) => view.name === 'test');
  if (environment === undefined) throw new Error('there is no test');
  const all: Check[] = [];
  for await (const check of wholeEnvironment(shop.vigie, { environment, signal })) all.push(check);
  expect(all.map(({ what }) => what)).toContain('set shop: there is no good copy');
  expect(all.map(({ what }) => what)).toContain('k8s_scale in shop');
});

test('a copy older than what was promised is wrong, with its age and the next command', async () => {
  const shop = await start({ sets: sqliteSet(', objective: {age: 1s}') });
  await shop.call('backups_run', { set: 'shop' });
  // Ids tell whole seconds.
  await expect
    .poll(async () => linesOf(shop), { timeout: 20_000, interval: 500 })
    .toContainEqual({
      area: 'test',
      state: 'wrong',
      what: 'set shop: the newest good copy is 0m old, and is to be at most 0m',
      todo: 'Make another: vigie backups run shop -e test',
    });
});

test('a folder that is not there, and a file that is no database, are each said, and hide nothing else', async () => {
  writeFileSync(join(dir, 'letter.txt'), 'dear shop, this is no database');
  const shop = await start({
    destinations: `disk: {directory: ${join(dir, 'disk')}, media: disk}
        away: {directory: ${join(dir, 'away')}, media: tape}
        spare: {directory: ${join(dir, 'disk')}, media: disk}`,
    sets: `letter: {engine: sqlite, path: ${join(dir, 'letter.txt')}, to: [away]}
        gone: {engine: sqlite, path: ${join(dir, 'gone.sqlite')}, to: [disk]}
        ${sqliteSet()}`,
  });
  const lines = await linesOf(shop);
  expect(lines).toContainEqual({
    area: 'test',
    state: 'wrong',
    what: expect.stringMatching(
      /^destination away: .*\/away\) could not be used: the folder does not exist, or its disk/,
    ),
    todo: expect.any(String),
  });
  expect(lines).toContainEqual({
    area: 'test',
    state: 'wrong',
    what: `set letter: ${join(dir, 'letter.txt')} on this machine is no database of SQLite.`,
    todo: 'Mend path of the set in vigie.yaml.',
  });
  expect(lines).toContainEqual({
    area: 'test',
    state: 'wrong',
    what: expect.stringMatching(/^set gone: .*gone\.sqlite.*No such file/),
    todo: expect.stringContaining('backups.sets'),
  });
  expect(lines).toContainEqual({
    area: 'test',
    state: 'note',
    what: 'set letter: no good copy is known, as far as could be read (not away)',
    todo: 'Mend that destination, then: vigie backups list letter -e test',
  });
  const listed = await shop.call('backups_list', { set: 'letter' });
  expect(listed.data).toMatchObject({ bad: true, sets: [{ next: 'vigie doctor -e test' }] });
  expect(listed.text).toContain('letter: BAD: no good copy is known, as far as could be read.');
  expect(lines.map(({ what }) => what)).toContain('destination spare: no set goes there');
  expect(lines.map(({ what }) => what)).toContain(
    `set shop (this machine): ${join(dir, 'shop.sqlite')} is a database of SQLite`,
  );
});

test('an identity that does not open what its recipients get is found before a copy needs it', async () => {
  const { generateX25519Identity, identityToRecipient } = await import('age-encryption');
  const identity = await generateX25519Identity();
  const recipient = await identityToRecipient(identity);
  const other = await generateX25519Identity();
  writeFileSync(join(dir, 'identity'), identity, { mode: 0o600 });
  writeFileSync(join(dir, 'other'), other, { mode: 0o600 });
  const folder = `directory: ${join(dir, 'disk')}, media: disk, age: [${recipient}]`;
  const shop = await start({
    destinations: `disk: {${folder}, identity: "file:${join(dir, 'identity')}"}
        wrong: {${folder}, identity: "file:${join(dir, 'other')}"}
        unset: {${folder}, identity: "file:${join(dir, 'nowhere')}"}
        blind: {${folder}}`,
    sets: sqliteSet(),
  });
  const lines = await linesOf(shop);
  expect(lines).toContainEqual({
    area: 'test',
    state: 'fine',
    what: 'destination disk: its identity opens what is encrypted there',
  });
  expect(lines).toContainEqual(
    expect.objectContaining({
      state: 'wrong',
      what: 'destination wrong: What is stored cannot be decrypted by that identity.',
    }),
  );
  expect(lines).toContainEqual(
    expect.objectContaining({ state: 'wrong', what: expect.stringMatching(/^destination unset: .*nowhere/) }),
  );
  expect(lines).toContainEqual(
    expect.objectContaining({
      state: 'note',
      what: expect.stringMatching(/^destination blind: .*no identity/),
    }),
  );
  expect(JSON.stringify(lines)).not.toContain(other);
  expect(JSON.stringify(lines)).not.toContain(identity);
});

test('in read-only mode nothing is asked of a source, and what was not checked is said', async () => {
  const shop = await start({ sets: `shop: {engine: sqlite, path: ${join(dir, 'gone')}, to: [disk]}` });
  const lines = await linesOf(shop, { readOnly: true });
  expect(lines).toContainEqual({
    area: 'test',
    state: 'note',
    what: 'set shop: its source and its programs on this machine were not checked, Vigie is read-only',
    todo: expect.any(String),
  });
  expect(lines.filter(({ state }) => state === 'wrong')).toEqual([]);
  expect(lines.map(({ what }) => what)).toContainEqual(
    expect.stringMatching(/^destination disk: .* answers/),
  );
});

test.skipIf(noClients !== '')(
  `a PostgreSQL that is down is a line with its port, without the password${noClients}`,
  async () => {
    const port = await closedPort();
    writeFileSync(join(dir, 'password'), 'Shop-Password-7c1', { mode: 0o600 });
    const shop = await start({
      sets: `shop-db: {engine: postgres, database: shop, host: 127.0.0.1, port: ${port}, user: backup, password: "file:${join(dir, 'password')}", to: [disk]}
        ${sqliteSet()}`,
    });
    const lines = await linesOf(shop);
    expect(lines).toContainEqual({
      area: 'test',
      state: 'wrong',
      what: expect.stringMatching(
        new RegExp(`^set shop-db: psql failed .*port ${port} failed: Connection refused`),
      ),
      todo: expect.stringContaining('port'),
    });
    expect(JSON.stringify(lines)).not.toContain('Shop-Password');
    expect(lines.map(({ what }) => what)).toContainEqual(expect.stringMatching(/^set shop \(this machine\)/));
  },
);
