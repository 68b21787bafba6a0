import { isObject, type Json, type JsonObject, plainText } from './json.ts';

// Below this length a value is too common to look for everywhere; it is still masked in the field that holds it.
const shortestSought = 4;
// A Secret also holds user names, hosts, ports and names of databases, which are words of the cluster as well: masked
// everywhere they would hide namespaces and images from whoever decides. Under a key that does not sound secret only
// what is longer is looked for everywhere.
const shortestUnnamed = 12;
const commonWord =
  /^(?:true|false|yes|no|none|null|on|off|enabled?|disabled?|auto|default|admin|root|user|test|\d{1,5})$/i;
// A line of a longer value, as logs and indented YAML show it; shorter ones (braces, `key:`) say nothing.
const shortestLine = 12;
// A process that watches a large cluster for days must not grow without end; the oldest values are let go.
const mostValues = 20_000;

const sensitiveName =
  /(pass(word|wd|phrase)?|secret|token|api[-_]?key|access[-_]?key|private[-_]?key|credential|auth|dsn|connection[-_]?string)s?$/i;

/** Texts that are secrets by their form, wherever they stand. Each keeps what is before the value. */
const secretForms: readonly RegExp[] = [
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
  /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}/g,
  /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g,
  /\b(?:ghp|gho|ghu|ghs|ghr|github_pat|glpat|xox[abprs]|sk|pk|rk)[-_][A-Za-z0-9_-]{16,}\b/g,
  /(?<=[a-z][a-z0-9+.-]{0,20}:\/\/[^\s:/@]{0,128}:)[^\s@/]{1,256}(?=@)/gi,
  /(?<=\b(?:bearer|basic)[ \t]{1,4})[A-Za-z0-9._~+/=-]{12,}/gi,
  /(?<=\b(?:password|passwd|secret|token|api[-_]?key|access[-_]?key)["']?[ \t]{0,4}[=:][ \t]{0,4}["']?)(?!\[redacted #)[^\s"',;&]{4,}/gi,
];

