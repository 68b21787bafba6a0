import type { Finding } from '../core/finding.ts';
import { cleanLine } from '../core/text.ts';

// Somebody reads all of it, and a model pays for it; the rest of a finding is asked for by its object.
const findingBytes = 1_200;
// What says when it began is written later, where there is no cause.
const causeBytes = 200;
const lineChars = 240;
// Three quotes of this length leave room for the rest.
const quoteChars = 180;
const fewestNamed = 3;
const mostNamed = 8;

/** A finding of a size that can be read: lines that end, and of quotes and symptoms as many as there is room for. */
export function sized(finding: Omit<Finding, 'explains'>, symptoms: readonly string[]): Finding {
  const { cause, question, ...rest } = finding;
  let sized: Finding = {
    ...rest,
    summary: cleanLine(finding.summary, lineChars),
    evidence: finding.evidence.map(line => cleanLine(line, quoteChars)),
    ...(cause === undefined ? {} : { cause: cleanLine(cause, lineChars) }),
    ...(question === undefined ? {} : { question: cleanLine(question, lineChars) }),
    ...explaining(symptoms, mostNamed),
  };
  const most = findingBytes - (cause === undefined ? causeBytes : 0);
  for (
    let named = Math.min(mostNamed, symptoms.length) - 1;
    named >= fewestNamed && isOver(sized, most);
    named--
  )
    sized = { ...sized, ...explaining(symptoms, named) };
  while (sized.evidence.length > 1 && isOver(sized, most))
    sized = { ...sized, evidence: sized.evidence.slice(0, -1) };
  return sized;
}

function isOver(finding: Finding, most: number): boolean {
  return Buffer.byteLength(JSON.stringify(finding)) > most;
}

function explaining(symptoms: readonly string[], most: number): Pick<Finding, 'explains'> {
  if (symptoms.length === 0) return {};
  const named = symptoms.slice(0, most);
  const more = symptoms.length - named.length;
  return { explains: more > 0 ? [...named, `and ${more} more`] : named };
}
