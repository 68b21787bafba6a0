import { spellingsOf } from './secret-spellings.ts';

// Spellings are found by their first characters: eight, which few share, or four for the short ones; what is shorter
// still is too common to look for.
const longLead = 8;
const shortLead = 4;

interface Spelling {
  form: string;
  value: string;
}

/** Finds known values in texts: linear in the text, whatever the size and number of the values. */
export class SecretIndex {
  readonly #mostBytes: number;
  readonly #byLead = new Map<string, { spellings: Spelling[]; sorted: boolean }>();
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
    for (const form of forms) {
      const bucket = this.#byLead.get(leadOf(form)) ?? { spellings: [], sorted: true };
      bucket.spellings.push({ form, value });
      bucket.sorted = false;
      this.#byLead.set(leadOf(form), bucket);
    }
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

  get isEmpty(): boolean {
    return this.#values.size === 0;
  }

  #longestOf(lead: string, { text, place }: { text: string; place: number }): Spelling | undefined {
    const bucket = this.#byLead.get(lead);
    if (bucket === undefined) return undefined;
    if (!bucket.sorted) {
      bucket.spellings.sort((a, b) => b.form.length - a.form.length);
      bucket.sorted = true;
    }
    return bucket.spellings.find(({ form }) => text.startsWith(form, place));
  }

  #forget(value: string): void {
    const known = this.#values.get(value);
    if (known === undefined) return;
    this.#values.delete(value);
    this.#bytes -= known.bytes;
    for (const form of known.forms) {
      const bucket = this.#byLead.get(leadOf(form));
      if (bucket === undefined) continue;
      bucket.spellings = bucket.spellings.filter(spelling => spelling.value !== value);
      if (bucket.spellings.length === 0) this.#byLead.delete(leadOf(form));
    }
  }
}

function leadOf(form: string): string {
  return form.slice(0, form.length >= longLead ? longLead : shortLead);
}
