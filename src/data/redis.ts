import type { RedisInfo } from '../clients/redis/reader.ts';
import { cleanLine } from '../core/text.ts';
import { amountText, measured } from './measure.ts';
import { type Line, notChecked, worstFirst } from './verdict.ts';

const nameChars = 100;
/** Of replicas that are fine: the others are all told. */
const mostFine = 3;

/** What a Redis or Valkey server said of itself, judged. `cluster`: of a node of a Redis Cluster; absent: it is none. */
export function judgeRedis(
  info: RedisInfo,
  { cluster }: { cluster?: RedisInfo | undefined },
): { about: string; lines: Line[] } {
  // Valkey tells the version of Redis that it is like, too.
  const valkey = info.get('valkey_version');
  const version = valkey ?? info.get('redis_version') ?? 'of an unknown version';
  const role = info.get('role') === 'slave' ? ', a replica' : '';
  return {
    about: `${valkey === undefined ? 'Redis' : 'Valkey'} ${cleanLine(version, nameChars)}${role}`,
    lines: [
      ...loadingLines(info),
      memoryLine(info),
      evictionLine(info),
      ...clientLines(info),
      ...(info.get('role') === 'slave' ? upstreamLines(info) : replicaLines(info)),
      ...snapshotLines(info),
      ...appendLines(info),
      ...(cluster === undefined ? [] : [clusterLine(cluster)]),
    ],
  };
}

/** NaN where the server does not tell it. */
function numberIn(info: RedisInfo, name: string): number {
  const text = info.get(name);
  return text === undefined || text === '' ? Number.NaN : Number(text);
}

function textFor(info: RedisInfo, name: string): string {
  return cleanLine(info.get(name) ?? 'not told', nameChars);
}

function loadingLines(info: RedisInfo): Line[] {
  if (info.get('loading') !== '1') return [];
  return [
    { check: 'loading', level: 'critical', text: 'it reads its data from disk and answers nobody yet' },
  ];
}

function memoryLine(info: RedisInfo): Line {
  const check = 'memory';
  const [used, most] = [numberIn(info, 'used_memory'), numberIn(info, 'maxmemory')];
  if (most === 0)
    return { check, level: 'note', text: `${amountText(used, 'bytes')} used, and no limit (maxmemory is 0)` };
  const value = (used / most) * 100;
  const policy = textFor(info, 'maxmemory_policy');
  const text = `${amountText(used, 'bytes')} of ${amountText(most, 'bytes')} used (${amountText(value, 'percent')}), ${policy}`;
  // A cache that drops what is old is meant to be full.
  if (policy.startsWith('allkeys-') && Number.isFinite(value)) return { check, level: 'ok', text };
  return measured(check, { value, by: 'redis.memory', text });
}

function evictionLine(info: RedisInfo): Line {
  const check = 'evictions';
  const evicted = numberIn(info, 'evicted_keys');
  if (Number.isNaN(evicted)) return notChecked(check, 'the server does not tell evicted_keys');
  const text = `${amountText(evicted, 'count')} keys since it started`;
  if (evicted === 0 || (info.get('maxmemory_policy') ?? '').startsWith('allkeys-'))
    return { check, level: evicted === 0 ? 'ok' : 'note', text };
  return { check, level: 'warning', text, source: 'any, unless all keys are a cache (allkeys-…)' };
}

function clientLines(info: RedisInfo): Line[] {
  const [clients, most] = [numberIn(info, 'connected_clients'), numberIn(info, 'maxclients')];
  const value = (clients / most) * 100;
  const rejected = numberIn(info, 'rejected_connections');
  const blocked = numberIn(info, 'blocked_clients');
  return [
    measured('connections', {
      value,
      by: 'redis.clients',
      text: `${clients} of ${most} used (${amountText(value, 'percent')})`,
    }),
    Number.isNaN(rejected)
      ? notChecked('rejected connections', 'the server does not tell rejected_connections')
      : {
          check: 'rejected connections',
          level: rejected === 0 ? 'ok' : 'warning',
          text: `${amountText(rejected, 'count')} since it started`,
          ...(rejected === 0 ? {} : { source: 'any: maxclients was reached' }),
        },
    measured('blocked clients', {
      value: blocked,
      by: 'redis.blocked',
      text: `${blocked} wait for a key (BLPOP and the like)`,
    }),
  ];
}

