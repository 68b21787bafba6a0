import * as z from 'zod';
import { limits } from '../../../core/limits.ts';
import { namespaceField } from '../schemas.ts';

const ruleChars = 63;

const common = {
  rule: z.string().max(ruleChars).optional().describe('Only this, with patches.'),
  targetVersion: z
    .string()
    .regex(/^1\.\d{1,3}$/, 'must be a version of Kubernetes as 1.36')
    .optional(),
  skip: z.int().min(0).default(0).describe('Of pages before.'),
  format: z.enum(['text', 'json']).default('text').describe('json: as data.'),
};

export const auditInput = z.strictObject({
  namespace: namespaceField.describe('Default: all.'),
  ...common,
  targetVersion: common.targetVersion.describe('To upgrade to. Default: the next.'),
});

export type AuditInput = z.output<typeof auditInput>;

export const lintInput = z.strictObject({
  manifest: z.string().min(1).max(limits.manifestBytes).describe('One or more documents, or a List.'),
  ...common,
  targetVersion: common.targetVersion.describe('Of the cluster it is for: 1.36.'),
});

export type LintInput = z.output<typeof lintInput>;
