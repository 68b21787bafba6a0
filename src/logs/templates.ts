import type { LogEvent } from './event-joiner.ts';
import { type Level, levels } from './level.ts';
import { shapeOf } from './line-shape.ts';
import { withoutVariables } from './variables.ts';

/*
 * Folds events into templates, in the manner of Drain: parts that vary by their form (times, numbers, paths) are taken out
 * first, then texts that differ in one word are folded once there are enough of them. Two or three texts stay apart, since
 * `payment accepted` and `payment refused` are two things and `user alice` … `user zoe` is one. Time is linear in the
 * lines: a text seen before costs a look-up, a new one is held against a bounded number of others. Memory is bounded by
 * the limits below, whatever comes.
 */

// What an operator could read at all; all further texts are counted, by level.
const mostTemplates = 1_000;
// Of one length, level and first word. Past this, the most similar two are folded.
const mostInLeaf = 24;
// As many texts that differ in one word only are one statement with a variable in it.
const foldFrom = 4;
const similarEnough = 0.5;
// Exact texts whose template is remembered, so that the next one is found at once.
const mostTexts = 8_000;
// What is compared of a line: its start tells what it is.
const mostTokens = 40;
const tokenChars = 60;
const exampleChars = 300;
const mostPlaces = 50;

const anyWord = '<*>';

export interface Template {
  level: Level;
  tokens: readonly string[];
  count: number;
  /** How many in each equal part of the time that was asked about. */
  slots: number[];
  firstMs: number;
  lastMs: number;
  /** The newest that fell under it. */
  example: string;
  /** Lines of the example's event. */
  lines: number;
  /** Pods or other sources, the first ones; see morePlaces. */
  places: Set<string>;
  morePlaces: boolean;
  /** True for the one that counts, of its level, what came after there were too many. */
  rest: boolean;
}

export class TemplateMiner {
  /** Events of all templates. */
  events = 0;
  readonly #span: { fromMs: number; toMs: number; slots: number };
  readonly #texts = new Map<string, Template>();
  readonly #leaves = new Map<string, Template[]>();
  readonly #rests = new Map<Level, Template>();
  #templates = 0;

  /** slots: into how many equal parts the time is divided. An event outside of it counts in the nearest part. */
  constructor(span: { fromMs: number; toMs: number; slots: number }) {
    this.#span = span;
  }

  add(event: LogEvent): void {
    const { message, level } = shapeOf(event.text);
    this.addAs(event, { message, level });
  }

