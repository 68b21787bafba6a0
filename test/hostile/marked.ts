import type { CallToolResult } from '@modelcontextprotocol/client';
import { expect } from 'vitest';
import { type Json, type JsonObject, plainText } from '../../src/core/json.ts';
import { stepNames } from '../../src/core/result.ts';

/** One answer over the protocol, with what was called. */
export interface Told {
  what: string;
  answer: CallToolResult;
}

const unclean =
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/u;

/** Each answer is marked as untrusted, clean, and has none of these texts where a model looks for its next step. */
export function expectMarked(answers: readonly Told[], texts: readonly string[]): void {
  const pieces = texts.flatMap(piecesOf);
  for (const { what, answer } of answers) {
    expect(answer._meta?.['dev.vigie/untrusted'], what).toBe(true);
    expect(textIn(answer), what).not.toMatch(unclean);
    const said = stepsIn(answer.structuredContent as Json);
    for (const piece of pieces)
      expect(said.toLowerCase(), `${what}\n${said}`).not.toContain(piece.toLowerCase());
  }
}

/** The texts that no answer shows. */
export function untold(answers: readonly Told[], texts: readonly string[]): string[] {
  const all = answers.map(({ answer }) => textIn(answer)).join('\n');
  return texts.filter(text => !all.includes(telling(text)));
}

/** The tools that were called. */
export function calledIn(answers: readonly Told[]): Set<string> {
  return new Set(answers.map(({ what }) => what.split(' ', 1).join('')));
}

/** The longest plain run of a text, by which it is known again after cleaning. */
function telling(text: string): string {
  return text
    .split(/(?:.\[[\d;]*[A-Z]|[^\w .,:;/@-])+/)
    .reduce((longest, part) => (part.trim().length > longest.length ? part.trim() : longest), '')
    .slice(0, 40);
}

/** Every four words in a row, which are more than ours share with one by chance; of a shorter text all of it. */
function piecesOf(text: string): string[] {
  const words = text.split(/[^\w]+/).filter(word => word !== '');
  if (words.length < 4) return [words.join(' ')];
  return words.slice(3).map((_word, index) => words.slice(index, index + 4).join(' '));
}

function stepsIn(data: Json): string {
  const members = data as JsonObject;
  return stepNames
    .map(name => plainText(members[name]))
    .join('\n')
    .replaceAll(/[^\w]+/g, ' ');
}

function textIn({ content, structuredContent }: CallToolResult): string {
  const texts = content.map(block => (block.type === 'text' ? block.text : ''));
  return [...texts, ...stringsIn((structuredContent ?? {}) as Json)].join('\n');
}

function stringsIn(value: Json | undefined): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(item => stringsIn(item));
}
