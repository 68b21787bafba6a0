import { createGunzip } from 'node:zlib';
import { VigieError } from '../../core/errors.ts';
import type { RestoreJob } from '../engine.ts';
import { outputOf } from '../programs.ts';
import { through } from './gzip-through.ts';
import { basePart, walSuffix } from './physical-copy.ts';
import { type ScratchPostgres, startPostgres, words } from './postgres-server.ts';

/** Unpacks the whole server, proves every file of it, and replays the WAL of the copies after it. */
export async function recoverPostgres(job: RestoreJob<ScratchPostgres>): Promise<void> {
  const { copy, target } = job;
  const { needs = [] } = copy.manifest;
  const chain = [...(await Promise.all(needs.map(each => copy.older(each)))), copy];
  const [base, ...after] = chain;
  if (base === undefined || base.manifest.source['kind'] !== 'base')
    throw new VigieError(
      'BACKUP',
      `Copy ${copy.manifest.copy} does not lead back to a copy of the whole server.`,
    );
  job.progress(`Unpacking ${base.manifest.copy}`);
  await outputOf(job, {
    argv: shell(
      target,
      'umask 077; mkdir "$1" "$2" && exec tar -xzf - -C "$1"',
      target.data,
      walFolder(target),
    ),
    stdin: base.open(basePart),
    folder: target.folder,
  });
  job.progress('Checking every file against the manifest of pg_basebackup');
  await outputOf(job, { argv: words(target, 'pg_verifybackup', '-q', target.data), folder: target.folder });
  for (const each of after)
    for (const { name } of each.manifest.parts)
      await outputOf(job, {
        argv: shell(
          target,
          'umask 077; cat > "$1"',
          `${walFolder(target)}/${name.slice(0, -walSuffix.length)}`,
        ),
        stdin: through(createGunzip(), each.open(name)),
        folder: target.folder,
      });
  job.progress('Replaying WAL');
  await writeRecovery(job);
  await startPostgres(job, target, {
    recovers: true,
    // Whoever may connect, and how large it is to be, is the source's own affair.
    more: [`config_file=${target.folder}/server.conf`, `hba_file=${target.folder}/hba.conf`],
  });
}

/**
 * The source's own settings are put aside: they name files of its machine, and its archive is not to be written to. It
 * ends where WAL ends, or at the moment that was asked for, which PostgreSQL itself refuses to miss.
 */
async function writeRecovery({ target, pointInTime, ...step }: RestoreJob<ScratchPostgres>): Promise<void> {
  const settings = [
    `restore_command = 'cp "${walFolder(target)}/%f" "%p"'`,
    `recovery_target_timeline = 'current'`,
    // Nobody reads meanwhile, so it need not be as large as its source.
    'hot_standby = off',
    // Functions of indexes run while tables are looked through, and subscriptions take what is another's: neither begins here.
    'autovacuum = off',
    'max_logical_replication_workers = 0',
    `max_prepared_transactions = ${preparedTransactions}`,
    ...(pointInTime === undefined
      ? []
      : [`recovery_target_time = '${timeText(pointInTime)}'`, `recovery_target_action = 'promote'`]),
  ];
  await outputOf(step, {
    argv: shell(target, recoveryScript, target.data, target.folder, `${settings.join('\n')}\n`),
    folder: target.folder,
  });
}

/** Settings are read before the server knows any abbreviation of a time zone, Z among them. */
function timeText(moment: Date): string {
  return moment.toISOString().replace('T', ' ').replace('Z', '+00');
}

/** As many as a source may have left open; they are kept. */
const preparedTransactions = 500;

const recoveryScript = `
umask 077
cd "$1" || exit 1
rm -f standby.signal recovery.signal
[ ! -e postgresql.auto.conf ] || mv postgresql.auto.conf postgresql.auto.conf.source
: > postgresql.auto.conf
: > recovery.signal
printf '%s' "$3" > "$2/server.conf"
echo 'local all all trust' > "$2/hba.conf"`;

/** A script as the user that the server runs as. */
function shell({ as }: ScratchPostgres, script: string, ...more: string[]): [string, ...string[]] {
  const [first = 'sh', ...rest] = [...as, 'sh', '-c', script, 'sh', ...more];
  return [first, ...rest];
}

function walFolder({ folder }: ScratchPostgres): string {
  return `${folder}/wal`;
}
