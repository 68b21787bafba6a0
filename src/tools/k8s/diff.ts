import * as z from 'zod';
import { VigieError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { describeRef } from '../../core/ref.ts';
import { defineReadTool } from '../../toolkit/tool.ts';
import type { TriedChange } from '../../toolkit/tried-change.ts';
import { tableHeader, tableLine } from '../text-table.ts';
import { appliesOf } from './applies.ts';
import { namespaceField } from './schemas.ts';

// Of the answer's room, for all diffs together; the table of outcomes and what goes around it take the rest.
const shareOfDiffs = 0.75;
// A diff that is cut still shows what it is about.
const leastLines = 10;

/** What applying a manifest would change now, and what would be refused. Changes nothing. */
export const k8sDiff = defineReadTool({
  name: 'k8s_diff',
  title: 'Compare a manifest',
  description: "What k8s_apply would change, by the server's dry run; nothing is changed.",
  input: z.strictObject({
    manifest: z.string().min(1).max(limits.manifestBytes).describe('One or more documents, or a List.'),
    namespace: namespaceField.describe('For documents that name none.'),
    force: z.boolean().default(false).describe('As k8s_apply.'),
  }),
  output: z.object({
    summary: z.string(),
    differs: z.boolean(),
    counts: z.record(z.string(), z.number()),
    rows: z.array(z.unknown()),
  }),
  previews: 'sent',

  async read({ manifest, namespace, force }, context) {
    if (context.tryChanges === undefined)
      throw new VigieError(
        'READ_ONLY',
        'A diff needs a dry run of the server, and this Vigie runs read-only',
        {
          hint: 'Compare by eye with k8s_get, or run Vigie without --read-only: a diff changes nothing.',
        },
      );
    const changes = await appliesOf({ manifest, namespace, force }, context);
    const tried = await context.tryChanges(changes);
    const counts = countsOf(tried);
    const differs = tried.some(({ outcome }) => outcome !== 'none');
    const named = Object.entries(counts).map(([name, count]) => `${count} ${name}`);
    const summary = `${tried.length} object${tried.length === 1 ? '' : 's'}: ${named.join(', ')}`;
    const rows = tried.map(rowOf);
    const table = rows.map(row => tableLine([row.outcome, row.object, row.note ?? '']));
    const room = Math.floor(context.budgetBytes * shareOfDiffs);
    const text = [summary, tableHeader(['outcome', 'object', 'note']), ...table, ...diffsOf(tried, room)];
    return { data: { summary, differs, counts, rows }, text: text.join('\n') };
  },
});

function countsOf(tried: readonly TriedChange[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const one of tried) counts[wordOf(one)] = (counts[wordOf(one)] ?? 0) + 1;
  return counts;
}

function wordOf({ outcome }: TriedChange): string {
  return outcome === 'none' ? 'same' : outcome;
}

function rowOf(one: TriedChange): { outcome: string; object: string; note?: string } {
  const object = describeRef(one.target);
  const row = { outcome: wordOf(one), object };
  if ('why' in one) {
    const about = `${object}: `;
    const why = one.why.startsWith(about) ? one.why.slice(about.length) : one.why;
    return { ...row, note: one.diff === undefined ? why : `${why}; with force it would be as below` };
  }
  const unchecked = one.unchecked === undefined ? [] : [`not checked by the server: ${one.unchecked}`];
  const note = [...unchecked, ...one.warnings].join('; ');
  return note === '' ? row : { ...row, note };
}

/** The diffs, each cut to its part of the room where all of them do not fit. */
function diffsOf(tried: readonly TriedChange[], room: number): string[] {
  const diffs = tried.flatMap(one => (one.diff === undefined || one.diff === '' ? [] : [one.diff]));
  const whole = diffs.reduce((sum, diff) => sum + Buffer.byteLength(diff), 0) <= room;
  return diffs.flatMap(diff => ['', whole ? diff : cutLines(diff, room / diffs.length)]);
}

function cutLines(diff: string, room: number): string {
  const lines = diff.split('\n');
  let bytes = 0;
  const kept = lines.findIndex(line => (bytes += Buffer.byteLength(line) + 1) > room);
  const shown = kept < 0 ? lines.length : Math.max(leastLines, kept);
  if (shown >= lines.length) return diff;
  return [...lines.slice(0, shown), `… ${lines.length - shown} more lines of this object`].join('\n');
}
