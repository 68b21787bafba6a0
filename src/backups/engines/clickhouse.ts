import { textOf } from '../../core/json.ts';
import { cleanLine } from '../../core/text.ts';
import type { Dumped, DumpJob, Engine } from '../engine.ts';
import { folderPlace } from '../folder-place.ts';
import { askClickHouse, type ClickHouseSettings, reachClickHouse } from './clickhouse-client.ts';
import { backupMade, folderOf, hold, letGo, mustRest, partsIn, sweep, whole } from './clickhouse-disk.ts';
import { inspectLive, type LiveDatabase, restoreLive } from './clickhouse-live.ts';
import { CountedParts } from './clickhouse-parts.ts';
import { databaseCautions, databasePlace } from './clickhouse-place.ts';
import { backupPart, inspectTables, restoreTables, startLocal } from './clickhouse-scratch.ts';
import { lookAt, refuseFull, sameTables, tablesOf } from './clickhouse-source.ts';
import { quotedName, quotedText } from './clickhouse-sql.ts';

/** Of what is named as not compared, and of each name. */
const mostNamed = 20;
const nameChars = 300;

/** For a drill, and for a restore into a folder, there is no server. */
type ClickHouseTarget = { folder: string } | { live: LiveDatabase };

/**
 * One database by the server's own BACKUP: it writes parts as they are to a disk of its own, from where they are streamed
 * and taken away. Its rows are counted by part, so that a drill compares those of the very parts that are in the copy.
 */
export const clickhouse: Engine<ClickHouseSettings, ClickHouseTarget> = {
  name: 'clickhouse',
  programs: { dump: ['clickhouse', 'tar'], restore: ['clickhouse', 'tar'] },

  async dump(job: DumpJob<ClickHouseSettings>): Promise<Dumped> {
    const server = await reachClickHouse(job);
    const { settings, name: copy } = job;
    const { disk = 'backups', database } = settings;
    const about = await lookAt(server, disk);
    const folder = folderOf(settings, about);
    await mustRest(server, copy.set);
    await sweep(job, { folder, set: copy.set });
    refuseFull(about, disk);
    const { tables, others, left } = await tablesOf(server);
    const parts = new CountedParts(server);
    await parts.look(tables, message => job.progress(message));
    // What came while the large ones were counted, which takes long.
    await parts.look(tables, message => job.progress(message));
    const id = `vigie-${copy.set}-${copy.copy}`;
    const path = `${folder}/${id}`;
    try {
      await hold(job, path);
      job.progress(`Backing up ${database} to the disk ${disk} of the server`);
      await askClickHouse(
        server,
        `BACKUP DATABASE ${quotedName(database)} TO Disk(${quotedText(disk)}, ${quotedText(`${id}/`)})
SETTINGS id = ${quotedText(id)} ASYNC`,
      );
      // The copy's parts are held by now: those that a merge takes next were counted, or are counted here.
      await parts.look(tables, message => job.progress(message));
      const done = await backupMade(server, id);
      const inCopy = await partsIn(job, { path, database });
      await job.sink.put(backupPart, whole(job, { path, bytes: Number(textOf(done, 'bytes')) }));
      const same = await sameTables(server, tables);
      const items = same.flatMap(table => parts.itemOf(table, inCopy.get(table.name) ?? new Set()) ?? []);
      const told = new Set(items.map(({ name }) => name));
      const moved = tables.filter(({ name }) => !told.has(name)).map(({ name }) => name);
      return {
        contents: { how: 'snapshot', at: textOf(done, 'at'), items, ...(left > 0 ? { left } : {}) },
        source: {
          database,
          server: `${settings.host ?? 'localhost'}${settings.port === undefined ? '' : `:${settings.port}`}`,
          ...(settings.user === undefined ? {} : { user: settings.user }),
          where: job.runner.where,
          ...notCompared([
            ...others,
            ...moved.map(table => `${table} (merged or replaced while it was counted)`),
          ]),
        },
        tools: { clickhouse: textOf(about, 'version') },
      };
    } finally {
      await letGo(server, { id, folder });
    }
  },

  scratch: startLocal,
  restore: async ({ target, ...job }) =>
    'live' in target ? restoreLive(job, target.live) : restoreTables({ ...job, target }),
  inspect: async ({ target, ...job }) =>
    'live' in target ? inspectLive(target.live, job) : inspectTables({ ...job, target }),
  onlyNew: true,
  place: job => (job.into.startsWith('/') ? folderPlace(clickhouse, job) : databasePlace(job)),
  cautions: async job => (job.into.startsWith('/') ? [] : databaseCautions(job)),
};

function notCompared(names: readonly string[]): Record<string, string> {
  if (names.length === 0) return {};
  const more = names.length > mostNamed ? ` and ${names.length - mostNamed} more` : '';
  const told = names.slice(0, mostNamed).map(each => cleanLine(each, nameChars));
  return { 'not compared': `${told.join(', ')}${more}` };
}
