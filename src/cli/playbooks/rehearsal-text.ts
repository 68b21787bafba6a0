import type { JsonObject } from '../../core/json.ts';
import type { RehearsalOutcome, RehearsalReport, RehearsedStep } from '../../core/rehearsal.ts';
import { cleanLine, cleanText } from '../../core/text.ts';
import { shownStep } from '../../engine/interpreter/said-of-step.ts';
import { paintDiff } from '../render/diff.ts';
import { TableWriter } from '../render/table.ts';
import type { Terminal } from '../terminal.ts';

type Colors = Terminal['colors'];

const verdicts: Record<RehearsalOutcome, string> = {
  done: 'would end well',
  failed: 'would fail',
  denied: 'would be denied',
  unknown: 'cannot be told',
};
/** Of objects in one line; -o json has all. */
const mostNamed = 5;

/** A rehearsal for a person: how it ends, each step, each diff, the way back, how far it reaches, what it cannot say. */
export function rehearsalText(report: RehearsalReport, colors: Colors): string {
  const { playbook, digest, environment, outcome, why, steps, wayBack, blast, copy, unforeseen } = report;
  const colour = outcome === 'done' ? colors.green : outcome === 'unknown' ? colors.yellow : colors.red;
  const parts = [
    `${colors.bold(playbook)} (${digest.slice(0, 8)}) on a copy of ${environment}: ${colour(verdicts[outcome])}`,
    ...(why === undefined ? [] : [cleanLine(why)]),
    '',
    tableOf(steps),
    ...steps.flatMap(step => changeText(step, colors)),
  ];
  if (wayBack !== undefined) {
    const { cause, behind, problems } = wayBack;
    const title =
      cause === 'assumed'
        ? `The way back, were it to fail behind ${behind}`
        : `How it was taken back, failed at ${behind}`;
    parts.push(colors.bold(cleanLine(title)));
    parts.push(wayBack.steps.length === 0 ? 'Nothing is taken back.\n' : tableOf(wayBack.steps));
    parts.push(...problems.map(problem => `${colors.red('left')}: ${cleanLine(problem)}\n`));
    parts.push(...wayBack.steps.flatMap(step => changeText(step, colors)));
  }
  const { objects, namespaces, podsEnded, podsMade } = blast;
  const more = objects.length > mostNamed ? ` and ${objects.length - mostNamed} more` : '';
  const reach =
    objects.length === 0
      ? 'nothing is changed'
      : `${counted(objects.length, 'object')} in ${counted(namespaces.length, 'namespace')} (${objects.slice(0, mostNamed).join(', ')}${more}); ${counted(podsEnded, 'pod')} ${podsEnded === 1 ? 'ends' : 'end'}, ${podsMade} ${podsMade === 1 ? 'is' : 'are'} made`;
  parts.push(
    `reaches   ${cleanLine(reach)}`,
    `takes     ${durationText(report.simulatedSeconds)} by the clock of the copy; the rehearsal took ${durationText(report.tookSeconds)}`,
    `copy      ${copy.objects} objects, ${copy.pods} pods, ${copy.nodes} nodes`,
    ...copy.lacks.map(line => `          ${colors.dim(cleanLine(line))}`),
    ...(report.recorded === undefined
      ? []
      : [`recorded  ${report.recorded.at}, audit head ${report.recorded.head.slice(0, shownHash)}`]),
    ...(unforeseen.length === 0 ? [] : [colors.bold('It cannot foresee')]),
    ...unforeseen.map(line => `- ${cleanLine(line)}`),
  );
  return `${parts.join('\n')}\n`;
}

const shownHash = 12;

function tableOf(steps: readonly RehearsedStep[]): string {
  const rows = steps.map(
    ({ path, what, status, change, why }): JsonObject => ({
      step: shownStep(path),
      what,
      status: status.replaceAll('_', ' '),
      risk: change?.risk ?? '',
      asks: change?.asks ?? '',
      note: why ?? nobodyAgrees(change) ?? change?.evidence[0] ?? '',
    }),
  );
  return new TableWriter().page(rows);
}

function nobodyAgrees(change: RehearsedStep['change']): string | undefined {
  return change?.nobodyAgrees === undefined ? undefined : `nobody agrees: ${change.nobodyAgrees}`;
}

function changeText({ path, change }: RehearsedStep, colors: Colors): string[] {
  if (change === undefined || change.diff === '') return [];
  const { diff, evidence, final } = change;
  return [
    colors.bold(cleanLine(shownStep(path))),
    paintDiff(cleanText(diff), colors),
    ...evidence.map(line => `seen: ${cleanLine(line)}`),
    ...(final === undefined ? [] : [`no way back: ${cleanLine(final)}`]),
    '',
  ];
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

/** `2h 5m`, `4m 12s`, `9s`. */
function durationText(seconds: number): string {
  const parts = [
    [Math.floor(seconds / 3_600), 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ] as const;
  const shown = parts.filter(([count]) => count > 0).map(([count, unit]) => `${count}${unit}`);
  return shown.length === 0 ? '0s' : shown.slice(0, 2).join(' ');
}
