import type { PlaybookMistake } from '../../core/playbook.ts';
import { mistakesOf, readOneDocument } from '../language/read-playbook.ts';
import { casesSchema, type PlaybookCase } from './case-schema.ts';

/** The cases of a file, or what is wrong with it, each with its line and column. */
export async function readCases(
  text: string,
): Promise<{ cases: PlaybookCase[] } | { cases?: never; mistakes: PlaybookMistake[] }> {
  const document = await readOneDocument(text, {
    one: 'a file holds the cases of one playbook',
    empty: 'Begin with: apiVersion: vigie/v1, kind: PlaybookTest, cases: […]',
  });
  if ('mistakes' in document) return document;
  const read = casesSchema.safeParse(document.document);
  return read.success ? { cases: read.data.cases } : { mistakes: mistakesOf(read.error.issues, document) };
}
