import type { JsonObject } from '../../core/json.ts';
import { screenJson } from '../../core/screen-text.ts';
import { type AuditAnswer, auditAnswer } from '../../tools/k8s/audit/answer.ts';
import { renderAudit } from '../../tools/k8s/audit/render.ts';
import { type ManifestPlace, placeAt } from './manifest-place.ts';

/** How an audit is shown, and from which severity on it is bad. */
export interface AuditVerdict {
  format?: (typeof auditFormats)[number];
  failOn?: (typeof auditSeverities)[number];
}

const more = 'all places of a rule and their patches: --rule RULE';

export const auditFormats = ['text', 'json', 'sarif', 'junit'] as const;
export const auditSeverities = ['high', 'medium', 'low'] as const;

/** The answer with the file of each line, where it was made of files. */
export function withFiles(data: JsonObject, places: readonly ManifestPlace[]): JsonObject {
  const answer = auditAnswer.safeParse(data).data;
  if (answer === undefined || places.length === 0) return data;
  const rules = answer.rules.map(rule => ({
    ...rule,
    places: rule.places.map(place => {
      const at = place.line === undefined ? undefined : placeAt(places, place.line);
      return at === undefined ? place : { ...place, ...at };
    }),
  }));
  return { ...data, rules };
}

/** Whether something at least as grave was found. */
export function isBadAudit(data: JsonObject, failOn: (typeof auditSeverities)[number]): boolean {
  const rules = auditAnswer.safeParse(data).data?.rules ?? [];
  const bad: readonly string[] = auditSeverities.slice(0, auditSeverities.indexOf(failOn) + 1);
  return rules.some(({ severity }) => bad.includes(severity));
}

/** The answer of k8s_audit or manifests_lint as text, or as a report for other programs. */
export async function auditText(
  data: JsonObject,
  { format, version, whole }: { format: 'text' | 'sarif' | 'junit'; version: string; whole: boolean },
): Promise<string> {
  const answer = auditAnswer.safeParse(data).data;
  if (answer === undefined) return '';
  if (format === 'text') return `${renderAudit(answer, { whole, more })}\n`;
  if (format === 'sarif') {
    const { sarifOf } = await import('../../diagnosis/audit/sarif.ts');
    return `${screenJson(JSON.stringify(sarifOf(reportedIn(answer), { version }), null, 2))}\n`;
  }
  const { junitOf } = await import('../../diagnosis/audit/junit.ts');
  return junitOf(reportedIn(answer));
}

function reportedIn({ rules }: AuditAnswer) {
  return rules.flatMap(({ rule, severity, question: asked, places }) =>
    places.map(({ object, path, message, question = asked, file, line, severity: own }) => ({
      rule,
      severity: own ?? severity,
      object,
      path,
      message,
      ...(question === undefined ? {} : { question }),
      ...(file === undefined ? {} : { file }),
      ...(line === undefined ? {} : { line }),
    })),
  );
}
