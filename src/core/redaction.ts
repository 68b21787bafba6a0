import { isObject, type Json, type JsonObject, plainText } from './json.ts';
import type { KnownSecrets, Origin } from './known-secrets.ts';
import { isSecretField, maskForms } from './secret-forms.ts';
import { isSecretFlag, soundsSecret } from './secret-names.ts';
import { cleanText } from './text.ts';

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

/** One text outside an answer (a record, a log line), masked. */
export function maskText(known: KnownSecrets, text: string): string {
  return new Redactor(known).text(text);
}

/** Masks one answer. Placeholders are numbered per answer, so that two answers cannot be compared by them. */
export class Redactor {
  readonly #known: KnownSecrets;
  readonly #origins: readonly Origin[];
  #numbers = new Map<string, number>();
  #said: readonly string[] = [];
  #strict: Redactor = this;
  #acts: Redactor = this;
  #byValueAlone = false;

  /** `origins`: whose values are looked for everywhere; absent: all. What stands in its place is masked in any case. */
  constructor(known: KnownSecrets, origins: readonly Origin[] = ['read', 'sent']) {
    this.#known = known;
    this.#origins = origins;
  }

  /** For the screen of whoever decides: what the asker sent is not looked for, or it could hide what is decided on. */
  static forDecision(known: KnownSecrets): Redactor {
    const redactor = new Redactor(known, ['read']);
    redactor.#acts = new Redactor(known, ['read']);
    redactor.#acts.#numbers = redactor.#numbers;
    redactor.#acts.#byValueAlone = true;
    return redactor;
  }

  /**
   * The same for what is done: words that run, paths that are written. For a decision only values that were read are masked
   * there: a shell runs what stands behind `--password` or between the lines of a key as any other word. Elsewhere: this.
   */
  get acts(): Redactor {
    return this.#acts;
  }

  /** The name of what is changed, which no Secret that repeats it may hide from whoever decides. */
  target(name: string): string {
    return this.#acts === this ? this.text(name) : name;
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
    return this.#byValueAlone ? masked : maskForms(masked, value => this.#placeholder(value));
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
    if (this.#byValueAlone) return this.json(object);
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
