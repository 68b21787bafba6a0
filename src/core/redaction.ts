import { isObject, type Json, type JsonObject, plainText } from './json.ts';
import { isSecretField, maskForms } from './secret-forms.ts';
import { SecretIndex, type Spelling } from './secret-index.ts';
import { soundsSecret } from './secret-names.ts';
import { innerValues, isTelling } from './telling-values.ts';
import { cleanText } from './text.ts';

// A process that watches a large cluster for days must not grow without end. What callers send has room of its own:
// no manifest can push out what the cluster holds.
const readBytes = 64 * 1024 * 1024;
const sentBytes = 16 * 1024 * 1024;

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

/** Whose body a value was found in: an answer of the cluster, or what a caller sent (and a dry run echoes). */
export type Origin = 'read' | 'sent';

/**
 * Where a value is learned from. `echoed`: a body in which the cluster answers with what was sent to it and with what it
 * had: what is known to have been read is not taken for something that the caller sent as a secret.
 */
export type Source = Origin | 'echoed';

/** The values that must not leave. One per environment: what was read once stays masked in every later answer. */
export class KnownSecrets {
  readonly #indexes: Record<Origin, SecretIndex> = {
    read: new SecretIndex(readBytes),
    sent: new SecretIndex(sentBytes),
  };
  #calls = 0;

  /**
   * A call begins; the answer ends it. What callers sent is known while calls run and forgotten when none does: a
   * proposal must not decide what later answers show.
   */
  beginCall(): () => void {
    // What was sent outside of any call, by a person who decides, is no affair of the next one.
    if (this.#calls === 0) this.#indexes.sent = new SecretIndex(sentBytes);
    this.#calls += 1;
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      this.#calls -= 1;
      if (this.#calls === 0) this.#indexes.sent = new SecretIndex(sentBytes);
    };
  }

  /** Learns one value, in every spelling it may reappear in. */
  learn(value: string, origin: Source = 'read'): void {
    this.#learnAs(value, origin);
    // The password within a DSN appears without it as well.
    const inner = /^[a-z][a-z0-9+.-]{0,20}:\/\/[^\s:/@]{0,128}:([^\s@/]{4,256})@/i.exec(value)?.[1];
    if (inner !== undefined) this.#learnAs(inner, origin);
  }

  #learnAs(value: string, source: Source): void {
    if (source === 'echoed' && this.#indexes.read.has(value)) return;
    this.#indexes[source === 'echoed' ? 'sent' : source].learn(value);
  }

  /** Learns what an object of the cluster holds: data of Secrets, variables and arguments of pods that sound secret, and the same in the last-applied annotation. */
  learnObject(object: unknown, origin: Source = 'read'): void {
    if (!isObject(object)) return;
    const kind = plainText(object['kind']);
    if (kind.endsWith('List') && Array.isArray(object['items'])) {
      // Items of a list do not say their kind.
      for (const item of object['items'])
        if (isObject(item)) this.learnObject({ ...item, kind: kind.slice(0, -4) }, origin);
      return;
    }
    if (kind === 'Secret') this.#learnSecret(object, origin);
    if (kind === 'ConfigMap' && isObject(object['data'])) {
      for (const [key, value] of Object.entries(object['data']))
        if (typeof value === 'string' && soundsSecret(key) && isTelling(key, value))
          this.learn(value, origin);
    }
    const metadata = isObject(object['metadata']) ? object['metadata'] : {};
    const annotations = isObject(metadata['annotations']) ? metadata['annotations'] : {};
    const applied = annotations['kubectl.kubernetes.io/last-applied-configuration'];
    if (typeof applied === 'string') {
      try {
        this.learnObject(JSON.parse(applied), origin);
      } catch {
        // Not JSON: then it is only text, and no value can be told from it.
      }
    }
    this.#learnVariables(object['spec'], origin);
  }

  #learnSecret(secret: JsonObject, origin: Source): void {
    const { data, stringData } = secret;
    for (const [key, encoded] of Object.entries(isObject(data) ? data : {})) {
      if (typeof encoded !== 'string') continue;
      const plain = Buffer.from(encoded, 'base64').toString('utf8');
      if (isTelling(key, plain)) this.learn(encoded, origin);
      this.#learnEntry({ key, plain, origin });
    }
    for (const [key, plain] of Object.entries(isObject(stringData) ? stringData : {}))
      if (typeof plain === 'string') this.#learnEntry({ key, plain, origin });
  }

  /** One entry of a Secret, and what stands inside when it is a file of its own (`.env`, JSON such as a docker config). */
  #learnEntry({ key, plain, origin }: { key: string; plain: string; origin: Source }): void {
    if (isTelling(key, plain)) this.learn(plain, origin);
    for (const inner of innerValues(plain)) this.learn(inner, origin);
  }

  #learnVariables(value: Json | undefined, origin: Source): void {
    if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) {
        if (typeof item === 'string' && isSecretFlag(value[index - 1])) this.learn(item, origin);
        this.#learnVariables(item, origin);
      }
      return;
    }
    if (!isObject(value)) return;
    if (
      typeof value['name'] === 'string' &&
      typeof value['value'] === 'string' &&
      soundsSecret(value['name']) &&
      isTelling(value['name'], value['value'])
    )
      this.learn(value['value'], origin);
    for (const item of Object.values(value))
      if (typeof item === 'object') this.#learnVariables(item ?? undefined, origin);
  }

  /**
   * A text with every known spelling replaced by what `placeholder` makes of its value. `said`: texts of the caller; what
   * was read and stands in one of them is left. All are looked for in the whole text, so none is broken up by another.
   */
  replaceIn(
    text: string,
    how: { placeholder: (value: string) => string; origins: readonly Origin[]; said: readonly string[] },
  ): string {
    const origins = how.origins.filter(origin => !this.#indexes[origin].isEmpty);
    if (origins.length === 0) return text;
    let echoEnd = 0;
    const isEcho = ({ form, value }: Spelling, end: number): boolean => {
      // What stands within an echo is one: masked there, it would tell of the whole.
      if (end > echoEnd && !how.said.some(said => said.includes(form) || said.includes(value))) return false;
      echoEnd = Math.max(echoEnd, end);
      return true;
    };
    let out = '';
    let from = 0;
    for (let place = 0; place < text.length; place += 1) {
      const found = origins
        .map(origin => {
          const match = this.#indexes[origin].at(text, place);
          const echoes = origin === 'read' && match !== undefined && isEcho(match, place + match.form.length);
          return echoes ? undefined : match;
        })
        .reduce(longer, undefined);
      if (found === undefined) continue;
      out += text.slice(from, place) + how.placeholder(found.value);
      from = place + found.form.length;
      place = from - 1;
    }
    return from === 0 ? text : out + text.slice(from);
  }

  /** One text outside an answer (a record, a log line), masked. */
  mask(text: string): string {
    return new Redactor(this).text(text);
  }
}

