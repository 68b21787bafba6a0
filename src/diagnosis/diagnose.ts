import type { Finding } from '../core/finding.ts';
import { describeRef, type Ref } from '../core/ref.ts';
import { cleanLine } from '../core/text.ts';
import type { Analyzer, Draft } from './analyzer.ts';
import { analyzers } from './analyzers/index.ts';
import { keysAround } from './around.ts';
import { fold, foldAbout } from './fold.ts';
import { notCheckedLine } from './not-checked.ts';
import { withRecentChanges } from './recent-changes.ts';
import { startComparing } from './slip.ts';
import type { Snapshot, Unread } from './snapshot.ts';

/** What is worth a remark and no place in the list: how often, and of what. */
interface Note {
  code: string;
  count: number;
  /** A line each: the object and what is to be said of it. */
  told: readonly string[];
}

/** The verdict on one snapshot. */
export interface Diagnosis {
  /** Root causes first. */
  findings: readonly Finding[];
  /** Milder remarks, by code. */
  notes: readonly Note[];
  /** What could not be read, one line each. */
  notChecked: readonly string[];
}

/** What is wrong, why, and what heals it; by rules alone. `about`: only what concerns that object, or explains its trouble. */
export function diagnose(snapshot: Snapshot, { about }: { about?: Ref } = {}): Diagnosis {
  const failed: string[] = [];
  const drafts = analyzers.flatMap(analyzer => draftsOf(analyzer, { snapshot, failed }));
  return {
    findings: withRecentChanges(
      about === undefined
        ? fold(drafts, snapshot)
        : foldAbout(drafts, { snapshot, keys: keysAround(about, snapshot) }),
      snapshot,
    ),
    notes: notesOf(drafts, snapshot),
    notChecked: [...failed, ...notCheckedLines(snapshot.unread)],
  };
}

function notesOf(drafts: readonly Draft[], snapshot: Snapshot): Note[] {
  const notes = drafts.filter(({ severity }) => severity === 'note');
  return [...Map.groupBy(notes, ({ code }) => code)].map(([code, own]) => ({
    code,
    count: own.length,
    told: own
      .map(({ object, summary }) => cleanLine(`${describeRef(object)}: ${snapshot.mask(summary)}`, noteChars))
      .toSorted(),
  }));
}

// A remark is one line.
const noteChars = 240;

/** Kinds that could not be read for the same reason stand in one line. */
function notCheckedLines(unread: readonly Unread[]): string[] {
  const groups = Map.groupBy(unread, ({ namespace = '', why }) => `${namespace}\n${why}`);
  return [...groups.values()].flatMap(([first, ...others]) => {
    if (first === undefined) return [];
    const kinds = [...new Set([first, ...others].map(({ kind }) => kind))].toSorted();
    const named =
      kinds.length > mostKinds ? [...kinds.slice(0, mostKinds), `${kinds.length - mostKinds} more`] : kinds;
    return [notCheckedLine(named, first)];
  });
}

// Who may read nothing is told so, and not of what.
const mostKinds = 12;

/** What one object makes rules stumble over must not hide what all the others say: a subject whose rules fail is not checked. */
function draftsOf(
  analyzer: Analyzer,
  { snapshot, failed }: { snapshot: Snapshot; failed: string[] },
): Draft[] {
  // Each anew: what makes one subject compare without end takes nothing from the others.
  startComparing();
  try {
    return analyzer.analyze(snapshot);
  } catch (error) {
    failed.push(`${analyzer.id}: its rules failed (${error instanceof Error ? error.name : 'unknown'})`);
    return [];
  }
}