  /** As add, for an event whose shape is known. */
  addAs(event: LogEvent, { message, level }: { message: string; level: Level }): void {
    const text = withoutVariables(message);
    const key = `${level} ${text}`;
    const known = this.#texts.get(key);
    const template = known ?? this.#find(level, tokensOf(text));
    if (known === undefined && this.#texts.size < mostTexts) this.#texts.set(key, template);
    this.events += 1;
    count(template, { event, slot: this.#slotOf(event.atMs) });
  }

  /** The gravest first, of one level the most frequent. */
  templates(): Template[] {
    return [...this.#leaves.values(), [...this.#rests.values()]]
      .flat()
      .filter(template => template.count > 0)
      .toSorted(
        (left, right) =>
          levels.indexOf(left.level) - levels.indexOf(right.level) ||
          right.count - left.count ||
          right.lastMs - left.lastMs,
      );
  }

  #slotOf(atMs: number): number {
    const { fromMs, toMs, slots } = this.#span;
    const part = Math.floor(((atMs - fromMs) / Math.max(1, toMs - fromMs)) * slots);
    return Math.min(slots - 1, Math.max(0, part));
  }

  #find(level: Level, tokens: readonly string[]): Template {
    const first = tokens[0] ?? '';
    const key = `${level} ${tokens.length} ${first.includes('<') ? anyWord : first}`;
    const leaf = this.#leaves.get(key) ?? [];
    const fitting = leaf.find(each => differences(each.tokens, tokens) === 0);
    if (fitting !== undefined) return fitting;
    const folded = this.#foldInto(leaf, tokens);
    if (folded !== undefined) return folded;
    if (leaf.length >= mostInLeaf) {
      const similar = mostSimilar(leaf, tokens);
      if (similar === undefined) return this.#restOf(level);
      similar.tokens = common(similar.tokens, tokens);
      return similar;
    }
    if (this.#templates >= mostTemplates) return this.#restOf(level);
    this.#templates += 1;
    const template = this.#fresh(level, tokens);
    leaf.push(template);
    this.#leaves.set(key, leaf);
    return template;
  }

  /** Folds those that differ from the new text in one and the same word, if there are enough with it. */
  #foldInto(leaf: Template[], tokens: readonly string[]): Template | undefined {
    const byPosition = new Map<number, Template[]>();
    for (const each of leaf) {
      const position = onlyDifference(each.tokens, tokens);
      if (position === undefined) continue;
      const siblings = byPosition.get(position) ?? [];
      siblings.push(each);
      byPosition.set(position, siblings);
    }
    const enough = [...byPosition].find(([, siblings]) => siblings.length + 1 >= foldFrom);
    if (enough === undefined) return undefined;
    const [position, [kept, ...others]] = enough;
    if (kept === undefined) return undefined;
    kept.tokens = kept.tokens.with(position, anyWord);
    for (const other of others) {
      merge(kept, other);
      leaf.splice(leaf.indexOf(other), 1);
      this.#templates -= 1;
      // What led to the other leads to the one that took it in.
      for (const [text, template] of this.#texts) if (template === other) this.#texts.set(text, kept);
    }
    return kept;
  }

  #restOf(level: Level): Template {
    const rest = this.#rests.get(level) ?? { ...this.#fresh(level, []), rest: true };
    this.#rests.set(level, rest);
    return rest;
  }

  #fresh(level: Level, tokens: readonly string[]): Template {
    return {
      level,
      tokens,
      count: 0,
      slots: Array.from({ length: this.#span.slots }, () => 0),
      firstMs: Number.POSITIVE_INFINITY,
      lastMs: Number.NEGATIVE_INFINITY,
      example: '',
      lines: 1,
      places: new Set(),
      morePlaces: false,
      rest: false,
    };
  }
}

function tokensOf(text: string): string[] {
  const tokens = text.split(/\s+/, mostTokens + 1).filter(token => token !== '');
  const kept = tokens
    .slice(0, mostTokens)
    .map(token => (token.length > tokenChars ? `${token.slice(0, tokenChars)}…` : token));
  return tokens.length > mostTokens ? [...kept, '…'] : kept;
}

function count(template: Template, { event, slot }: { event: LogEvent; slot: number }): void {
  template.count += 1;
  template.slots[slot] = (template.slots[slot] ?? 0) + 1;
  if (event.atMs >= template.lastMs) {
    template.lastMs = event.atMs;
    template.example = event.text.slice(0, exampleChars);
    template.lines = event.lines;
  }
  template.firstMs = Math.min(template.firstMs, event.atMs);
  if (template.places.size < mostPlaces) template.places.add(event.where);
  else if (!template.places.has(event.where)) template.morePlaces = true;
}

function merge(into: Template, other: Template): void {
  into.count += other.count;
  into.slots = into.slots.map((each, index) => each + (other.slots[index] ?? 0));
  into.firstMs = Math.min(into.firstMs, other.firstMs);
  if (other.lastMs > into.lastMs)
    Object.assign(into, { lastMs: other.lastMs, example: other.example, lines: other.lines });
  for (const place of other.places) {
    if (into.places.size < mostPlaces) into.places.add(place);
    else if (!into.places.has(place)) into.morePlaces = true;
  }
  into.morePlaces ||= other.morePlaces;
}

/** In how many words a text differs from a template of its length; a word that may be any differs from none. */
function differences(template: readonly string[], tokens: readonly string[]): number {
  return template.reduce(
    (sum, each, index) => (each === tokens[index] || each === anyWord ? sum : sum + 1),
    0,
  );
}

function onlyDifference(template: readonly string[], tokens: readonly string[]): number | undefined {
  let found: number | undefined;
  for (const [index, token] of template.entries()) {
    if (token === tokens[index] || token === anyWord) continue;
    if (found !== undefined) return undefined;
    found = index;
  }
  return found;
}

function mostSimilar(leaf: readonly Template[], tokens: readonly string[]): Template | undefined {
  let best: Template | undefined;
  let fewest = tokens.length * similarEnough;
  for (const each of leaf) {
    const differing = differences(each.tokens, tokens);
    if (differing > fewest) continue;
    best = each;
    fewest = differing;
  }
  return best;
}

function common(template: readonly string[], tokens: readonly string[]): string[] {
  return template.map((each, index) => (each === tokens[index] ? each : anyWord));
}
