import { dirname, join } from 'node:path';
import { VigieError } from '../../core/errors.ts';
import type { PlaybookMistake } from '../../core/playbook.ts';
import { trusted } from '../../core/trusted-text.ts';
import type { PlaybookCase } from '../../engine/cases/case-schema.ts';
import { readCases } from '../../engine/cases/read-cases.ts';
import { type PlaybookFile, textOf } from '../../engine/catalogue/catalogue.ts';

/** The cases of a playbook, which stand beside it. Undefined: it has none. */
export async function readCasesOf(
  each: PlaybookFile,
): Promise<{ file: string; mistakes: PlaybookMistake[]; cases: PlaybookCase[] } | undefined> {
  const file = join(dirname(each.file), 'test.yaml');
  const text = await textOf({ ...each, file });
  return text === undefined ? undefined : { file, cases: [], mistakes: [], ...(await readCases(text)) };
}

/** What is said where a playbook was named and has none. */
export function untested({ name, file }: PlaybookFile): VigieError {
  return new VigieError(
    'INVALID_INPUT',
    `The playbook ${name} has no cases: there is no test.yaml beside ${file}.`,
    {
      hint: trusted`How cases are written: docs/guides/playbooks.md`,
    },
  );
}