/** Masks one answer. Placeholders are numbered per answer, so that two answers cannot be compared by them. */
export class Redactor {
  readonly #known: KnownSecrets;
  readonly #origins: readonly Origin[];
  #numbers = new Map<string, number>();
  #said: readonly string[] = [];
  #strict: Redactor = this;

  /** `origins`: whose values are looked for everywhere; absent: all. What stands in its place is masked in any case. */
  constructor(known: KnownSecrets, origins: readonly Origin[] = ['read', 'sent']) {
    this.#known = known;
    this.#origins = origins;
  }

  /**
   * The same for an answer that holds the caller's own words and nothing of the cluster: of what was read, values that stand
   * in these texts are left. Masked, a right guess would look other than a wrong one.
   */
  leaving(said: readonly string[]): Redactor {
    const other = new Redactor(this.#known, this.#origins);
    other.#numbers = this.#numbers;
    other.#said = said;
    other.#strict = this.#strict;
    return other;
  }

  /** The same without leaving anything, for what is not the caller's own in such an answer; placeholders are shared. */
  get strict(): Redactor {
    return this.#strict;
  }

  /**
   * Hidden characters stay, so that two values which differ by one do not look alike; only where a secret comes out when
   * they are taken away, they are.
   */
  text(text: string): string {
    const masked = this.#mask(text);
    const clean = cleanText(masked);
    if (clean === masked) return masked;
    const again = this.#mask(clean);
    return again === clean ? masked : again;
  }

  #mask(text: string): string {
    const masked = this.#known.replaceIn(text, {
      placeholder: value => this.#placeholder(value),
      origins: this.#origins,
      said: this.#said,
    });
    return maskForms(masked, value => this.#placeholder(value));
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

  /** The words of a command, those behind a flag that sounds secret masked. */
  words(words: readonly Json[]): Json[] {
    return words.map((word, index) =>
      typeof word === 'string' && isSecretFlag(words[index - 1]) ? this.#inPlace(word) : word,
    );
  }

  /**
   * An object of the cluster with every secret field masked by its place as well: data of a Secret, and
   * variables whose name sounds secret, however short their values.
   */
  object(object: JsonObject): JsonObject {
    return this.json(this.#byPlace(object, object['kind'] === 'Secret') as JsonObject);
  }

  /**
   * An object as a change would leave it: of what was read, only names and texts that the caller sent and that do not
   * stand at the same place of `before` are left.
   */
  objectOver(before: JsonObject | undefined, after: JsonObject): JsonObject {
    if (this.#said.length === 0) return this.object(after);
    const places = this.#byPlace(after, after['kind'] === 'Secret');
    const masked = this.#over(places, { before, said: new Set(this.#said) });
    return isObject(masked) ? masked : {};
  }

  #over(after: Json, at: Standing): Json {
    if (typeof after === 'string') return (isOwn(after, at) ? this : this.#strict).text(after);
    if (Array.isArray(after)) {
      const named = at.theirs === undefined ? namedItems(at.before) : undefined;
      // What of a list without names is whose, its places do not tell.
      const theirs = named === undefined ? (at.theirs ?? textsWithin(at.before)) : undefined;
      return after.map(item => {
        const name = isObject(item) ? item['name'] : undefined;
        const before = typeof name === 'string' ? named?.get(name) : undefined;
        return this.#over(item, { said: at.said, before, theirs });
      });
    }
    if (!isObject(after)) return after;
    const known = isObject(at.before) ? at.before : {};
    return Object.fromEntries(
      Object.entries(after).map(([key, item]) => {
        const own = known[key] === undefined && isOwn(key, { said: at.said, theirs: at.theirs });
        const inside = { said: at.said, before: known[key], theirs: at.theirs };
        return [
          (own ? this : this.#strict).text(key),
          item === undefined ? undefined : this.#over(item, inside),
        ];
      }),
    );
  }

  #byPlace(value: Json, secret: boolean): Json {
    if (Array.isArray(value)) return this.words(value).map(item => this.#byPlace(item, secret));
    if (!isObject(value)) return value;
    const masked: JsonObject = {};
    for (const [key, item] of Object.entries(value)) {
      if (item === undefined) continue;
      const holdsValues = secret && (key === 'data' || key === 'stringData') && isObject(item);
      if (holdsValues)
        masked[key] = Object.fromEntries(
          Object.entries(item).map(([name, inner]) => [name, this.#inPlace(plainText(inner))]),
        );
      else if (key === 'kubectl.kubernetes.io/last-applied-configuration' && secret)
        masked[key] = this.#inPlace(plainText(item));
      else if (typeof item === 'string' && isSecretField(key, item)) masked[key] = this.#inPlace(item);
      else masked[key] = this.#byPlace(item, secret);
    }
    if (
      typeof masked['name'] === 'string' &&
      typeof masked['value'] === 'string' &&
      soundsSecret(masked['name'])
    )
      masked['value'] = this.#inPlace(masked['value']);
    return masked;
  }

  /** Numbered apart from what is found by its value: a value that was sent must not share its number with one that was read. */
  #inPlace(value: string): string {
    return this.#placeholder(`in place\n${value}`);
  }

  #placeholder(value: string): string {
    const number = this.#numbers.get(value) ?? this.#numbers.size + 1;
    this.#numbers.set(value, number);
    return `[redacted #${number}]`;
  }
}

/** What stands where an object is changed, and what the caller sent. */
interface Standing {
  before?: Json | undefined;
  /** All texts of the list in which it is, where its place does not tell what stood there. */
  theirs?: ReadonlySet<string> | undefined;
  said: ReadonlySet<string>;
}

function isOwn(text: string, { before, theirs, said }: Standing): boolean {
  return said.has(text) && before !== text && theirs?.has(text) !== true;
}

function textsWithin(value: Json | undefined): ReadonlySet<string> {
  const found = new Set<string>();
  const add = (item: Json | undefined): void => {
    if (typeof item === 'string') found.add(item);
    else if (Array.isArray(item)) for (const inner of item) add(inner);
    else if (isObject(item))
      for (const [key, inner] of Object.entries(item)) {
        found.add(key);
        add(inner);
      }
  };
  add(value);
  return found;
}

/** Of a list whose items all have a name, as Kubernetes merges them. */
function namedItems(list: Json | undefined): Map<string, Json> | undefined {
  if (!Array.isArray(list)) return undefined;
  const named = list.flatMap(item =>
    isObject(item) && typeof item['name'] === 'string' ? [[item['name'], item] as const] : [],
  );
  return named.length === list.length ? new Map(named) : undefined;
}

/** `--password`, `value`: the flag stands before it as a word of its own. */
function isSecretFlag(word: Json | undefined): boolean {
  return typeof word === 'string' && /^--?[A-Za-z][^=\s]*$/.test(word) && soundsSecret(word);
}

function longer<T extends { form: string }>(a: T | undefined, b: T | undefined): T | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a.form.length >= b.form.length ? a : b;
}
