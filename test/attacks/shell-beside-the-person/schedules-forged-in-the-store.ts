import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { defineAttack, judge } from '../attack.ts';
import type { Ground } from '../ground.ts';
import { decide, seatAlice } from '../person.ts';
import { appendAudit, editStore } from '../store-edit.ts';

export const schedulesForgedInTheStore = defineAttack({
  name: 'schedules-forged-in-the-store',
  adversary: 'a shell beside the person',
  does: "Leads the set of an approved schedule elsewhere, and puts a schedule that nobody approved into the store, with a row of the audit and alice's approval of the other.",
  must: 'A tick does what was approved and neither of these: it says that an approval is needed, and nothing is copied.',
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
    return judge(`ticks ended with ${[honest, edited, planted].map(({ status }) => status).join(', ')}`, {
      'alice approved the one': settled.status === 0,
      'what she approved was done': honest.status === 0 && existsSync(at('copies/data')),
      'what was led elsewhere needs an approval': edited.status === 3,
      'what was planted is not done': planted.status !== 0,
      'nothing was copied': !existsSync(at('loot/data')) && !existsSync(at('loot/secret')),
    });
  },
});

/** Asks for a schedule that is due each minute, and answers its ticket. */
async function schedule(ground: Ground, set: string): Promise<string> {
  const line = ['--cron', '* * * * *', '--time-zone', 'UTC'];
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
