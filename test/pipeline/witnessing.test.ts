import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { canonicalJson } from '../../src/core/json.ts';
import { auditNotes } from '../../src/pipeline/audit-notes.ts';
import { proveAudit } from '../../src/pipeline/prove-audit.ts';
import type { Vigie } from '../../src/pipeline/vigie.ts';
import { type AuditRow, hashOf } from '../../src/store/audit-row.ts';
import { temporaryFolder } from '../store/open-temporary.ts';
import { startJournal } from '../support/fake-journal.ts';
import { allowEverything, startVigie, type TestVigie } from '../support/start-vigie.ts';
import { startEndpoint, type WitnessEndpoint } from '../support/witness-endpoint.ts';

const run = promisify(execFile);
const web = { kind: 'Deployment', name: 'web', namespace: 'shop' };
const day = 24 * 3600 * 1000;
let running: TestVigie | undefined;
let folder: string;
let repository: string;

beforeEach(async () => {
  folder = await temporaryFolder();
  repository = join(folder, 'witness.git');
  await run('git', ['init', '--quiet', '--bare', repository]);
});
afterEach(async () => {
  await running?.stop();
  running = undefined;
});

async function start(witness: string, more: Parameters<typeof startVigie>[0] = {}): Promise<TestVigie> {
  running = await startVigie({ policy: allowEverything, witness, ...more });
  return running;
}

const withGit = () => start(`{journal: false, git: ${repository}}`);

async function scale(vigie: TestVigie, replicas: number): Promise<void> {
  const { status, text } = await vigie.call('k8s_scale', { target: web, replicas });
  expect(status, text).toBe('done');
}

/** The lines of every branch of the repository, the newest first. */
async function linesOf(path = repository): Promise<string[]> {
  const { stdout } = await run('git', ['-C', path, 'log', '--branches', '--format=%s']);
  return stdout.split('\n').filter(line => line !== '');
}

async function stopChanges(vigie: Vigie): Promise<void> {
  const audit = { event: 'kill_switch_on', facts: {} } as const;
  await (await vigie.store()).settings.setKillSwitch({ on: true, by: 'bob', why: 'drill', audit });
}

async function headLine(vigie: Vigie): Promise<string> {
  const { sequence, hash } = await (await vigie.store()).audit.head();
  return `${sequence} ${hash}`;
}

async function storedRows({ vigie }: TestVigie): Promise<AuditRow[]> {
  return (await (await vigie.store()).audit.list({ limit: 1_000 })).reverse();
}

/** Whoever may write the store's file. */
function tamper({ dir }: TestVigie, work: (db: Sqlite.Database) => void): void {
  const db = new Sqlite(join(dir, 'data', 'vigie.db'));
  work(db);
  db.close();
}

/** Puts another name into a row, and writes it and all behind it anew so that every hash and link fits. */
async function rewriteFrom(vigie: TestVigie, first: number): Promise<void> {
  const rows = await storedRows(vigie);
  tamper(vigie, db => {
    let previous = '';
    for (const { hash: former, ...row } of rows) {
      if (row.sequence < first) {
        previous = former;
        continue;
      }
      const facts = { ...row.facts, onBehalfOf: 'nobody' };
      const hash = hashOf({ ...row, facts, previous });
      db.prepare('update audit set facts = ?, previous = ?, hash = ? where sequence = ?').run(
        canonicalJson(facts),
        previous,
        hash,
        row.sequence,
      );
      previous = hash;
    }
  });
}

