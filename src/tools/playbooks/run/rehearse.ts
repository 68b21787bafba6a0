import type { JsonObject } from '../../../core/json.ts';
import { limits } from '../../../core/limits.ts';
import type { RehearsalReport, RehearsedStep } from '../../../core/rehearsal.ts';
import { cleanLine, cleanText } from '../../../core/text.ts';
import { trusted } from '../../../core/trusted-text.ts';
import { shownStep } from '../../../engine/interpreter/said-of-step.ts';
import type { ToolContext } from '../../../toolkit/tool.ts';
import { fittingRows } from '../../text-table.ts';
import type { Answer } from './read.ts';

// Facts beside the steps, which are told twice, and the diffs.
const overheadBytes = 2_000;
const pathChars = 160;
/** Of lists in one line or at the end; vigie playbooks rehearse shows all. */
const mostNamed = 10;

const verdicts: Record<RehearsalReport['outcome'], string> = {
  done: 'would end well',
  failed: 'would fail',
  denied: 'would be denied',
  unknown: 'cannot be told',
};

/** Plays a run on a copy of the environment, and tells what it came to. Nothing is changed. */
export async function answerRehearsal(
  { name, inputs }: { name: string; inputs: JsonObject },
  context: ToolContext,
): Promise<Answer> {
  const { playbooks, environment, signal, budgetBytes } = context;
  const report = await playbooks.rehearse(
    { name, inputs, environment: environment.name },
    { signal, progress: message => context.progress(message) },
  );
  const { outcome, why, steps, wayBack } = report;
  const facts = factLines(report);
  const back = wayBack === undefined ? [] : backLines(wayBack);
  const used = Buffer.byteLength([...facts, ...back].join('\n'));
  const room = Math.max(0, budgetBytes - overheadBytes - used);
  const rows = fittingRows(steps.map(rowOf), room * 0.3);
  const lines = fittingRows(steps.map(lineOf), room * 0.25);
  const diffs = fittingRows(steps.flatMap(diffLines), room * 0.45);
  const truncated =
    rows.length < steps.length ||
    lines.length < steps.length ||
    diffs.length < steps.flatMap(diffLines).length;
  const next =
    outcome === 'done'
      ? trusted`playbooks_run with name ${name}, the same inputs and mode run`
      : trusted`Tell the person what would go wrong; do not run it`;
  return {
    data: {
      mode: 'rehearse',
      playbook: name,
      environment: report.environment,
      status: outcome,
      steps: rows,
      truncated,
      next,
    },
    text: [
      `${name} on a copy of ${report.environment}, approvals assumed: ${verdicts[outcome]}${why === undefined ? '' : `: ${cleanLine(why, limits.warningChars)}`}`,
      ...lines,
      ...diffs,
      ...(truncated ? [`… the whole: vigie playbooks rehearse ${name}`] : []),
      ...back,
      ...facts,
    ].join('\n'),
  };
}

function factLines({ blast, simulatedSeconds, unforeseen, copy, recorded }: RehearsalReport): string[] {
  const named = blast.objects.slice(0, mostNamed).map(text => cleanLine(text, pathChars));
  return [
    `changes ${blast.objects.length} objects (${named.join(', ') || 'none'}); ${blast.podsEnded} pods end, ${blast.podsMade} are made; takes ${simulatedSeconds} s by the clock of the copy`,
    ...(recorded === undefined ? [] : [`recorded ${recorded.at}: it counts where a rehearsal is required`]),
    ...[...unforeseen, ...copy.lacks]
      .slice(0, mostNamed)
      .map(text => `not foreseen: ${cleanLine(text, limits.warningChars)}`),
  ];
}

function backLines({ cause, behind, steps, problems }: NonNullable<RehearsalReport['wayBack']>): string[] {
  const when = cause === 'assumed' ? 'were it to fail' : 'it failed';
  return [
    `way back, ${when} behind ${cleanLine(behind, pathChars)}: ${steps.length === 0 ? 'nothing is taken back' : ''}`,
    ...steps.slice(0, mostNamed).map(step => `  ${lineOf(step)}`),
    ...problems.slice(0, mostNamed).map(text => `  left: ${cleanLine(text, limits.warningChars)}`),
  ];
}

function rowOf({ path, what, status, why, change }: RehearsedStep): JsonObject {
  return {
    path: cleanLine(shownStep(path), pathChars),
    tool: what,
    status,
    ...(why === undefined ? {} : { why: cleanLine(why, limits.warningChars) }),
    ...(change === undefined ? {} : { risk: change.risk, asks: change.asks ?? 'nobody' }),
  };
}

function lineOf({ path, what, status, why, change }: RehearsedStep): string {
  const notes = [
    ...(why === undefined ? [] : [cleanLine(why, limits.warningChars)]),
    ...(change === undefined
      ? []
      : [`risk ${change.risk}, ${change.asks === undefined ? 'asks nobody' : `asks ${change.asks}`}`]),
    ...(change?.nobodyAgrees === undefined ? [] : [`nobody agrees: ${change.nobodyAgrees}`]),
    ...(change?.final === undefined ? [] : [`no way back: ${cleanLine(change.final, limits.warningChars)}`]),
  ];
  const about = notes.length === 0 ? '' : `  ${notes.join('; ')}`;
  return `${status.replaceAll('_', ' ')} ${cleanLine(shownStep(path), pathChars)}: ${what}${about}`;
}

function diffLines({ path, change }: RehearsedStep): string[] {
  if (change === undefined || change.diff === '') return [];
  return [`diff of ${cleanLine(shownStep(path), pathChars)}`, ...cleanText(change.diff).split('\n')];
}
