import { cleanLine } from '../../core/text.ts';
import type { ToolContext } from '../../toolkit/tool.ts';
import type { Question } from './access-question.ts';
import { namedPlace } from './named-place.ts';

// The authorizer's own words; its first sentence tells.
const reasonChars = 300;

/** The answer for one place. */
export interface Verdict {
  place: string | undefined;
  /** Undefined: not known. */
  allowed: boolean | undefined;
  reason: string;
}

/** Asks for one place of the question after the other. */
export async function eachPlace(
  { places }: Question,
  ask: (place: string | undefined) => Promise<Omit<Verdict, 'place'>>,
): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  for (const place of places) verdicts.push({ place, ...(await ask(place)) });
  return verdicts;
}

/** All verdicts as one: yes, no, partly or not known, and where. */
export function sumUp(
  context: ToolContext,
  { question, verdicts, who }: { question: Question; verdicts: readonly Verdict[]; who: string },
): { headline: string; lines: string[]; facts: { allowed?: boolean } } {
  const granted = verdicts.filter(({ allowed }) => allowed === true);
  const refused = verdicts.filter(({ allowed }) => allowed === false);
  const open = verdicts.filter(({ allowed }) => allowed === undefined);
  const where = (some: readonly Verdict[]) =>
    placesText(
      context,
      some.map(({ place }) => place),
      question,
    );
  const may = `may ${question.words}`;
  const parts = [
    ...(granted.length === 0 ? [] : [`${who} ${may}${where(granted)}`]),
    ...(refused.length === 0
      ? []
      : [
          granted.length === 0
            ? `${who} may not ${question.words}${where(refused)}`
            : `but not${where(refused)}`,
        ]),
    ...(open.length === 0
      ? []
      : [
          open.length === verdicts.length
            ? `whether ${who} ${may}${where(open)}`
            : `and it is not known${where(open)}`,
        ]),
  ];
  const some = parts.length > 1 ? 'partly' : 'yes';
  const word = granted.length > 0 ? some : refused.length > 0 ? 'no' : 'not known';
  const reasons = new Set(verdicts.map(({ reason }) => cleanLine(context.mask(reason), reasonChars)));
  return {
    headline: `${word}: ${parts.join(', ')}`,
    lines: [...reasons].filter(reason => reason !== ''),
    // One refusal is enough for a no; a yes takes that nothing is open.
    facts: refused.length === 0 && open.length > 0 ? {} : { allowed: refused.length === 0 },
  };
}

/** ` in shop, payments`; empty for what lies in no namespace. */
export function placesText(
  { environment }: ToolContext,
  places: readonly (string | undefined)[],
  { namespaced, found }: Question,
): string {
  if (!namespaced) return '';
  const names = places.map(place =>
    place === undefined ? 'all namespaces' : namedPlace(place, { environment, found }),
  );
  return ` in ${names.join(', ')}`;
}