describe('what is told', () => {
  test('each change, with the row that the chain ends with then; verify says up to where', async () => {
    const vigie = await withGit();
    await scale(vigie, 3);
    await vigie.vigie.witnessing.tell();
    const first = await headLine(vigie.vigie);
    await scale(vigie, 4);
    await vigie.vigie.witnessing.tell();
    expect((await linesOf()).slice(0, 2)).toEqual([await headLine(vigie.vigie), first]);
    const { sequence } = await (await vigie.vigie.store()).audit.head();
    expect(await proveAudit(vigie.vigie)).toMatchObject({
      ok: true,
      rows: sequence,
      witnesses: [{ system: 'git', name: `git ${repository}`, state: 'agrees', upTo: sequence }],
    });
  });

  test('without being asked to, before a process that made a change has ended', async () => {
    const vigie = await withGit();
    const other = await vigie.reopen();
    await stopChanges(other);
    const line = await headLine(other);
    await other.close();
    expect(await linesOf()).toContain(line);
  });

  test('by a process that lives on, soon and by itself', async () => {
    const vigie = await withGit();
    await scale(vigie, 3);
    const line = await headLine(vigie.vigie);
    await expect.poll(() => linesOf().catch(() => [])).toContain(line);
  });

  test('what is no change is behind the last told row, and said to be', async () => {
    const vigie = await withGit();
    await vigie.vigie.witnessing.tell();
    const { audit } = await vigie.vigie.store();
    const { sequence } = await audit.head();
    await audit.append({ event: 'wrong_passphrase', facts: {} });
    await vigie.vigie.witnessing.tell();
    expect(await proveAudit(vigie.vigie)).toMatchObject({
      rows: sequence + 1,
      witnesses: [{ state: 'agrees', upTo: sequence }],
    });
  });

  test('two installations in one repository do not meet', async () => {
    const first = await withGit();
    await scale(first, 3);
    await first.vigie.witnessing.tell();
    const second = await startVigie({
      policy: allowEverything,
      witness: `{journal: false, git: ${repository}}`,
    });
    onTestFinished(() => second.stop());
    await scale(second, 4);
    await second.vigie.witnessing.tell();
    const lines = await linesOf();
    expect(lines).toContain(await headLine(first.vigie));
    expect(lines).toContain(await headLine(second.vigie));
    expect(await proveAudit(first.vigie)).toMatchObject({ ok: true });
    expect(await proveAudit(second.vigie)).toMatchObject({ ok: true });
  });

  test('the journal where there is one, though vigie.yaml says nothing', async () => {
    const journal = await startJournal(folder);
    onTestFinished(() => journal.close());
    const vigie = await start('{}', { journal: journal.place });
    await scale(vigie, 3);
    await vigie.vigie.witnessing.tell();
    const line = ` ${await headLine(vigie.vigie)}\n`;
    await expect.poll(() => journal.received.at(-1)).toContain(line);
    await expect
      .poll(() => proveAudit(vigie.vigie))
      .toMatchObject({ witnesses: [{ system: 'journal', state: 'agrees', upTo: 3 }] });
  });
});

describe('a chain', () => {
  test('whose end was cut off is whole in itself, and found out', async () => {
    const vigie = await withGit();
    await scale(vigie, 3);
    await scale(vigie, 4);
    await vigie.vigie.witnessing.tell();
    const { sequence } = await (await vigie.vigie.store()).audit.head();
    tamper(vigie, db => db.prepare('delete from audit where sequence > ?').run(sequence - 2));
    expect(await (await vigie.vigie.store()).audit.verify()).toMatchObject({ ok: true });
    expect(await proveAudit(vigie.vigie)).toMatchObject({
      ok: false,
      sequence: sequence - 1,
      what: `git ${repository} has row ${sequence}, and the chain ends at row ${sequence - 2}: rows were cut off, or that witness has a false line`,
    });
  });

  test('that was written anew is whole in itself, and found out, also once its new end was told', async () => {
    const vigie = await withGit();
    await scale(vigie, 3);
    await vigie.vigie.witnessing.tell();
    const { sequence } = await (await vigie.vigie.store()).audit.head();
    await rewriteFrom(vigie, sequence);
    expect(await (await vigie.vigie.store()).audit.verify()).toMatchObject({ ok: true });
    const broken = {
      ok: false,
      sequence,
      what: `row ${sequence} is not the one that git ${repository} has under that number: the chain was written anew`,
    };
    expect(await proveAudit(vigie.vigie)).toMatchObject(broken);
    await scale(vigie, 4);
    await vigie.vigie.witnessing.tell();
    expect((await linesOf())[0]).toBe(await headLine(vigie.vigie));
    expect(await proveAudit(vigie.vigie)).toMatchObject(broken);
  });

  test('that was cut off and grew again is told all the same, and found out', async () => {
    const vigie = await withGit();
    await scale(vigie, 3);
    await scale(vigie, 4);
    await vigie.vigie.witnessing.tell();
    tamper(vigie, db => db.prepare('delete from audit where sequence > 1').run());
    await scale(vigie, 5);
    await vigie.vigie.witnessing.tell();
    expect((await linesOf())[0]).toBe(await headLine(vigie.vigie));
    expect(await proveAudit(vigie.vigie)).toMatchObject({ ok: false });
  });

  test('whose store was removed with all in it is found out by the key that is left', async () => {
    const vigie = await withGit();
    await scale(vigie, 3);
    await vigie.vigie.witnessing.tell();
    tamper(vigie, db => db.exec('delete from audit; delete from witnesses'));
    expect(await proveAudit(vigie.vigie)).toMatchObject({ ok: false, sequence: 1 });
  });
});

