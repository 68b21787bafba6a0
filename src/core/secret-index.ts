import { spellingsOf } from './secret-spellings.ts';

// Spellings are found by their first characters: eight, which few share, or four for the short ones; what is shorter
// still is too common to look for.
const longLead = 8;
const shortLead = 4;

/** A known value as it stands in a text. */
export interface Spelling {
  form: string;
  value: string;
}

/** All spellings that begin alike: by length, so that one look-up a length says which stands at a place. */
interface Bucket {
  byLength: Map<number, Map<string, string>>;
  /** Descending; undefined when a length came or went since. */
  lengths: number[] | undefined;
}

/** Finds known values in texts: for each place a few look-ups, whatever the number of the values. */
export class SecretIndex {
  readonly #mostBytes: number;
  readonly #byLead = new Map<string, Bucket>();
  /** Values in the order in which they were learned, with what their spellings weigh. */
  readonly #values = new Map<string, { forms: string[]; bytes: number }>();
  #bytes = 0;

  /** `mostBytes`: what all spellings together may weigh; beyond it the oldest values are let go. */
  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  learn(value: string): void {
    if (value.length < shortLead || this.#values.has(value)) return;
    const forms = spellingsOf(value).filter(form => form.length >= shortLead);
    const bytes = forms.reduce((sum, form) => sum + form.length, 0);
    if (bytes > this.#mostBytes) return;
    this.#values.set(value, { forms, bytes });
    this.#bytes += bytes;
    for (const form of forms) this.#add(form, value);
    for (const [oldest] of this.#values) {
      if (this.#bytes <= this.#mostBytes) break;
      this.#forget(oldest);
    }
  }

  /** The longest known spelling that begins at this place, with the value it spells. */
  at(text: string, place: number): Spelling | undefined {
    return (
      this.#longestOf(text.slice(place, place + longLead), { text, place }) ??
      this.#longestOf(text.slice(place, place + shortLead), { text, place })
    );
  }

  has(value: string): boolean {
    return this.#values.has(value);
  }

  get isEmpty(): boolean {
    return this.#values.size === 0;
  }

  #longestOf(lead: string, { text, place }: { text: string; place: number }): Spelling | undefined {
    const bucket = this.#byLead.get(lead);
    if (bucket === undefined) return undefined;
    bucket.lengths ??= [...bucket.byLength.keys()].sort((a, b) => b - a);
    for (const length of bucket.lengths) {
      const form = text.slice(place, place + length);
      const value = bucket.byLength.get(length)?.get(form);
      if (value !== undefined) return { form, value };
    }
    return undefined;
  }

  #add(form: string, value: string): void {
    const lead = leadOf(form);
    const bucket: Bucket = this.#byLead.get(lead) ?? { byLength: new Map(), lengths: undefined };
    const forms: Map<string, string> = bucket.byLength.get(form.length) ?? new Map<string, string>();
    if (forms.size === 0) bucket.lengths = undefined;
    forms.set(form, value);
    bucket.byLength.set(form.length, forms);
    this.#byLead.set(lead, bucket);
  }

  #forget(value: string): void {
    const known = this.#values.get(value);
    if (known === undefined) return;
    this.#values.delete(value);
    this.#bytes -= known.bytes;
    for (const form of known.forms) {
      const bucket = this.#byLead.get(leadOf(form));
      const forms = bucket?.byLength.get(form.length);
      // Two values may share a spelling: the later one keeps it.
      if (bucket === undefined || forms?.get(form) !== value) continue;
      forms.delete(form);
      if (forms.size > 0) continue;
      bucket.byLength.delete(form.length);
      bucket.lengths = undefined;
      if (bucket.byLength.size === 0) this.#byLead.delete(leadOf(form));
    }
  }
}

function leadOf(form: string): string {
  return form.slice(0, form.length >= longLead ? longLead : shortLead);
}
