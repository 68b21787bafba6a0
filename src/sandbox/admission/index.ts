import { escalation } from './escalation.ts';
import { limitRange } from './limit-range.ts';
import { notEnforced } from './not-enforced.ts';
import type { AdmissionPlugin } from './plugin.ts';
import { podSecurity } from './pod-security.ts';
import { priority } from './priority.ts';
import { resourceQuota } from './resource-quota.ts';
import { serviceAccount } from './service-account.ts';
import { storageClass } from './storage-class.ts';

/** The rules of admission, in the order in which a real server asks its own: the quota last, for it counts what is let in. */
export const admissionPlugins: readonly AdmissionPlugin[] = [
  escalation,
  limitRange,
  serviceAccount,
  podSecurity,
  priority,
  storageClass,
  notEnforced,
  resourceQuota,
];