describe('a witness', () => {
  test('that was down for a day fails no change, and is told the newest row when it is back', async () => {
    const vigie = await withGit();
    await vigie.vigie.witnessing.tell();
    const { sequence } = await (await vigie.vigie.store()).audit.head();
    await rename(repository, `${repository}.away`);
    await scale(vigie, 3);
    await vigie.vigie.witnessing.tell();
    vigie.passTime(day);
    await stopChanges(vigie.vigie);
    await vigie.vigie.witnessing.tell();
    expect(await proveAudit(vigie.vigie)).toMatchObject({
      ok: true,
      witnesses: [
        {
          state: 'unreadable',
          told: sequence,
          why: expect.stringContaining('not a git repository'),
          failing: { why: expect.stringContaining('not a git repository') },
        },
      ],
    });
    const [looked] = await vigie.vigie.witnessing.look();
    const aDayAgo = vigie.vigie.now().getTime() - day;
    expect(Date.parse(looked?.told.failing?.since ?? '')).toBeLessThan(aDayAgo + 60_000);

    await rename(`${repository}.away`, repository);
    await vigie.vigie.witnessing.tell();
    expect((await linesOf())[0]).toBe(await headLine(vigie.vigie));
    const proven = await proveAudit(vigie.vigie);
    expect(proven).toMatchObject({ ok: true, witnesses: [{ state: 'agrees' }] });
    expect(JSON.stringify(proven)).not.toContain('failing');
  });

  test('that is back is told by a process that lives on, without another change', async () => {
    const vigie = await withGit();
    await rename(repository, `${repository}.away`);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      await vigie.vigie.witnessing.tell();
      await rename(`${repository}.away`, repository);
      vi.advanceTimersByTime(10 * 60_000);
    } finally {
      vi.useRealTimers();
    }
    const line = await headLine(vigie.vigie);
    await expect.poll(() => linesOf().catch(() => [])).toEqual([line]);
  });

  test('that has lost lines which it took is named, and told no more', async () => {
    const vigie = await withGit();
    await scale(vigie, 3);
    await vigie.vigie.witnessing.tell();
    const { sequence } = await (await vigie.vigie.store()).audit.head();
    const { stdout } = await run('git', ['-C', repository, 'for-each-ref', '--format=%(refname)']);
    await run('git', ['-C', repository, 'update-ref', '-d', stdout.trim()]);
    expect(await proveAudit(vigie.vigie)).toMatchObject({
      ok: true,
      witnesses: [{ state: 'lost', upTo: 0, told: sequence }],
    });
    await scale(vigie, 4);
    await vigie.vigie.witnessing.tell();
    expect(await linesOf()).toEqual([]);
    expect(await proveAudit(vigie.vigie)).toMatchObject({
      witnesses: [{ state: 'lost', upTo: 0, told: sequence, failing: { why: expect.any(String) } }],
    });
    expect(await auditNotes(vigie.vigie)).toEqual([
      `git ${repository} has lost rows of the audit that it took; vigie audit verify`,
    ]);
  });
});

