import { VigieError } from '../../core/errors.ts';
import { textOf } from '../../core/json.ts';
import { cleanLine } from '../../core/text.ts';
import { compareContents } from '../compare-contents.ts';
import type { Place, PlaceJob, Standing } from '../engine.ts';
import { outputOf } from '../programs.ts';
import { restoreMark } from '../restore-mark.ts';
import {
  askClickHouse,
  type ClickHouseServer,
  type ClickHouseSettings,
  reachClickHouse,
} from './clickhouse-client.ts';
import { folderOf } from './clickhouse-disk.ts';
import { endRestores, inspectLive, type LiveDatabase } from './clickhouse-live.ts';
import { quotedName, quotedText } from './clickhouse-sql.ts';

/** How a database is called until it is whole. */
const draftStart = 'vigie_new_';
/** To take away what was restored in part. */
const leaveMs = 120_000;
const toldChars = 900;

/**
 * A restore into a new database of the server that the set leads to. It goes into one of its own name and gets the wanted
 * name when it is whole. What has a name is never replaced: views and dictionaries hold on to their database.
 */
export function databasePlace(job: PlaceJob<ClickHouseSettings>): Place<{ live: LiveDatabase }> {
  const { into, drawn, manifest, settings } = job;
  if (
    !/^[A-Za-z_][A-Za-z0-9_]{0,62}$/.test(into) ||
    /^(?:system|default|information_schema)$/i.test(into) ||
    into.startsWith(draftStart)
  )
    throw new VigieError('INVALID_INPUT', `${cleanLine(into, 60)} is no name for a restored database.`, {
      details: { issues: [{ field: 'into', message: 'must be a plain name of at most 63 characters' }] },
    });
  const draft = draftStart + drawn;
  const mark = restoreMark({ set: manifest.set, copy: manifest.copy, drawn });
  const disk = settings.disk ?? 'backups';
  const inside = `vigie-restore-${drawn}`;
  const reached = reachClickHouse(job);
  // Whoever only makes a place of a wrong set is told by the first that asks.
  reached.catch(() => undefined);
  const ask = async (sql: string) => askClickHouse(await reached, sql);
  let folder: string | undefined;
  let live: LiveDatabase | undefined;
  return {
    shown: `database ${into} on ${settings.host ?? 'the server'}${settings.port === undefined ? '' : `:${settings.port}`}`,
    async look(): Promise<Standing | undefined> {
      const [row] = await ask(
        `SELECT comment, toString((SELECT count() FROM system.tables WHERE database = ${quotedText(into)})) AS tables
FROM system.databases WHERE name = ${quotedText(into)}`,
      );
      if (row === undefined) return undefined;
      const noted = textOf(row, 'comment');
      const told = [`database ${into}: ${textOf(row, 'tables')} tables`];
      return { told, ...(noted === '' ? {} : { mark: noted }) };
    },
    async make() {
      const server = await reached;
      folder = await folderOfDisk(server, disk);
      await ask(`CREATE DATABASE ${quotedName(draft)} ENGINE = Atomic COMMENT ${quotedText(mark)}`);
      live = { server, database: draft, disk, folder, inside, held: [] };
      return { target: { live }, shown: `database ${draft}`, end: async () => undefined };
    },
    async settle() {
      // It was compared: from now on it merges as every table does.
      for (const table of live?.held ?? [])
        await ask(`SYSTEM START MERGES ${quotedName(draft)}.${quotedName(table)}`);
      await ask(`RENAME DATABASE ${quotedName(draft)} TO ${quotedName(into)}`);
    },
    async unfinished() {
      const rows = await ask(
        `SELECT name FROM system.databases WHERE startsWith(name, ${quotedText(draftStart)})
AND endsWith(comment, ${quotedText(` of ${manifest.set}`)}) ORDER BY name LIMIT 10`,
      );
      return rows.map(row => {
        const name = cleanLine(textOf(row, 'name'), 63);
        return `Database ${name} was left by a restore that did not end, or one that runs just now; when none does: DROP DATABASE ${quotedName(name)}, and take vigie-restore-${name.slice(draftStart.length)} away from its disk ${disk}`;
      });
    },
    async leave() {
      if (folder === undefined) return undefined;
      // A stop ends the restore, not its tidying up.
      const own = { runner: job.runner, signal: AbortSignal.timeout(leaveMs), deadlineMs: leaveMs };
      try {
        const server = { ...(await reached), ...own };
        await endRestores(server, inside);
        await askClickHouse(server, `DROP DATABASE IF EXISTS ${quotedName(draft)} SYNC`);
        await outputOf(own, { argv: ['rm', '-rf', '--', `${folder}/${inside}`] });
        return undefined;
      } catch {
        return `database ${draft} and ${folder}/${inside}, which were not finished, may lie there still`;
      }
    },
    async touched() {
      const tables = await ask(`SELECT name FROM system.tables WHERE database = ${quotedText(into)}`);
      const restored = new Set(manifest.contents.items.map(({ name }) => name));
      const names = tables.map(row => textOf(row, 'name'));
      const other = names.find(name => !restored.has(name));
      if (other !== undefined) return `${cleanLine(other, 100)} was made there`;
      if (names.length < restored.size) return 'a table of it is gone';
      const found = await inspectLive(
        { server: await reached, database: into },
        { expected: manifest.contents },
      );
      const wrong = compareContents(manifest.contents, found).find(({ passed }) => !passed);
      return wrong === undefined ? undefined : `${wrong.what} is other than it was restored`;
    },
    async drop() {
      await ask(`DROP DATABASE IF EXISTS ${quotedName(into)} SYNC`);
    },
  };
}

/** What a person should know before tables come to a server that works. */
export function databaseCautions({ manifest, settings }: PlaceJob<ClickHouseSettings>): string[] {
  const other = manifest.source['not compared'];
  return [
    'Tables that hold their rows in parts are restored, and nothing else; replicated ones become plain ones.',
    ...(other === undefined ? [] : [`Not restored: ${cleanLine(other, toldChars)}`]),
    `The copy lies on the disk ${settings.disk ?? 'backups'} of the server until its tables are restored.`,
  ];
}

/** @throws VigieError BACKUP where there is no such disk */
async function folderOfDisk(server: ClickHouseServer, disk: string): Promise<string> {
  const [row] = await askClickHouse(server, `SELECT path FROM system.disks WHERE name = ${quotedText(disk)}`);
  if (row !== undefined) return folderOf(server.settings, row);
  throw new VigieError('BACKUP', `The server has no disk ${disk} that lies in a folder.`, {
    hint: 'Declare a local disk for backups on that server, as docs/guides/backups.md shows, or restore into a folder.',
  });
}