const placeholderForm = /\[redacted #\d+\]/;

/** Whether a text holds a placeholder: then it came out of an answer and must not go back in as a value. */
export function holdsPlaceholder(value: Json | undefined): boolean {
  if (typeof value === 'string') return placeholderForm.test(value);
  if (Array.isArray(value)) return value.some(holdsPlaceholder);
  return (
    isObject(value) &&
    Object.entries(value).some(([key, item]) => placeholderForm.test(key) || holdsPlaceholder(item))
  );
}

/** Whether a field or variable of this name holds a secret by custom. */
function soundsSecret(name: string): boolean {
  return sensitiveName.test(name);
}

/** The values that must not leave. One per environment: what was read once stays masked in every later answer. */
export class KnownSecrets {
  readonly #forms = new Map<string, string>();
  #version = 0;
  #pattern: { version: number; regex: RegExp | undefined } = { version: -1, regex: undefined };

  /** Learns one value in the spellings it may reappear in: raw, JSON, base64 (three alignments), base64url, hex, URL. */
  learn(value: string): void {
    if (value.length < shortestSought || this.#forms.has(value)) return;
    for (const form of spellings(value)) if (form.length >= shortestSought) this.#forms.set(form, value);
    for (const line of linesOf(value)) this.#forms.set(line, value);
    while (this.#forms.size > mostValues) {
      const oldest = this.#forms.keys().next();
      if (oldest.done === true) break;
      this.#forms.delete(oldest.value);
    }
    this.#version += 1;
  }

  /** Learns what an object of the cluster holds: data of Secrets, variables and arguments of pods that sound secret, and the same in the last-applied annotation. */
  learnObject(object: unknown): void {
    if (!isObject(object)) return;
    const kind = plainText(object['kind']);
    if (kind.endsWith('List') && Array.isArray(object['items'])) {
      // Items of a list do not say their kind.
      for (const item of object['items'])
        if (isObject(item)) this.learnObject({ ...item, kind: kind.slice(0, -4) });
      return;
    }
    if (kind === 'Secret') this.#learnSecret(object);
    if (kind === 'ConfigMap' && isObject(object['data'])) {
      for (const [key, value] of Object.entries(object['data']))
        if (typeof value === 'string' && soundsSecret(key) && isTelling(key, value)) this.learn(value);
    }
    const metadata = isObject(object['metadata']) ? object['metadata'] : {};
    const annotations = isObject(metadata['annotations']) ? metadata['annotations'] : {};
    const applied = annotations['kubectl.kubernetes.io/last-applied-configuration'];
    if (typeof applied === 'string') {
      try {
        this.learnObject(JSON.parse(applied));
      } catch {
        // Not JSON: then it is only text, and no value can be told from it.
      }
    }
    this.#learnVariables(object['spec']);
  }

  #learnSecret(secret: JsonObject): void {
    const { data, stringData } = secret;
    for (const [key, encoded] of Object.entries(isObject(data) ? data : {})) {
      if (typeof encoded !== 'string') continue;
      const plain = Buffer.from(encoded, 'base64').toString('utf8');
      if (!isTelling(key, plain)) continue;
      this.learn(encoded);
      this.learn(plain);
    }
    for (const [key, plain] of Object.entries(isObject(stringData) ? stringData : {}))
      if (typeof plain === 'string' && isTelling(key, plain)) this.learn(plain);
  }

  #learnVariables(value: Json | undefined): void {
    if (Array.isArray(value)) {
      for (const item of value) this.#learnVariables(item);
      return;
    }
    if (!isObject(value)) return;
    if (
      typeof value['name'] === 'string' &&
      typeof value['value'] === 'string' &&
      soundsSecret(value['name']) &&
      isTelling(value['name'], value['value'])
    )
      this.learn(value['value']);
    for (const item of Object.values(value))
      if (typeof item === 'object') this.#learnVariables(item ?? undefined);
  }

  /** A matcher of all known spellings, longest first; undefined when none is known. */
  regex(): RegExp | undefined {
    if (this.#pattern.version !== this.#version) {
      const forms = [...this.#forms.keys()].sort((a, b) => b.length - a.length);
      const source = forms.map(form => form.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|');
      this.#pattern = {
        version: this.#version,
        regex: forms.length === 0 ? undefined : new RegExp(source, 'g'),
      };
    }
    return this.#pattern.regex;
  }

  /** One text outside an answer (a record, a log line), masked. */
  mask(text: string): string {
    return new Redactor(this).text(text);
  }

  valueOf(form: string): string {
    return this.#forms.get(form) ?? form;
  }
}

/** Masks one answer. Placeholders are numbered per answer, so that two answers cannot be compared by them. */
export class Redactor {
  readonly #known: KnownSecrets;
  readonly #numbers = new Map<string, number>();

  constructor(known: KnownSecrets) {
    this.#known = known;
  }

  text(text: string): string {
    const regex = this.#known.regex();
    let masked =
      regex === undefined ? text : text.replace(regex, form => this.#placeholder(this.#known.valueOf(form)));
    for (const form of secretForms)
      masked = masked.replace(form, found =>
        placeholderForm.test(found) ? found : this.#placeholder(found),
      );
    return masked;
  }

  json<T extends Json>(value: T): T;
  json(value: Json): Json {
    if (typeof value === 'string') return this.text(value);
    if (Array.isArray(value)) return value.map(item => this.json(item));
    if (!isObject(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        this.text(key),
        item === undefined ? undefined : this.json(item),
      ]),
    );
  }

  /**
   * An object of the cluster with every secret field masked by its place as well: data of a Secret, and
   * variables whose name sounds secret, however short their values.
   */
  object(object: JsonObject): JsonObject {
    return this.json(this.#byPlace(object, object['kind'] === 'Secret') as JsonObject);
  }

  #byPlace(value: Json, secret: boolean): Json {
    if (Array.isArray(value)) return value.map(item => this.#byPlace(item, secret));
    if (!isObject(value)) return value;
    const masked: JsonObject = {};
    for (const [key, item] of Object.entries(value)) {
      if (item === undefined) continue;
      const holdsValues = secret && (key === 'data' || key === 'stringData') && isObject(item);
      if (holdsValues)
        masked[key] = Object.fromEntries(
          Object.entries(item).map(([name, inner]) => [name, this.#placeholder(plainText(inner))]),
        );
      else if (key === 'kubectl.kubernetes.io/last-applied-configuration' && secret)
        masked[key] = this.#placeholder(plainText(item));
      else masked[key] = this.#byPlace(item, secret);
    }
    if (
      typeof masked['name'] === 'string' &&
      typeof masked['value'] === 'string' &&
      soundsSecret(masked['name'])
    )
      masked['value'] = this.#placeholder(masked['value']);
    return masked;
  }

  #placeholder(value: string): string {
    const number = this.#numbers.get(value) ?? this.#numbers.size + 1;
    this.#numbers.set(value, number);
    return `[redacted #${number}]`;
  }
}

/** Whether a value is worth looking for in everything that leaves; in the field that holds it, it is masked anyway. */
function isTelling(name: string, value: string): boolean {
  return value.length >= shortestUnnamed || (soundsSecret(name) && !commonWord.test(value));
}

/** The lines of a value that has several: nothing shows it whole again but the place it came from. */
function linesOf(value: string): string[] {
  if (!value.includes('\n')) return [];
  return value
    .split(/\r?\n/)
    .map(line => line.trim())
    .filter(line => line.length >= shortestLine);
}

function spellings(value: string): string[] {
  const bytes = Buffer.from(value, 'utf8');
  const base64 = bytes.toString('base64');
  const forms = [
    value,
    JSON.stringify(value).slice(1, -1),
    base64,
    base64.replace(/=+$/, ''),
    bytes.toString('base64url'),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    encodeURIComponent(value),
  ];
  // Inside a longer text that was encoded whole, the value starts at any of three bit offsets; what its
  // neighbours touch is cut off at both ends.
  for (const offset of [1, 2]) {
    const shifted = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    forms.push(shifted.slice(offset + 1, -1));
  }
  forms.push(base64.replace(/=+$/, '').slice(0, -1));
  return [...new Set(forms)];
}
