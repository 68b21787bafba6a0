import * as z from 'zod';
import type { Finding } from '../../../core/finding.ts';
import { describeRef, type Ref } from '../../../core/ref.ts';

const ref = z.object({ kind: z.string(), name: z.string(), namespace: z.string().exactOptional() });

const fix = z.object({
  tool: z.string(),
  arguments: z.record(z.string(), z.json()),
  does: z.string(),
  /** Absent: the server tried it, and would take it. */
  notPreviewed: z.string().optional(),
});

/** A finding as it is answered. */
export const shownFinding = z.object({
  code: z.string(),
  severity: z.enum(['critical', 'warning']),
  object: ref,
  summary: z.string(),
  evidence: z.array(z.string()),
  cause: z.string().optional(),
  confidence: z.string(),
  fixes: z.array(fix),
  /** Fixes that the server would refuse, and why. */
  withheld: z.array(z.string()).optional(),
  question: z.string().optional(),
  explains: z.array(z.string()).optional(),
  /** Objects with the very same finding: how many, this one among them, and the first of the others. */
  count: z.int().optional(),
  also: z.array(z.string()).optional(),
});

export type ShownFinding = z.output<typeof shownFinding>;
export type ShownFix = z.output<typeof fix>;

/** What k8s_diagnose answers as data. */
export const diagnosisAnswer = z.object({
  summary: z.string(),
  findings: z.array(shownFinding),
  notes: z.array(
    z.object({
      code: z.string(),
      count: z.int(),
      /** A line each, where they were asked for. */
      told: z.array(z.string()).optional(),
    }),
  ),
  notChecked: z.array(z.string()),
  truncated: z.boolean(),
  next: z.string().optional(),
});

export type DiagnosisAnswer = z.output<typeof diagnosisAnswer>;

/** One line of a watch: what came, what went, or what cannot be watched. */
export const watchLine = z.union([
  z.strictObject({ appeared: shownFinding }),
  z.strictObject({ cleared: z.object({ code: z.string(), object: ref }) }),
  z.strictObject({ notWatched: z.string() }),
]);

export type WatchLine = z.output<typeof watchLine>;

// Beyond these a group is told by its count.
const mostNamed = 12;

export function shown(finding: Finding): ShownFinding {
  const { code, severity, object, summary, evidence, cause, confidence, fixes, question, explains } = finding;
  return {
    code,
    severity,
    object: withoutVersion(object),
    summary,
    evidence: [...evidence],
    ...(cause === undefined ? {} : { cause }),
    confidence,
    fixes: fixes.map(({ tool, arguments: input, does }) => ({ tool, arguments: asJson(input), does })),
    ...(question === undefined ? {} : { question }),
    ...(explains === undefined ? {} : { explains: [...explains] }),
  };
}

/** One finding for all that differ in nothing but their object. `whole`: all of these are named. */
export function grouped(findings: readonly Finding[], { whole }: { whole: boolean }): ShownFinding[] {
  const groups = Map.groupBy(findings, sameness);
  return [...groups.values()].flatMap(([first, ...others]) => {
    if (first === undefined) return [];
    if (others.length === 0) return [shown(first)];
    const also = others.slice(0, whole ? others.length : mostNamed).map(({ object }) => describeRef(object));
    return [{ ...shown(first), count: others.length + 1, also }];
  });
}

/** What a finding says without the names of its object. */
function sameness({ code, severity, object, summary, cause = '' }: Finding): string {
  const plain = [object.name, object.namespace ?? '']
    .filter(name => name !== '')
    .reduce((text, name) => text.replaceAll(name, '*'), `${summary}\n${cause}`);
  return [code, severity, object.kind, plain].join('\n');
}

export function withoutVersion({ kind, name, namespace }: Ref): Ref {
  return { kind, name, ...(namespace === undefined ? {} : { namespace }) };
}

/** What was left out is absent in JSON. */
function asJson(input: Finding['fixes'][number]['arguments']): ShownFix['arguments'] {
  return JSON.parse(JSON.stringify(input));
}
