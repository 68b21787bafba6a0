/** A place in a text to which somebody connects. */
export interface Address {
  host: string;
  /** As written, or what the scheme means without one. */
  port?: number;
  /** `http`, in small letters; absent: it was written as `host:port`. */
  scheme?: string;
}

/** What a URL without a port leads to. */
const portOfScheme: ReadonlyMap<string, number> = new Map([
  ['http', 80],
  ['ws', 80],
  ['https', 443],
  ['wss', 443],
  ['postgres', 5432],
  ['postgresql', 5432],
  ['mysql', 3306],
  ['redis', 6379],
  ['rediss', 6379],
  ['amqp', 5672],
  ['mongodb', 27_017],
  ['nats', 4222],
]);

// A configuration file of a program; more is read in part.
const readChars = 65_536;
const mostAddresses = 100;

/** The addresses in a text: URLs with all their hosts, and words of the form `host:port`. Each as often as it stands there. */
export function addressesIn(text: string): Address[] {
  const found: Address[] = [];
  // A masked password is a part of its URL.
  const whole = text.slice(0, readChars).replaceAll(/\[redacted #\d+\]/g, '-');
  for (const word of whole.split(/[\s"'`<>()[\]{}|;]+/)) {
    if (found.length >= mostAddresses) break;
    const scheme = /(?:^|[=:])([A-Za-z][A-Za-z0-9+.]{0,19}):\/\//.exec(word);
    if (scheme === null) {
      const bare = word.includes('=') ? word.slice(word.lastIndexOf('=') + 1) : word;
      found.push(...bare.split(',').flatMap(each => hostAndPort(each) ?? resolvedHost(each) ?? []));
      continue;
    }
    const written = (scheme[1] ?? '').toLowerCase();
    // jdbc:postgresql://…, tcp+tls://…: what counts stands last.
    const name = written.slice(written.lastIndexOf('+') + 1);
    const [authority = ''] = word.slice(scheme.index + scheme[0].length).split(/[/?#\\]/);
    const hosts = authority.slice(authority.lastIndexOf('@') + 1);
    for (const each of hosts.split(',')) found.push(...urlHost(each, name));
  }
  return found.slice(0, mostAddresses);
}

function urlHost(text: string, scheme: string): Address[] {
  const whole = hostAndPort(text);
  if (whole !== undefined) return [{ ...whole, scheme }];
  const host = text.replace(/:$/, '');
  if (!isHost(host)) return [];
  const port = portOfScheme.get(scheme);
  return [{ host, scheme, ...(port === undefined ? {} : { port }) }];
}

/** `host:port` and nothing else; a host of digits alone is a time or a ratio. */
export function hostAndPort(text: string): Address | undefined {
  const [, host = '', digits = ''] = /^([A-Za-z0-9.-]{1,253}):(\d{1,5})[.,:]?(?:\/.*)?$/.exec(text) ?? [];
  const port = Number(digits);
  if (!isHost(host) || /^\d+$/.test(host) || port < 1 || port > 65_535) return undefined;
  return { host, port };
}

/** As Java writes what it has looked up: `db/10.96.0.7:5432`, and `/10.96.0.7:5432` where it was given no name. */
function resolvedHost(text: string): Address | undefined {
  const [, name = '', address = ''] = /^([A-Za-z0-9.-]*)\/((?:\d{1,3}\.){3}\d{1,3}:\d.*)$/.exec(text) ?? [];
  const found = hostAndPort(address);
  return found === undefined || !isHost(name) ? found : { ...found, host: name };
}

/** Whether a text can be a name or an IPv4 address. */
export function isHost(text: string): boolean {
  return text.length > 0 && text.length <= 253 && /^[A-Za-z0-9][A-Za-z0-9.-]*$/.test(text);
}
