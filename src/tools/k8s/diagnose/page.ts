import type { JsonObject } from '../../../core/json.ts';
import { limits } from '../../../core/limits.ts';
import { type Trusted, trusted } from '../../../core/trusted-text.ts';
import type { Diagnosis } from '../../../diagnosis/diagnose.ts';
import { fittingRows, sentBytes } from '../../text-table.ts';
import { type DiagnosisAnswer, grouped, type ShownFinding, shown } from './answer.ts';

// A model reads a broken cluster at the price of a file, and a broken namespace at a third of it; the rest comes in pages.
const pageBytes = { whole: 20_000, part: 6_000 };
// What stands around all that: names of fields, a summary, the next call.
const frameBytes = 500;
// Why a fix could not be tried, in so many words; longer ones are rare.
const untriedChars = 60;
const mostNotChecked = 12;

/** One page of a diagnosis as it is answered. `tried`: with their fixes tried. */
export async function answerOf(
  { findings, notes, notChecked }: Diagnosis,
  at: {
    place: string;
    skip: number;
    /** The one that was looked at; absent: all that an environment has. */
    namespace: string | undefined;
    /** The most that the answer's reader takes; a terminal takes all there is. */
    budgetBytes: number;
    tried(findings: readonly ShownFinding[]): Promise<ShownFinding[]>;
    /** Whether the notes are told, and not only counted. */
    notes: boolean;
    /** Files stand for a cluster that may not be there, and are named anew with each page. */
    of: 'cluster' | 'files';
  },
): Promise<DiagnosisAnswer> {
  const shownUnread = notChecked.slice(0, mostNotChecked);
  const rest = notChecked.length - shownUnread.length;
  // Notes that were asked for come on top: there are so many of them at most.
  const counts = notes.map(({ code, count }) => ({ code, count }));
  const page = pageOf(findings, { ...at, taken: frameBytes + sentBytes([...counts, ...shownUnread]) });
  const tried = await at.tried(page.findings);
  return {
    summary: summaryOf(findings, { place: at.place, some: page.more ? page.findings.length : undefined }),
    findings: tried,
    notes: shownNotes(notes, at),
    notChecked: rest === 0 ? shownUnread : [...shownUnread, `and ${rest} more`],
    truncated: page.more,
    ...nextOf(tried, { ...at, more: page.more }),
  };
}

/** What fits; equal findings become one only where not all of them do. */
function pageOf(
  findings: Diagnosis['findings'],
  at: { skip: number; namespace: string | undefined; budgetBytes: number; taken: number },
): { findings: ShownFinding[]; more: boolean } {
  const bytes = (at.namespace === undefined ? pageBytes.whole : pageBytes.part) - at.taken;
  const each = findings.map(shown);
  const fits = each.reduce((sum, finding) => sum + sentBytes(withReasons(finding)), 0) <= bytes;
  const unbounded = at.budgetBytes > limits.answerBytes;
  const rows = (fits ? each : grouped(findings, { whole: unbounded })).slice(at.skip);
  // A page without any would lead to itself.
  const fitting = unbounded
    ? rows
    : rows.slice(0, Math.max(1, fittingRows(rows.map(withReasons), bytes).length));
  return { findings: fitting, more: fitting.length < rows.length };
}

/** As long as it becomes where nobody may try its fixes. */
function withReasons({ fixes, ...finding }: ShownFinding): ShownFinding & JsonObject {
  return { ...finding, fixes: fixes.map(fix => ({ ...fix, notPreviewed: '-'.repeat(untriedChars) })) };
}

/** Counted, and told where that was asked for: to a terminal all of them, to a model so many in all. */
function shownNotes(
  notes: Diagnosis['notes'],
  { notes: isAsked, budgetBytes }: { notes: boolean; budgetBytes: number },
): DiagnosisAnswer['notes'] {
  if (!isAsked) return notes.map(({ code, count }) => ({ code, count }));
  const each = Math.max(1, Math.floor(mostNotes / Math.max(1, notes.length)));
  const most = budgetBytes > limits.answerBytes ? Number.POSITIVE_INFINITY : each;
  return notes.map(({ code, count, told }) => ({ code, count, told: told.slice(0, most) }));
}

// A line of 240 characters each: no more than a page of findings.
const mostNotes = 20;

function summaryOf(
  findings: Diagnosis['findings'],
  { place, some }: { place: string; some: number | undefined },
): string {
  if (findings.length === 0) return `${place}: nothing found wrong`;
  const critical = findings.filter(({ severity }) => severity === 'critical').length;
  const counts = [
    ...(critical === 0 ? [] : [`${critical} critical`]),
    ...(critical === findings.length ? [] : [`${findings.length - critical} warning`]),
  ].join(', ');
  return `${place}: ${counts}${some === undefined ? '' : `; ${some} shown`}`;
}

function nextOf(
  shownHere: readonly ShownFinding[],
  {
    namespace,
    skip,
    more,
    of,
  }: {
    namespace: string | undefined;
    skip: number;
    more: boolean;
    of: 'cluster' | 'files';
  },
): { next?: Trusted } {
  const after = skip + shownHere.length;
  if (more && of === 'files') return { next: trusted`More: the same with skip ${after}` };
  if (more)
    return {
      next:
        namespace === undefined
          ? trusted`k8s_diagnose {"skip": ${after}}`
          : trusted`k8s_diagnose {"namespace": "${namespace}", "skip": ${after}}`,
    };
  if (shownHere.some(({ fixes }) => fixes.length > 0))
    return { next: trusted`A fix shows what it would change and asks first, as every change does.` };
  if (of === 'files') return {};
  // What does not exist cannot be described.
  const first = shownHere.find(({ code }) => !code.endsWith('_MISSING'));
  if (first === undefined) return {};
  const { kind, name, namespace: within } = first.object;
  return {
    next:
      within === undefined
        ? trusted`See more: k8s_describe {"target":{"kind":"${kind}","name":"${name}"}}`
        : trusted`See more: k8s_describe {"target":{"kind":"${kind}","name":"${name}","namespace":"${within}"}}`,
  };
}
