import { maySoundSecret, soundsSecret } from './secret-names.ts';
import { standInForm } from './stand-in.ts';

// What is a secret by its form, wherever it stands: the formats of known issuers, and whatever stands where a name that
// sounds secret is given a value. Values that were read from a Secret are found by other means; this is for those that
// nobody keeps in one: configuration files in a ConfigMap, command lines, logs.

/**
 * Each keeps what is before the value. `signs`: one of them stands, in whatever case, in every text that holds such a
 * secret; looking for them costs a tenth of looking for the form, and most lines of logs hold none. Absent: not known.
 */
const issued: readonly { form: RegExp; signs?: readonly string[] }[] = [
  {
    form: /-----BEGIN [A-Z ]{0,32}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,32}PRIVATE KEY-----|$)/g,
    signs: ['-----begin '],
  },
  // The same in base64, as kubeconfigs hold it: RSA, EC, OPENSSH, ENCRYPTED and the plain form.
  {
    form: /LS0tLS1CRUdJTi(?:BSU0EgUFJJVkFU|BFQyBQUklWQVRF|BPUEVOU1NIIFBS|BFTkNSWVBURUQg|BQUklWQVRFIEtF)[A-Za-z0-9+/=]*/g,
    signs: ['ls0tls1crudjti'],
  },
  {
    form: /(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,4096}\.[A-Za-z0-9_-]{8,16384}\.[A-Za-z0-9_-]{4,4096}/g,
    signs: ['eyj'],
  },
  { form: /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g, signs: ['akia', 'asia'] },
  {
    form: /\b(?:ghp|gho|ghu|ghs|ghr|github_pat|glpat|npm|xox[abprs]|sk|pk|rk)[-_][A-Za-z0-9_-]{16,}\b/g,
  },
  { form: /\bAIza[0-9A-Za-z_-]{35}/g, signs: ['aiza'] },
  { form: /\bhv[sbr]\.[A-Za-z0-9_-]{20,}/g, signs: ['hvs.', 'hvb.', 'hvr.'] },
  { form: /\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}/g, signs: ['sg.'] },
  { form: /\bAGE-SECRET-KEY-1[0-9A-Z]{50,}/g, signs: ['age-secret-key-1'] },
  { form: /(?<=hooks\.slack\.com\/services\/)[A-Za-z0-9/]{20,}/g, signs: ['hooks.slack.com/services/'] },
  {
    form: /(?<=[a-z][a-z0-9+.-]{0,20}:\/\/[^\s:/@]{0,128}:)[^\s@/]{1,256}(?=@)/gi,
    signs: ['@'],
  },
  {
    form: /(?<=\bauthorization["']?[ \t]{0,4}[:=][ \t]{0,4}["']?(?:bearer|basic)[ \t]{1,4})[A-Za-z0-9._~+/=-]{12,}/gi,
    signs: ['authorization'],
  },
  // Elsewhere they are words of a sentence too (`basic authentication`), followed by others.
  {
    form: /(?<=\b(?:[Bb]earer|BEARER|[Bb]asic|BASIC)[ \t]{1,4})(?![A-Za-z]?[a-z]{1,23}(?:[-/][a-z]{1,23}){0,4}\.?(?![A-Za-z0-9._~+/=-]))[A-Za-z0-9._~+/=-]{12,}/g,
    signs: ['bearer', 'basic'],
  },
  // .netrc, in one line or several, and .pgpass, which put values behind blanks and colons.
  {
    form: /(?<=^[ \t]{0,16}password[ \t]{1,4})(?!\[redacted #)\S{4,}(?=[ \t]*$)/gm,
    signs: ['password'],
  },
  {
    form: /(?<=\blogin\s{1,4}\S{1,128}\s{1,4}password\s{1,4})(?!\[redacted #)\S{4,}/g,
    signs: ['password'],
  },
  {
    form: /(?<=(?:^|[\s"'])[\w.*-]{1,253}:(?:\d{4,5}|\*):[\w.*-]{1,64}:[\w.*-]{1,64}:)(?!\[redacted #)[^\s"']{4,}/gm,
    signs: [':'],
  },
  // Shared access signatures and account keys of Azure, whose names say nothing.
  { form: /(?<=[?&]sig=)[A-Za-z0-9%+/=_-]{8,}/g, signs: ['sig='] },
  { form: /(?<=\bAccountKey=)[A-Za-z0-9+/=]{16,}/g, signs: ['accountkey='] },
  { form: standInForm, signs: ['other-'] },
];

/** A name with what stands between it and its value: `=` or `:` as JSON, YAML, shells and logs write them, or a flag's blank. */
const assignment =
  /(?<![\w.-])(?<name>-{0,2}[A-Za-z_][\w.-]{0,127})(?:(?:\\{0,3}["'])?[ \t]{0,4}(?<sign>[=:])[ \t]{0,4}|(?<blank>[ \t]{1,4}))/g;
const quoted = /(\\{0,3}["'])([^\n]{1,16384}?)\1(?=[\s,;&\])}\\]|$)/my;
/** A quotation mark ends a value only where something ends: within a word it is a part of it. */
const word = /(?:[^\s"',;&]|["'](?![\s,;&\])}]|$)){4,16384}/my;
/** On a command line, and on a line of its own in a file, also the other marks are parts of it. */
const wholeWord = /(?:[^\s"']|["'](?![\s,;&\])}]|$)){4,16384}/my;

const shortestValue = 4;
/** No secret, though it stands where one would. */
const saysNothing =
  /^(?:true|false|none|null|enabled?|disabled?|auto|default|basic|bearer|required|optional|\d{1,5}|[$<{[|>].*)$/i;
/** Names of Secrets, by custom of many charts. */
const namesSecret = /(?:existing|pull|tls|image|auth)[-_]?secrets?$/i;
/** Who approves has to see where a change sends people to log in. */
const aboutSecrets = /(?:[-_](?:ur[li]|realm|user|class|signin)|Ur[li]|URL|Realm)$/;
const placeholder = /\[redacted #\d+\]/;
const startsMasked = /["'\\]{0,4}\[redacted #\d+\]/y;

/** The text with whatever is a secret by its form replaced. */
export function maskForms(text: string, mask: (value: string) => string): string {
  let masked = text;
  let lower = text.toLowerCase();
  for (const { form, signs } of issued) {
    if (signs?.some(sign => lower.includes(sign)) === false) continue;
    const before = masked;
    masked = before.replace(form, found => (placeholder.test(found) ? found : mask(found)));
    if (masked !== before) lower = masked.toLowerCase();
  }
  return maySoundSecret(lower) ? maskAssigned(masked, mask) : masked;
}

function maskAssigned(text: string, mask: (value: string) => string): string {
  let out = '';
  let from = 0;
  for (const match of text.matchAll(assignment)) {
    if (match.index < from) continue;
    const { name = '', sign, blank } = match.groups ?? {};
    if (!namesValue(name, blank) || (sign === ':' && isObjectName(text, match.index))) continue;
    const place = match.index + match[0].length;
    const value = valueAt(text, { place, whole: isWhole(text, { start: match.index, name, sign }) });
    if (value === undefined || saysNothing.test(value.text)) continue;
    out += text.slice(from, value.start) + mask(value.text);
    from = value.start + value.text.length;
  }
  return from === 0 ? text : out + text.slice(from);
}

/** `ConfigMap/shop-password: has no health`: what follows is said of an object. */
function isObjectName(text: string, start: number): boolean {
  return /(?<![\w.-])[A-Z][a-z][A-Za-z]{1,60}\/$/.test(text.slice(Math.max(0, start - 64), start));
}

function namesValue(name: string, blank: string | undefined): boolean {
  if (blank !== undefined && !name.startsWith('-')) return false;
  // Of `spring.datasource.password` the last part says what it is; `secret.optional` is about something else.
  return holdsSecret(name.split('.').at(-1) ?? '');
}

/** Whether a text in the field of that name is a secret, whatever it looks like: `spec.password` of a custom object. */
export function isSecretField(name: string, value: string): boolean {
  const last = name.split('/').at(-1) ?? '';
  return value.length >= shortestValue && holdsSecret(last) && !saysNothing.test(value);
}

function holdsSecret(name: string): boolean {
  return soundsSecret(name) && !namesSecret.test(name) && !aboutSecrets.test(name);
}

/** Whether only a blank ends the value: `--flag=value`, and `NAME=value` at the beginning of a line. */
function isWhole(text: string, at: { start: number; name: string; sign: string | undefined }): boolean {
  if (at.sign === ':') return false;
  if (at.name.startsWith('-')) return true;
  return /(?:^|\n)[ \t]{0,16}(?:export[ \t]{1,4})?$/.test(text.slice(Math.max(0, at.start - 32), at.start));
}

function valueAt(
  text: string,
  { place, whole }: { place: number; whole: boolean },
): { start: number; text: string } | undefined {
  startsMasked.lastIndex = place;
  if (startsMasked.test(text)) return undefined;
  quoted.lastIndex = place;
  const [, quote = '', inside] = quoted.exec(text) ?? [];
  if (inside !== undefined) return { start: place + quote.length, text: inside };
  const form = whole ? wholeWord : word;
  form.lastIndex = place;
  const bare = form.exec(text)?.[0];
  return bare === undefined || (bare.startsWith('-') && text[place - 1] !== '=')
    ? undefined
    : { start: place, text: bare };
}