test('a walk along the chain that takes too long for whoever waits is ended', async () => {
  const vigie = await withGit();
  await scale(vigie, 3);
  await expect(proveAudit(vigie.vigie, { signal: AbortSignal.abort() })).rejects.toThrow('aborted');
});

describe('an endpoint', () => {
  let endpoint: WitnessEndpoint;

  beforeEach(async () => {
    endpoint = await startEndpoint(folder);
  });
  afterEach(() => endpoint.close());

  const withEndpoint = () =>
    start(
      `{journal: false, https: {url: '${endpoint.url}', token: 'env:WITNESS_TOKEN', ca: ${endpoint.caFile}}}`,
    );

  beforeEach(() => {
    process.env['WITNESS_TOKEN'] = 'the-token-4711';
  });
  afterEach(() => {
    delete process.env['WITNESS_TOKEN'];
  });

  test('is told with its token, and finds a cut chain', async () => {
    const vigie = await withEndpoint();
    await scale(vigie, 3);
    await vigie.vigie.witnessing.tell();
    expect(endpoint.posts.at(-1)).toMatchObject({ authorization: 'Bearer the-token-4711' });
    expect(await proveAudit(vigie.vigie)).toMatchObject({
      witnesses: [{ system: 'https', state: 'agrees' }],
    });
    tamper(vigie, db => db.prepare('delete from audit where sequence > 1').run());
    expect(await proveAudit(vigie.vigie)).toMatchObject({
      ok: false,
      what: expect.stringContaining('rows were cut off'),
    });
  });

  test('that shows its newest line alone keeps the line that shows a chain written anew', async () => {
    const vigie = await withEndpoint();
    await scale(vigie, 3);
    await vigie.vigie.witnessing.tell();
    const { sequence } = await (await vigie.vigie.store()).audit.head();
    await rewriteFrom(vigie, sequence);
    await scale(vigie, 4);
    await vigie.vigie.witnessing.tell();
    expect(await proveAudit(vigie.vigie)).toMatchObject({ ok: false, sequence });
  });

  test('that has lost its line is told no other, so that it stays lost', async () => {
    const vigie = await withEndpoint();
    await scale(vigie, 3);
    await vigie.vigie.witnessing.tell();
    const told = endpoint.posts.length;
    endpoint.answer = { status: 404, text: '' };
    await scale(vigie, 4);
    await vigie.vigie.witnessing.tell();
    expect(endpoint.posts).toHaveLength(told);
    expect(await proveAudit(vigie.vigie)).toMatchObject({ witnesses: [{ state: 'lost', upTo: 0 }] });
  });

  test('that answers nothing is not waited for by the change', async () => {
    const vigie = await withEndpoint();
    endpoint.silent = true;
    await scale(vigie, 3);
    // Had the change waited, the telling would have failed by now.
    const { witnesses } = await vigie.vigie.store();
    expect(await witnesses.told(`https ${endpoint.url}`)).not.toHaveProperty('failing');
  });

  test('is told later what a process that was killed between the record and the telling had recorded', async () => {
    const vigie = await withEndpoint();
    await vigie.vigie.witnessing.tell();
    const toldBefore = endpoint.posts.length;
    endpoint.silent = true;
    const child = spawn(process.execPath, ['test/pipeline/processes/change-once.ts', vigie.configFile, '3'], {
      env: vigie.env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [said] = (await once(child.stdout, 'data')) as [Buffer];
    expect(said.toString()).toBe('done\n');
    await expect.poll(() => endpoint.posts.length).toBeGreaterThan(toldBefore);
    child.kill('SIGKILL');
    await once(child, 'exit');
    endpoint.silent = false;
    const { sequence } = await (await vigie.vigie.store()).audit.head();
    expect(await proveAudit(vigie.vigie)).toMatchObject({
      rows: sequence,
      witnesses: [{ state: 'agrees', upTo: 1 }],
    });
    await vigie.vigie.witnessing.tell();
    expect(await proveAudit(vigie.vigie)).toMatchObject({
      witnesses: [{ state: 'agrees', upTo: sequence }],
    });
  });
});
