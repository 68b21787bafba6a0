import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { defineAttack, judge } from '../attack.ts';
import type { Ground } from '../ground.ts';
import { decide, seatAlice } from '../person.ts';
import { appendAudit, editStore } from '../store-edit.ts';

export const schedulesForgedInTheStore = defineAttack({
  name: 'schedules-forged-in-the-store',
  adversary: 'a shell beside the person',
  does: "Leads the set of an approved schedule elsewhere, and puts a schedule that nobody approved into the store, with a row of the audit and alice's approval of the other. Then puts back the one that alice approved and took back, with a row of the audit that sets it again.",
  must: 'A tick does what was approved and none of these: it says that an approval is needed, and nothing is copied; the proof of the audit tells of such rows.',
  needs: 'script',
  async run(ground) {
    const at = (name: string) => join(ground.dir, name);
    for (const name of ['copies', 'loot']) mkdirSync(at(name));
    for (const name of ['live.db', 'secret.db']) {
      const source = new Sqlite(at(name));
      source.exec('CREATE TABLE things (id INTEGER PRIMARY KEY); INSERT INTO things DEFAULT VALUES');
      source.close();
    }
    const { passphrase } = await seatAlice(ground, {
      policy: `{low: allow, medium: allow, high: allow}
    backups:
      destinations:
        copies: {directory: ${at('copies')}, media: disk}
        loot: {directory: ${at('loot')}, media: disk}
      sets:
        data: {engine: sqlite, path: ${at('live.db')}, to: [copies]}
        secret: {engine: sqlite, path: ${at('secret.db')}, to: [loot]}`,
    });
    const approved = await schedule(ground, 'data');
    const settled = await decide(ground, { id: approved, passphrase });
    const standing = editStore(ground, sql => sql.prepare('SELECT * FROM schedules').all());
    rearm(ground);
    const honest = await ground.run('backups', 'tick');

    const vigieYaml = readFileSync(ground.configFile, 'utf8');
    await ground.configure(vigieYaml.replace('live.db, to: [copies]', 'secret.db, to: [loot]'));
    rearm(ground);
    const edited = await ground.run('backups', 'tick');

    await ground.configure(vigieYaml);
    const forged = await schedule(ground, 'secret');
    editStore(ground, sql => {
      sql.prepare('DELETE FROM schedules').run();
      sql
        .prepare(
          `INSERT INTO schedules SELECT 'test', 'secret', id, '{"cron":"* * * * *","timeZone":"UTC","does":["run"]}', sealed_plan, '2020-01-01T00:00:00.000Z' FROM changes WHERE id = ?`,
        )
        .run(forged);
      sql
        .prepare('UPDATE changes SET approval = (SELECT approval FROM changes WHERE id = ?) WHERE id = ?')
        .run(approved, forged);
      const facts = { schedule: 'secret' };
      appendAudit(sql, { event: 'schedule_set', changeId: forged, environment: 'test', facts });
    });
    const planted = await ground.run('backups', 'tick');
    const putBackRows = (sql: Sqlite.Database) => {
      sql.prepare('DELETE FROM schedules').run();
      for (const row of standing)
        sql
          .prepare(
            'INSERT INTO schedules VALUES (@environment, @name, @change_id, @schedule, @sealed_plan, @since)',
          )
          .run(row);
    };
    editStore(ground, putBackRows);
    const withdrawn = await decide(ground, { id: await schedule(ground, 'data', ['--remove']), passphrase });
    const copies = readdirSync(at('copies/data')).length;
    editStore(ground, sql => {
      putBackRows(sql);
      const facts = { schedule: 'data' };
      appendAudit(sql, { event: 'schedule_set', changeId: approved, environment: 'test', facts });
    });
    rearm(ground);
    const putBack = await ground.run('backups', 'tick');
    const proof = await ground.run('audit', 'verify');
    return judge(
      `ticks ended with ${[honest, edited, planted, putBack].map(({ status }) => status).join(', ')}`,
      {
        'alice approved the one': settled.status === 0,
        'what she approved was done': honest.status === 0 && existsSync(at('copies/data')),
        'what was led elsewhere needs an approval': edited.status === 3,
        'what was planted is not done': planted.status !== 0,
        'alice took it back': withdrawn.status === 0,
        'what was taken back is not done':
          putBack.status !== 0 && readdirSync(at('copies/data')).length === copies,
        'the proof tells of the first of the rows':
          proof.status !== 0 &&
          /sets a schedule that no row before it approves/.test(`${proof.stdout}${proof.stderr}`),
        'nothing was copied': !existsSync(at('loot/data')) && !existsSync(at('loot/secret')),
      },
    );
  },
});

/** Asks for a schedule, absent words: due each minute, and answers its ticket. */
async function schedule(
  ground: Ground,
  set: string,
  line = ['--cron', '* * * * *', '--time-zone', 'UTC'],
): Promise<string> {
  const { stdout, stderr } = await ground.run('backups', 'schedule', set, ...line);
  const id = /vigie approve (\w{8})/.exec(stdout)?.[1];
  if (id === undefined) throw new Error(`no ticket: ${stdout}${stderr}`);
  return id;
}

/** As if it had stood for years, and nothing had been begun. */
function rearm(ground: Ground): void {
  editStore(ground, sql => {
    sql.prepare("UPDATE schedules SET since = '2020-01-01T00:00:00.000Z'").run();
    sql.prepare('DELETE FROM moments').run();
  });
}
