import type { JsonObject } from '../../core/json.ts';
import { toolFamilies } from '../../tools/index.ts';
import { type DiagnosisAnswer, diagnosisAnswer, type ShownFix } from '../../tools/k8s/diagnose/answer.ts';
import { renderDiagnosis } from '../../tools/k8s/diagnose/render.ts';
import { commandText } from './command-text.ts';

/** The answer of k8s_diagnose as it is read at a terminal: fixes are command lines. */
export function diagnosisText(data: JsonObject): string {
  const answer = diagnosisAnswer.safeParse(data);
  return answer.success ? renderDiagnosis(answer.data, fixCommand) : '';
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
