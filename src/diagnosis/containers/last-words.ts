import { cleanLine } from '../../core/text.ts';

/*
 * What a program says when it ends stands near the end of its log. A line that names a cause counts more than a later one
 * that only says that all is over; where no line says anything, there is none.
 */

/** What a line blames. `peer`: something that it talks to; `error`: it says only that something is wrong. */
export type Blame =
  | 'peer'
  | 'name'
  | 'login'
  | 'certificate'
  | 'variable'
  | 'permission'
  | 'read-only'
  | 'file'
  | 'port-taken'
  | 'disk'
  | 'memory'
  | 'arguments'
  | 'platform'
  | 'error';

export interface LastWord {
  line: string;
  blames: Blame;
}

// A trace is shorter, and what came before it was before the fault.
const linesRead = 50;
// What decides stands at the beginning of a line; patterns run over no more than this.
const lineChars = 600;

/** In order: the first that fits a line is what it blames. */
const signs: readonly (readonly [Blame, RegExp])[] = [
  ['platform', /exec format error|cannot execute binary file|wrong ELF class/i],
  [
    'certificate',
    /x509:|certificate (?:verify failed|has expired|is not valid|signed by unknown)|CERT_|self[- ]signed certificate|SSL: ?CERTIFICATE|PKIX path/i,
  ],
  [
    'login',
    /(?:password|sasl|access|permission) (?:authentication )?(?:failed|denied) for user|authentication failed|WRONGPASS|NOAUTH|Login failed|invalid (?:username or password|credentials)|role "[^"]{1,63}" does not exist/i,
  ],
  [
    'name',
    /no such host|ENOTFOUND|EAI_AGAIN|name or service not known|could not translate host name|temporary failure in name resolution|UnknownHostException|bad address|can't resolve|could not resolve host|server can't find|getaddrinfo failed|NXDOMAIN/i,
  ],
  ['port-taken', /address already in use|EADDRINUSE|port is already allocated/i],
  [
    'peer',
    /connection (?:refused|timed out|reset by peer)|ECONNREFUSED|ETIMEDOUT|ECONNRESET|could not connect|can(?:no|')t connect|cannot reach|failed to connect|connection .{0,60}could not be established|i\/o timeout|connect: no route to host|EHOSTUNREACH|dial tcp/i,
  ],
  ['read-only', /read-only file ?system|EROFS/i],
  ['disk', /no space left on device|ENOSPC|disk quota exceeded/i],
  ['permission', /permission denied|EACCES|operation not permitted|EPERM|access is denied/i],
  [
    'memory',
    /java\.lang\.OutOfMemoryError|heap out of memory|cannot allocate memory|std::bad_alloc|MemoryError/i,
  ],
  [
    'variable',
    /environment variable|\benv(?: var)?\b.{0,60}(?:not set|missing|required|undefined)|KeyError: '[A-Z][A-Z0-9_]{1,99}'|\b[A-Z][A-Z0-9]{0,40}_[A-Z0-9_]{1,60}\b.{0,30}(?:is not set|not set|must be set|is required|is missing|is undefined|unbound variable|not defined)/,
  ],
  [
    'file',
    /no such file or directory|ENOENT|FileNotFound|cannot (?:open|find) (?:file|module|configuration)|ModuleNotFoundError|Cannot find module|could not (?:open|find or load)/i,
  ],
  [
    'arguments',
    /unknown (?:flag|option|command|argument|shorthand)|unrecognized (?:option|argument|command)|invalid (?:option|argument|flag)|flag provided but not defined|^usage:/i,
  ],
  [
    'error',
    /\b(?:fatal|panic|error|exception|critical|emerg|traceback|abort(?:ed|ing)?|segmentation fault|segfault|assertion failed|unhandled)\b|Exception\b|Error:/i,
  ],
];

/** The line that decides; undefined: none says what is wrong. */
export function lastWord(lines: readonly string[]): LastWord | undefined {
  let weakest: LastWord | undefined;
  for (const raw of lines.slice(-linesRead).toReversed()) {
    const line = cleanLine(raw.trim(), lineChars);
    const blames = blameOf(line);
    if (blames === undefined) continue;
    if (blames !== 'error') return { line, blames };
    // The head of a panic says more than the last line of its trace.
    if (weakest === undefined || /^(?:panic|fatal error|Traceback|Caused by)/i.test(line))
      weakest = { line, blames };
  }
  return weakest;
}

function blameOf(line: string): Blame | undefined {
  // Frames of a trace name files and classes, not causes; lines of a lower level are about what goes well.
  if (/^(?:at |File "|goroutine \d|\.\.\. \d+ more)/.test(line)) return undefined;
  if (
    /"level":"(?:info|debug|trace)"|\blevel=(?:info|debug)\b|^(?:\S+ ){0,3}\[?(?:INFO|DEBUG|TRACE)\b/.test(
      line,
    )
  )
    return undefined;
  return signs.find(([, sign]) => sign.test(line))?.[0];
}

/** What a last word means, as a cause; undefined where the line itself says all. */
export function meaningOf({ blames, line }: LastWord): string | undefined {
  const variable = blames === 'variable' ? variableIn(line) : undefined;
  return variable === undefined ? meanings[blames] : `the environment variable ${variable} is not set`;
}

/** The name of the variable that a line misses. */
export function variableIn(line: string): string | undefined {
  return (
    /(?<![\w-])[A-Z][A-Z0-9]{0,40}(?:_[A-Z0-9]{1,40}){1,8}(?![\w-])/.exec(line)?.[0] ??
    /variable ["'`]?([A-Z][A-Z0-9_]{1,60})\b/.exec(line)?.[1]
  );
}

const meanings: Readonly<Record<Blame, string | undefined>> = {
  peer: 'what it talks to does not answer',
  name: 'a host name that it uses is not known',
  login: 'what it talks to refuses its credentials',
  certificate: 'a certificate is not accepted',
  variable: 'an environment variable that it needs is not set',
  permission: 'it lacks a right: to a file, a port below 1024, or a call of the kernel',
  'read-only': 'it writes to a file system that is read-only',
  file: 'a file that it needs is not in its image or volumes',
  'port-taken': 'the port that it wants is taken, by another container of the pod or on the host',
  disk: 'its disk is full',
  memory: 'it has no memory left within its own limits',
  arguments: 'it does not understand its arguments',
  platform: 'its image is made for another processor than that of the node',
  error: undefined,
};
