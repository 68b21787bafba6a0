import { type BackupSet, type DestinationPlace, describeRunPlace } from '../../core/backup-set.ts';
import type { BackupDrill, BackupRestore, BackupRun, BackupSchedule, Change } from '../../core/change.ts';
import { VigieError } from '../../core/errors.ts';
import { canonicalJson } from '../../core/json.ts';
import type { Preview } from '../../core/preview.ts';
import type { ChangingBackups } from '../../toolkit/backup-system.ts';
import type { ChangingReach } from '../vigie.ts';
import { backupSetOf } from './backup-set-of.ts';

/**
 * Where the names in a change lead by the configuration of this process: an approval holds for that place and no other.
 * Undefined where the change itself says it, or the cluster does. @throws VigieError NOT_FOUND, SECRET
 */
export async function placeOf(
  change: Change,
  reach: Pick<ChangingReach, 'backups'>,
): Promise<Preview['place']> {
  if (change.kind === 'backup-prune') {
    const names = change.copies.map(({ destination }) => destination);
    return await destinationsOf(names, await reach.backups());
  }
  // What stands may be removed whatever became of its set.
  if (change.kind === 'backup-schedule' && change.schedule === undefined) return undefined;
  if (!isOfSet(change)) return undefined;
  const system = await reach.backups();
  const set = backupSetOf(change.target, system);
  const names = 'destination' in change ? [change.destination] : set.to;
  return { ...(await sourceOf(set, system)), ...(await destinationsOf(names, system)) };
}

function isOfSet(change: Change): change is BackupRun | BackupDrill | BackupRestore | BackupSchedule {
  return ['backup-run', 'backup-drill', 'backup-restore', 'backup-schedule'].includes(change.kind);
}

/** Right before a change is applied. @throws VigieError CONFLICT where it would happen elsewhere than it was shown */
export async function mustLeadThere(
  { change, place }: Preview,
  reach: Pick<ChangingReach, 'backups'>,
): Promise<void> {
  const now = await placeOf(change, reach);
  if (canonicalJson(now ?? {}) === canonicalJson(place ?? {})) return;
  throw new VigieError(
    'CONFLICT',
    `The configuration leads ${change.target.kind} ${change.target.name} elsewhere than when the change was asked for.`,
    { hint: 'Ask for the change anew.' },
  );
}

async function sourceOf(set: BackupSet, system: ChangingBackups): Promise<Record<string, string>> {
  const settings = Object.entries(set.settings).map(([name, value]) => `${name} ${canonicalJson(value)}`);
  const { dsn } = set.secrets['dsn'] === undefined ? {} : await system.secretsOf(set);
  const words = [
    set.engine,
    ...settings.toSorted(),
    ...(await linksOf(set, system)),
    ...(dsn === undefined ? [] : [`DSN to ${withoutPassword(dsn)}`]),
    `programs on ${describeRunPlace(set.run)}`,
    ...(set.run.in === 'pod' && set.run.container !== undefined ? [`container ${set.run.container}`] : []),
    ...(set.scratch === undefined ? [] : [`scratch ${set.scratch}`]),
  ];
  return { [`set ${set.name}`]: words.join(', ') };
}

/** Where paths of the settings lead on this machine: whoever may write to a folder on the way can make it a link. */
async function linksOf({ run, settings }: BackupSet, system: ChangingBackups): Promise<string[]> {
  if (run.in !== 'local') return [];
  const paths = Object.values(settings)
    .flat()
    .filter(value => typeof value === 'string')
    .filter(text => text.startsWith('/'));
  const real = await Promise.all(paths.map(async path => ({ path, to: await system.realPath(path) })));
  return real.flatMap(({ path, to }) => (to === undefined ? [] : [`${path} is a link to ${to}`]));
}

function withoutPassword(dsn: string): string {
  const url = URL.parse(dsn.trim());
  if (url === null) return 'nowhere';
  url.password = '';
  url.hash = '';
  // Of other words it is not known whether they are secret, as keys of TLS and settings of a session may be.
  for (const name of new Set(url.searchParams.keys()))
    if (!leading.has(name)) url.searchParams.set(name, '(not shown)');
  // libpq takes it from either place.
  url.searchParams.delete('password');
  return url.href;
}

/** What libpq finds its server by, and says who it is. */
const leading: ReadonlySet<string> = new Set([
  'channel_binding',
  'dbname',
  'gssencmode',
  'host',
  'hostaddr',
  'port',
  'require_auth',
  'service',
  'sslcert',
  'sslkey',
  'sslmode',
  'sslnegotiation',
  'sslrootcert',
  'target_session_attrs',
  'user',
]);

async function destinationsOf(
  names: readonly string[],
  system: ChangingBackups,
): Promise<Record<string, string>> {
  const places = await Promise.all(
    names.map(async name => {
      const found = system.destinations.get(name);
      if (found === undefined) return [`destination ${name}`, 'not configured'];
      const { at, recipients } = found;
      const sealed = recipients.length === 0 ? '' : `, encrypted to ${recipients.toSorted().join(' ')}`;
      const mark = await system.markOf(name);
      const led = mark === undefined ? '' : `, where its references lead now: ${mark}`;
      const real = at.kind === 'directory' ? await system.realPath(at.root) : undefined;
      const link = real === undefined ? '' : ` (a link to ${real})`;
      return [`destination ${name}`, `${whereItIs(at)}${link}${led}${sealed}`];
    }),
  );
  return Object.fromEntries(places);
}

function whereItIs(at: DestinationPlace): string {
  switch (at.kind) {
    case 'directory':
      return `folder ${at.root}`;
    case 's3':
      return `bucket ${at.bucket}/${at.prefix} at ${at.endpoint} (${at.region})`;
    case 'restic':
      return `restic repository ${String(at.repository)}`;
  }
}
