import { addressesIn, isHost } from './addresses-in-text.ts';

/** What a line of a log says of a connection that did not come about. */
export interface ConnectionFailure {
  /** `unresolved`: the name does not exist. `no-dns`: nobody answered what it is. */
  kind: 'unresolved' | 'no-dns' | 'refused' | 'timed-out' | 'unreachable';
  /** As written, a name or an address; absent: the line does not say. */
  host?: string;
  port?: number;
}

// As much of a line as is looked at: what failed stands near its beginning.
const readChars = 1_000;

/** How programs and libraries write that a name was not resolved; the first group is the name. */
const unresolved = [
  /\blookup ([A-Za-z0-9.-]+)(?: on [^ ]+)?: no such host/,
  /getaddrinfo ENOTFOUND ([A-Za-z0-9.-]+)/,
  /UnknownHostException: ([A-Za-z0-9.-]+)/,
  /could not translate host name "([A-Za-z0-9.-]+)" to address/,
  /[Cc]ould not resolve host:? '?([A-Za-z0-9.-]+)/,
  /bad address '([A-Za-z0-9.-]+)/,
  /[Uu]nknown (?:MySQL server )?host:? ['"]?([A-Za-z0-9.-]+)/,
  /host not found in upstream "([A-Za-z0-9.-]+)/,
  /can't (?:find|resolve) '?([A-Za-z0-9.-]+)/,
  /no such host:? ([A-Za-z0-9.-]+)/,
];

const unresolvedWords = [
  'Name or service not known',
  'nodename nor servname',
  'Name does not resolve',
  'NXDOMAIN',
  'no such host',
];

const noDns = [
  /\blookup ([A-Za-z0-9.-]+)(?: on [^ ]+)?: (?:.*i\/o timeout|server misbehaving)/,
  /getaddrinfo EAI_AGAIN ([A-Za-z0-9.-]+)/,
];

const noDnsWords = [
  'Temporary failure in name resolution',
  'Temporary failure resolving',
  'connection timed out; no servers could be reached',
];

const others: readonly { kind: ConnectionFailure['kind']; words: readonly string[] }[] = [
  { kind: 'refused', words: ['connection refused', 'econnrefused'] },
  {
    kind: 'timed-out',
    words: [
      'i/o timeout',
      'etimedout',
      'connection timed out',
      'connect timed out',
      'connect timeout',
      'context deadline exceeded',
      'timeout expired',
      'operation timed out',
    ],
  },
  {
    kind: 'unreachable',
    words: [
      'no route to host',
      'ehostunreach',
      'network is unreachable',
      'cannot reach',
      'could not connect to',
      "can't connect to",
      'failed to connect to',
      'unable to connect to',
    ],
  },
];

// Most lines tell of nothing of the kind, and are looked at once.
const telling =
  /no such host|ENOTFOUND|EAI_AGAIN|UnknownHost|translate host|resolve|bad address|unknown (?:mysql server )?host|host not found|can't find|servname|name resolution|NXDOMAIN|service not known|lookup|refused|time(?:d )?[- ]?out|deadline exceeded|no route|unreach|cannot reach|connect to/i;

/** Undefined for a line that tells of no such thing. */
export function readConnectionFailure(line: string): ConnectionFailure | undefined {
  const text = line.slice(0, readChars);
  if (!telling.test(text)) return undefined;
  const found =
    named('unresolved', { text, patterns: unresolved }) ?? named('no-dns', { text, patterns: noDns });
  if (found !== undefined) return found;
  if (noDnsWords.some(word => text.includes(word))) return { kind: 'no-dns', ...addressed(text) };
  if (unresolvedWords.some(word => text.includes(word))) return { kind: 'unresolved', ...addressed(text) };
  const small = text.toLowerCase();
  const other = others.find(({ words }) => words.some(word => small.includes(word)));
  return other === undefined ? undefined : { kind: other.kind, ...addressed(text) };
}

function named(
  kind: ConnectionFailure['kind'],
  { text, patterns }: { text: string; patterns: readonly RegExp[] },
): ConnectionFailure | undefined {
  for (const pattern of patterns) {
    const host = pattern.exec(text)?.[1]?.replace(/[.-]+$/, '');
    if (host !== undefined && isHost(host)) return { kind, host };
  }
  return undefined;
}

const quotedHost = /(?:server at|host(?:name)?:?) "([A-Za-z0-9.-]+)"/;
/** `MySQL server on 'db' (111)`, `host=db user=shop`. */
const namedHost = /\b(?:server on '|host=)([A-Za-z0-9.-]+)(?=['\s]|$)/;

/** The last address of the line: `from->to`, and a program's own place before the one it wanted. */
function addressed(text: string): { host?: string; port?: number } {
  const quoted = (quotedHost.exec(text) ?? namedHost.exec(text))?.[1];
  const port = /\bport (\d{1,5})\b/.exec(text)?.[1];
  if (quoted !== undefined) return { host: quoted, ...(port === undefined ? {} : { port: Number(port) }) };
  const last = addressesIn(text.replaceAll('->', ' ')).at(-1);
  if (last !== undefined) return { host: last.host, ...(last.port === undefined ? {} : { port: last.port }) };
  const spaced = /(?:connect to|reach) ([A-Za-z0-9.-]+)/.exec(text)?.[1];
  // `cannot reach the queue` names nothing.
  if (spaced === undefined || !isHost(spaced) || (port === undefined && !spaced.includes('.'))) return {};
  return { host: spaced, ...(port === undefined ? {} : { port: Number(port) }) };
}
