import type { Retention } from '../core/backup-set.ts';
import { copyTime } from '../core/copy.ts';

/** A copy as far as retention asks: the newest counts by its id's time. */
export interface Keepable {
  copy: string;
  /** A drill of it passed. */
  proven: boolean;
  /** Of all its parts, as stored. Absent: not known. */
  bytes?: number;
  /** Older copies that it cannot be restored without. */
  needs: readonly string[];
}

/** What becomes of each good copy, and why; the newest first. */
export interface Verdict {
  copy: string;
  /** Empty: it may go. */
  keptFor: readonly string[];
}

/** Less than this part of the largest whole copy may be a dump that broke off unseen. */
const usualShare = 0.5;

const dayMs = 24 * 3_600_000;

/**
 * Which copies are kept, and for what. Never gone, whatever the rules say: the newest, the newest that is proven, the
 * newest of the usual size while nothing newer is proven, and what one of those that are kept needs. Without rules everything is kept.
 */
export function judgeRetention(
  copies: readonly Keepable[],
  { rules, now }: { rules: Retention | undefined; now: Date },
): Verdict[] {
  const sorted = copies.toSorted((a, b) => (a.copy < b.copy ? 1 : a.copy > b.copy ? -1 : 0));
  const reasons = new Map<string, string[]>(sorted.map(({ copy }) => [copy, []]));
  const keep = (copy: string, why: string): void => void reasons.get(copy)?.push(why);
  if (rules === undefined) for (const { copy } of sorted) keep(copy, 'the set has no retention');
  else {
    for (const { copy } of sorted.slice(0, rules.last ?? 0)) keep(copy, `last ${rules.last}`);
    keepPeriods(sorted, { most: rules.daily, name: 'daily', of: dayOf }, keep);
    keepPeriods(sorted, { most: rules.weekly, name: 'weekly', of: weekOf }, keep);
    keepPeriods(sorted, { most: rules.monthly, name: 'monthly', of: monthOf }, keep);
    const { withinSeconds } = rules;
    if (withinSeconds !== undefined)
      for (const { copy } of sorted)
        if (timeOf(copy) > now.getTime() - withinSeconds * 1000) keep(copy, 'young enough');
  }
  const [newest] = sorted;
  if (newest !== undefined) keep(newest.copy, 'the newest');
  const proven = sorted.find(each => each.proven);
  if (proven !== undefined) keep(proven.copy, 'the newest that is proven');
  const usual = newestOfUsualSize(sorted);
  if (usual !== undefined && usual !== newest && (proven === undefined || proven.copy < usual.copy))
    keep(usual.copy, 'the newest of the usual size');
  // From the newest back: what an older one needs in turn is older still.
  for (const { copy, needs } of sorted)
    if (reasons.get(copy)?.length !== 0) for (const other of needs) keep(other, `${copy} needs it`);
  return sorted.map(({ copy }) => ({ copy, keptFor: reasons.get(copy) ?? [] }));
}

/** Only copies that stand alone are compared: what was added to one is as small as what was added. */
function newestOfUsualSize(sorted: readonly Keepable[]): Keepable | undefined {
  const alone = sorted.filter(({ needs }) => needs.length === 0);
  const largest = Math.max(0, ...alone.map(({ bytes = 0 }) => bytes));
  return largest === 0 ? undefined : alone.find(({ bytes = 0 }) => bytes >= largest * usualShare);
}

function keepPeriods(
  sorted: readonly Keepable[],
  rule: { most: number | undefined; name: string; of: (time: Date) => string },
  keep: (copy: string, why: string) => void,
): void {
  const seen = new Set<string>();
  for (const { copy } of sorted) {
    if (seen.size >= (rule.most ?? 0)) return;
    const period = rule.of(new Date(timeOf(copy)));
    if (seen.has(period)) continue;
    seen.add(period);
    keep(copy, `${rule.name} ${rule.most}`);
  }
}

function timeOf(copy: string): number {
  return copyTime(copy)?.getTime() ?? 0;
}

function dayOf(time: Date): string {
  return time.toISOString().slice(0, 10);
}

function monthOf(time: Date): string {
  return time.toISOString().slice(0, 7);
}

/** The day of its Monday. */
function weekOf(time: Date): string {
  const sinceMonday = (time.getUTCDay() + 6) % 7;
  return dayOf(new Date(time.getTime() - sinceMonday * dayMs));
}