function upstreamLines(info: RedisInfo): Line[] {
  const check = 'replication';
  const from = `${textFor(info, 'master_host')}:${textFor(info, 'master_port')}`;
  if (info.get('master_link_status') !== 'up') {
    const seconds = numberIn(info, 'master_link_down_since_seconds');
    const since = seconds >= 0 ? ` for ${amountText(seconds, 'seconds')}` : '';
    return [
      {
        check,
        level: 'critical',
        text: `the link to ${from} is down${since}`,
        source: 'master_link_status is to be up',
      },
    ];
  }
  const value = numberIn(info, 'master_last_io_seconds_ago');
  return [
    measured(check, {
      value,
      by: 'redis.lagSeconds',
      text: `the link to ${from} is up, heard of it ${amountText(value, 'seconds')} ago`,
    }),
  ];
}

function replicaLines(info: RedisInfo): Line[] {
  const check = 'replication';
  const replicas = [...info].filter(([name]) => /^slave\d+$/.test(name)).map(([, text]) => partsOf(text));
  if (replicas.length === 0) return [{ check, level: 'note', text: 'no replica is connected' }];
  const lines = worstFirst(
    replicas.map((replica): Line => {
      const who = cleanLine(`${replica.get('ip') ?? ''}:${replica.get('port') ?? ''}`, nameChars);
      const state = cleanLine(replica.get('state') ?? '', nameChars);
      if (state !== 'online')
        return { check, level: 'warning', text: `${who} is ${state}`, source: 'it is to be online' };
      const value = numberIn(replica, 'lag');
      return measured(check, {
        value,
        by: 'redis.lagSeconds',
        text: `${who} is online, heard of it ${amountText(value, 'seconds')} ago`,
      });
    }),
  );
  const fine = lines.filter(({ level }) => level === 'ok');
  return [...lines.filter(({ level }) => level !== 'ok'), ...fine.slice(0, mostFine)];
}

/** `ip=10.0.0.2,port=6379,state=online,lag=0`. */
function partsOf(text: string): RedisInfo {
  return new Map(
    text.split(',').map(part => {
      const at = part.indexOf('=');
      return [part.slice(0, at), part.slice(at + 1)];
    }),
  );
}

function snapshotLines(info: RedisInfo): Line[] {
  const check = 'snapshot (RDB)';
  const status = textFor(info, 'rdb_last_bgsave_status');
  if (status === 'not told') return [notChecked(check, 'the server does not tell rdb_last_bgsave_status')];
  const changes = numberIn(info, 'rdb_changes_since_last_save');
  if (status === 'ok')
    return [
      { check, level: 'ok', text: `the last went well, ${amountText(changes, 'count')} changes since` },
    ];
  return [
    {
      check,
      level: 'critical',
      text: `the last ended with ${status}, ${amountText(changes, 'count')} changes since`,
      source: 'any failure: writes are refused by stop-writes-on-bgsave-error, or lost with the server',
    },
  ];
}

function appendLines(info: RedisInfo): Line[] {
  const check = 'append-only file';
  if (info.get('aof_enabled') === '0') return [{ check, level: 'note', text: 'is off' }];
  const [write, rewrite] = [
    textFor(info, 'aof_last_write_status'),
    textFor(info, 'aof_last_bgrewrite_status'),
  ];
  if (write === 'not told') return [notChecked(check, 'the server does not tell aof_last_write_status')];
  if (write !== 'ok')
    return [{ check, level: 'critical', text: `the last write ended with ${write}`, source: 'any failure' }];
  if (rewrite !== 'ok')
    return [
      {
        check,
        level: 'warning',
        text: `written, and its last rewrite ended with ${rewrite}`,
        source: 'any failure: the file grows on',
      },
    ];
  return [{ check, level: 'ok', text: 'written and rewritten well' }];
}

function clusterLine(cluster: RedisInfo): Line {
  const check = 'cluster';
  const state = textFor(cluster, 'cluster_state');
  const slots = `${numberIn(cluster, 'cluster_slots_ok')} of 16384 slots served`;
  return state === 'ok'
    ? { check, level: 'ok', text: slots }
    : {
        check,
        level: 'critical',
        text: `its state is ${state}, ${slots}`,
        source: 'cluster_state is to be ok',
      };
}
