import { type RedisPlace, redisWords } from '../../clients/redis/connection.ts';
import type { ContentItem, Contents } from '../../core/copy.ts';
import { VigieError } from '../../core/errors.ts';
import { cleanLine } from '../../core/text.ts';
import type { Dumped, DumpJob, Engine, InspectJob, RestoreJob, Scratch, ScratchJob } from '../engine.ts';
import { outputOf, streamOf, type Within } from '../programs.ts';

/** A Redis or Valkey server, as a set of backups names it. */
export interface RedisSettings extends RedisPlace {
  /** False: nothing is written to the source, and nothing proves then how new a copy is. Absent: a marker is written. */
  marker?: boolean;
}

/** A folder with a dump in it, and a server on a socket there that has read it. */
export interface RedisTarget {
  folder: string;
  programs: Programs;
  /** The key that the marker stands under. */
  key: string;
}

interface Programs {
  cli: string;
  server: string;
}

const dumpPart = 'dump.rdb';
const socketName = 's';

/**
 * All databases of one server, as a replica would get them: redis-cli asks for a copy of the memory as it is at that
 * moment and passes it on while it comes. Nobody can read counts of that moment beside it, so a marker is written first.
 */
export const redis: Engine<RedisSettings, RedisTarget> = {
  name: 'redis',
  programs: { dump: ['redis-cli'], restore: ['redis-server', 'redis-cli'] },

  async dump(job): Promise<Dumped> {
    const { name, settings } = job;
    const { cli } = await findPrograms(job);
    const ask = (...words: string[]): Promise<string> =>
      outputOf(job, { argv: [cli, ...redisWords(settings), ...words], secrets: secretsOf(job) });
    const server = infoOf(good(await ask('INFO', 'server'), 'INFO'));
    const { marker } = settings;
    if (marker !== false) mark(await ask('SET', markerKey(name.set), name.copy));
    const items = keysIn(good(await ask('INFO', 'keyspace'), 'INFO'));
    const at = timeIn(good(await ask('TIME'), 'TIME'));
    job.progress(`Copying the memory of ${server.get('valkey_version') === undefined ? 'Redis' : 'Valkey'}`);
    const dump = streamOf(job, {
      argv: [cli, ...redisWords(settings), '--rdb', '-'],
      secrets: secretsOf(job),
    });
    await job.sink.put(dumpPart, dump);
    return {
      contents: { how: 'marker', at, items, ...(marker === false ? {} : { marker: name.copy }) },
      source: {
        server: settings.socket ?? `${settings.host ?? '127.0.0.1'}:${settings.port ?? 6379}`,
        ...(settings.user === undefined ? {} : { user: settings.user }),
        role: server.get('role') ?? 'unknown',
        where: job.runner.where,
      },
      tools: { redis: server.get('redis_version') ?? 'unknown', ...valkeyOf(server) },
    };
  },

  async scratch(job: ScratchJob<RedisSettings>): Promise<Scratch<RedisTarget>> {
    const programs = await findPrograms(job, 'server');
    const version = /v=(\S+)/.exec(await outputOf(job, { argv: [programs.server, '--version'] }))?.[1];
    const target = { folder: job.folder, programs, key: markerKey(job.manifest.set) };
    return {
      target,
      shown: `redis-server ${version ?? ''} on a socket in a temporary folder`,
      // The folder's end ends what works in it, which a server that has gone wrong cannot refuse.
      end: async () => {
        await cliOf(job, target, 'SHUTDOWN', 'NOSAVE').catch(() => undefined);
      },
    };
  },

  async restore({ copy, target, ...step }: RestoreJob<RedisTarget>): Promise<void> {
    const { folder, programs } = target;
    await outputOf(step, {
      argv: ['sh', '-c', 'umask 077; cat > "$1"', 'sh', `${folder}/${dumpPart}`],
      stdin: copy.open(dumpPart),
    });
    await outputOf(step, {
      argv: [
        programs.server,
        // No port, no writing: what it holds is to be looked at, and it forgets itself.
        ...settingsOf({
          port: '0',
          unixsocket: `${folder}/${socketName}`,
          unixsocketperm: '700',
          dir: folder,
          dbfilename: dumpPart,
          save: '',
          appendonly: 'no',
          daemonize: 'yes',
          logfile: `${folder}/log`,
        }),
      ],
      folder,
    });
    const said = await outputOf(step, {
      argv: ['sh', '-c', waitScript, 'sh', programs.cli, `${folder}/${socketName}`, `${folder}/log`],
    });
    if (!said.startsWith('PONG'))
      throw new VigieError('BACKUP', `redis-server does not read the dump: ${cleanLine(said.trim(), 300)}`, {
        details: { program: 'redis-server' },
      });
  },

  async inspect(job: InspectJob<RedisTarget>): Promise<Contents> {
    const items = keysIn(good(await cliOf(job, job.target, 'INFO', 'keyspace'), 'INFO'));
    const marker = (await cliOf(job, job.target, 'GET', job.target.key)).trim();
    return { how: 'marker', at: job.expected.at, items, ...(marker === '' ? {} : { marker }) };
  },
};

