import * as z from 'zod';
import { shownName } from '../../core/actor.ts';
import { limits } from '../../core/limits.ts';
import { describeRef } from '../../core/ref.ts';
import { cleanLine, cleanText } from '../../core/text.ts';
import type { ChangeRecord } from '../../store/change-reader.ts';
import { defineReadTool } from '../../toolkit/tool.ts';
import { fittingRows } from '../text-table.ts';
import { changeIdField } from './schemas.ts';

// What an answer holds beside its diff: facts, evidence and targets twice, JSON punctuation.
const overheadBytes = 14_000;
const mostTargets = 20;
const mostEvidence = 20;
const evidenceChars = 200;

/** Shows one change or ticket with its diff; can wait until it has ended. */
export const changesGet = defineReadTool({
  name: 'changes_get',
  title: 'Show a change',
  description: 'Show a change or ticket: state, diff, evidence. Set waitSeconds instead of polling.',
  input: z.strictObject({
    id: changeIdField,
    waitSeconds: z.int().min(0).max(limits.waitSeconds).default(0).describe('Wait for its end.'),
  }),
  output: z.object({
    id: z.string(),
    state: z.string(),
    environment: z.string(),
    tool: z.string(),
    risk: z.string(),
    summary: z.string(),
    targets: z.array(z.string()),
    evidence: z.array(z.string()),
    undo: z.string(),
    createdAt: z.string(),
    expiresAt: z.string().optional(),
    decidedBy: z.string().optional(),
    finishedAt: z.string().optional(),
    undoOf: z.string().optional(),
    undoneBy: z.string().optional(),
    truncated: z.boolean(),
  }),
  environmental: false,

  async read({ id, waitSeconds }, context) {
    const { changes, signal, budgetBytes } = context;
    if (waitSeconds > 0) context.progress(`waiting for ${id}`);
    const record =
      waitSeconds === 0
        ? await changes.get(id)
        : await changes.wait(id, { timeoutMs: waitSeconds * 1_000, signal });
    const facts = factsOf(record);
    const since = await context.changedSince(record);
    const diff = cleanText(record.diff).split('\n');
    const printed = printedBy(record, Math.floor((budgetBytes - overheadBytes) / 2));
    const others = [...since, ...printed].join('\n');
    const shown = fittingRows(diff, budgetBytes - overheadBytes - Buffer.byteLength(others));
    const truncated = shown.length < diff.length;
    const rest = truncated
      ? [`… ${diff.length - shown.length} more lines; vigie changes get ${record.id} shows all`]
      : [];
    return {
      data: { ...facts, truncated },
      text: [...headLines(facts, record), ...printed, ...since, ...shown, ...rest].join('\n'),
    };
  },
});

function factsOf(record: ChangeRecord) {
  const { expiresAt, decidedBy, finishedAt, undoOf, undoneBy } = record;
  const targets = record.targets.slice(0, mostTargets).map(describeRef);
  const more = record.targets.length - targets.length;
  return {
    id: record.id,
    state: record.state,
    environment: record.environment,
    tool: record.tool,
    risk: record.risk,
    summary: cleanLine(record.summary, limits.warningChars),
    targets: more > 0 ? [...targets, `and ${more} more`] : targets,
    evidence: record.evidence
      .slice(0, mostEvidence)
      .map(piece => cleanLine(piece.split('\n', 1)[0] ?? '', evidenceChars)),
    undo: record.undo,
    createdAt: record.createdAt,
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(decidedBy === undefined ? {} : { decidedBy }),
    ...(finishedAt === undefined ? {} : { finishedAt }),
    ...(undoOf === undefined ? {} : { undoOf }),
    ...(undoneBy === undefined ? {} : { undoneBy }),
  };
}

/** The last lines of what a program printed, apart from ours, so that none passes for one. */
function printedBy({ evidence }: ChangeRecord, bytes: number): string[] {
  const lines = evidence
    .filter(piece => piece.includes('\n'))
    .flatMap(piece => cleanText(piece).split('\n'))
    .map(line => `  | ${line}`);
  return fittingRows(lines.toReversed(), bytes).toReversed();
}

function headLines(facts: ReturnType<typeof factsOf>, record: ChangeRecord): string[] {
  const { actor } = record;
  const by = actor.name === actor.onBehalfOf ? actor.name : `${shownName(actor)} for ${actor.onBehalfOf}`;
  return [
    `${facts.id} ${facts.state} in ${facts.environment}: ${facts.summary}`,
    `risk ${facts.risk}; asked by ${by} (${actor.kind}) at ${facts.createdAt}`,
    ...(facts.decidedBy === undefined ? [] : [`decided by ${facts.decidedBy}`]),
    ...(facts.state === 'waiting'
      ? [`open until ${facts.expiresAt ?? 'decided'}; a person decides: vigie approve ${facts.id}`]
      : []),
    ...facts.evidence,
    ...(facts.undoneBy === undefined ? [`undo: ${facts.undo}`] : [`undone by ${facts.undoneBy}`]),
  ];
}
