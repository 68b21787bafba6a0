import type { Json } from './json.ts';

// What a name is about, in words; `key` alone is too common (cache keys, map keys) and needs one beside it.
const telling = new Set([
  'pass',
  'password',
  'passwords',
  'passwd',
  'passphrase',
  'pwd',
  'secret',
  'secrets',
  'token',
  'tokens',
  'credential',
  'credentials',
  'apikey',
  'auth',
  'dsn',
]);
const keyKinds = new Set([
  'api',
  'access',
  'private',
  'signing',
  'sign',
  'encryption',
  'encrypt',
  'master',
  'ssh',
  'tls',
  'service',
  'account',
  'session',
  'cookie',
  'license',
]);
// `TOKEN_TTL`, `secretName`, `PASSWORD_FILE`: about a secret, and none.
const about = new Set([
  'name',
  'names',
  'ref',
  'path',
  'file',
  'dir',
  'ttl',
  'length',
  'min',
  'max',
  'size',
  'count',
  'enabled',
  'disabled',
  'required',
  'type',
  'policy',
  'expiry',
  'expires',
  'seconds',
  'minutes',
  'hours',
  'days',
  'rotation',
  'header',
  'prefix',
  'issuer',
  'audience',
  'endpoint',
  'mode',
  'method',
  'provider',
]);

// Nearly no name holds any of these, and looking for them costs a small part of taking the name into words.
const mayTell = new RegExp([...telling, 'connection', 'key'].join('|'));

/** Whether some name within a text might sound secret; `lower`: the text in small letters. No: none does. */
export function maySoundSecret(lower: string): boolean {
  return mayTell.test(lower);
}

/** Whether a field, variable, key or flag of this name holds a secret by custom: `DB_PASSWORD`, `apiKey`, `--signing-key`. */
export function soundsSecret(name: string): boolean {
  if (!maySoundSecret(name.toLowerCase())) return false;
  const words = name
    .slice(0, 256)
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter(word => word !== '');
  const last = words.at(-1) ?? '';
  if (about.has(last)) return false;
  if (words.some(word => telling.has(word))) return true;
  if (/^connection_?strings?$/.test(words.slice(-2).join('_'))) return true;
  return (last === 'key' || last === 'keys') && words.some(word => keyKinds.has(word));
}

/** `--password`, `value`: the flag stands before it as a word of its own. */
export function isSecretFlag(word: Json | undefined): boolean {
  return typeof word === 'string' && /^--?[A-Za-z][^=\s]*$/.test(word) && soundsSecret(word);
}