function settingsOf(settings: Readonly<Record<string, string>>): string[] {
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
}

function cliOf(step: Within, { folder, programs }: RedisTarget, ...words: string[]): Promise<string> {
  return outputOf(step, { argv: [programs.cli, '-s', `${folder}/${socketName}`, ...words] });
}

/** One for each set: two sets of one server do not take each other's. */
function markerKey(set: string): string {
  return `vigie:marker:${set}`;
}

function secretsOf({ secrets: { password } }: DumpJob<RedisSettings>): Record<string, string> {
  return password === undefined ? {} : { REDISCLI_AUTH: password };
}

/** redis-cli prints what the server refuses as if it were an answer. @throws VigieError BACKUP */
function good(said: string, command: string): string {
  if (!/^(?:\(error\) )?(?:ERR|NOAUTH|NOPERM|WRONGPASS|LOADING|MASTERDOWN|READONLY)\b/.test(said))
    return said;
  throw new VigieError('BACKUP', `The server refuses ${command}: ${cleanLine(said.trim(), 300)}`, {
    hint: 'The user of the set needs these commands: INFO, TIME, PING, SYNC, PSYNC, REPLCONF, and SET for its marker.',
    details: { program: 'redis-cli' },
  });
}

function mark(said: string): void {
  if (said.trim() === 'OK') return;
  throw new VigieError(
    'BACKUP',
    `The marker could not be written to the source: ${cleanLine(said.trim(), 300)}`,
    {
      hint: 'Let the user of the set SET keys like vigie:marker:*, back up the primary, or say marker: false in the set.',
      details: { program: 'redis-cli' },
    },
  );
}

function infoOf(text: string): Map<string, string> {
  return new Map(
    text.split('\n').flatMap(line => {
      const [, name, value] = /^(\w+):(.*?)\r?$/.exec(line) ?? [];
      return name === undefined || value === undefined ? [] : [[name, value] as const];
    }),
  );
}

function keysIn(text: string): ContentItem[] {
  return [...infoOf(text)].flatMap(([name, value]) => {
    const keys = /^keys=(\d+)/.exec(value)?.[1];
    return /^db\d+$/.test(name) && keys !== undefined ? [{ name, count: Number(keys) }] : [];
  });
}

function timeIn(text: string): string {
  const seconds = Number(/^\d+/.exec(text)?.[0] ?? '0');
  return new Date(seconds * 1000).toISOString();
}

function valkeyOf(server: ReadonlyMap<string, string>): Record<string, string> {
  const version = server.get('valkey_version');
  return version === undefined ? {} : { valkey: version };
}

/** Of Redis or of Valkey, whichever is there. @throws VigieError NOT_STARTED */
export async function findPrograms(step: Within, also?: 'server'): Promise<Programs> {
  const found = await outputOf(step, { argv: ['sh', '-c', findScript, 'sh', also ?? 'cli'] });
  const name = found.trim();
  if (name === 'redis' || name === 'valkey') return { cli: `${name}-cli`, server: `${name}-server` };
  throw new VigieError(
    'NOT_STARTED',
    `On ${step.runner.where} there is neither redis-cli nor valkey-cli${also === undefined ? '' : ' with its server'}.`,
    { hint: 'Install redis-tools, and redis-server for drills, where the commands of the set run.' },
  );
}

const findScript = `
for name in redis valkey; do
  command -v "$name-cli" >/dev/null && command -v "$name-$1" >/dev/null && echo "$name" && exit
done
:`;

// It answers LOADING while it reads the dump, however long; one that does not even answer that for ten seconds is dead.
const waitScript = `
silent=0
while [ $silent -lt 100 ]; do
  said=$("$1" -s "$2" PING 2>/dev/null)
  case $said in
    PONG) echo PONG; exit ;;
    LOADING*) silent=0 ;;
    *) silent=$((silent + 1)) ;;
  esac
  sleep 0.1
done
grep -iE 'error|fatal|bad|wrong|short|corrupt' "$3" | tail -n 1`;
