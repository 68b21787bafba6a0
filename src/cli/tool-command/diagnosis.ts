import type { JsonObject } from '../../core/json.ts';
import { describeRef } from '../../core/ref.ts';
import { toolFamilies } from '../../tools/index.ts';
import {
  type DiagnosisAnswer,
  diagnosisAnswer,
  type ShownFix,
  watchLine,
} from '../../tools/k8s/diagnose/answer.ts';
import { block, renderDiagnosis } from '../../tools/k8s/diagnose/render.ts';
import { commandText } from './command-text.ts';

/** The answer of k8s_diagnose as it is read at a terminal: fixes are command lines. */
export function diagnosisText(data: JsonObject): string {
  const answer = diagnosisAnswer.safeParse(data);
  return answer.success ? renderDiagnosis(answer.data, { call: fixCommand, notes: '--notes' }) : '';
}

/** A line of a watch as it is read: a finding in whole where it appears, a word where it clears. */
export function watchedText(line: string): string {
  const told = watchLine.safeParse(parsed(line)).data;
  if (told === undefined) return line;
  if ('appeared' in told) return `+ ${block(told.appeared, fixCommand).join('\n')}`;
  if ('cleared' in told) return `- ${told.cleared.code} ${describeRef(told.cleared.object)} cleared`;
  return `! ${told.notWatched}`;
}

/** Undefined: what was masked on its way is no JSON any more. */
function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** Whether something at least as grave was found. The gravest come first, so the first page tells. */
export function isBad(data: JsonObject, failOn: 'critical' | 'warning'): boolean {
  const findings: DiagnosisAnswer['findings'] = diagnosisAnswer.safeParse(data).data?.findings ?? [];
  return findings.some(({ severity }) => failOn === 'warning' || severity === 'critical');
}

function fixCommand({ tool: name, arguments: input }: ShownFix): string {
  const tool = Object.values(toolFamilies)
    .flat()
    .find(each => each.name === name);
  return tool === undefined ? name : commandText(tool, input);
}
