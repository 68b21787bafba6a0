import { isObject, type Json, type JsonObject, plainText } from './json.ts';
import { SecretIndex, type Spelling } from './secret-index.ts';
import { isSecretFlag, soundsSecret } from './secret-names.ts';
import { innerValues, isTelling } from './telling-values.ts';

// A process that watches a large cluster for days must not grow without end. What callers send has room of its own:
// no manifest can push out what the cluster holds.
const readBytes = 64 * 1024 * 1024;
const sentBytes = 16 * 1024 * 1024;

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
}

function longer<T extends { form: string }>(a: T | undefined, b: T | undefined): T | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a.form.length >= b.form.length ? a : b;
}
