import * as z from 'zod';

/** A broken rule as it is answered. */
const shownPlace = z.object({
  /** `Deployment/web in shop`. */
  object: z.string(),
  path: z.string(),
  message: z.string(),
  /** Absent: that of its rule. */
  severity: z.string().optional(),
  patch: z.record(z.string(), z.json()).optional(),
  adds: z.record(z.string(), z.json()).optional(),
  question: z.string().optional(),
  /** Of the manifest, from 1. */
  line: z.int().optional(),
  /** Set by the command line, which knows the files. */
  file: z.string().optional(),
});

const shownRule = z.object({
  rule: z.string(),
  severity: z.enum(['high', 'medium', 'low', 'note']),
  title: z.string(),
  count: z.int(),
  /** Where all of its places ask the same; else each says it. */
  question: z.string().optional(),
  /** Those that are told one by one, the gravest first. */
  places: z.array(shownPlace),
});

const counted = z.array(z.object({ rule: z.string(), count: z.int() }));

/** What k8s_audit and manifests_lint answer as data. */
export const auditAnswer = z.object({
  summary: z.string(),
  rules: z.array(shownRule),
  notes: counted,
  excepted: counted,
  notChecked: z.array(z.string()),
  truncated: z.boolean(),
  next: z.string().optional(),
});

export type AuditAnswer = z.output<typeof auditAnswer>;
export type ShownRule = z.output<typeof shownRule>;
export type ShownPlace = z.output<typeof shownPlace>;
