import { audit } from '../../src/diagnosis/audit/audit.ts';
import type { AuditFinding } from '../../src/diagnosis/audit/rule.ts';
import { auditView } from '../../src/diagnosis/audit/view.ts';
import type { KubeObject } from '../../src/kubernetes/object.ts';
import { snapshotOf } from './snapshot-of.ts';

/** What the rules find in manifests, or (live) in a cluster of them. */
export function findingsIn(
  documents: string,
  facts: { live?: boolean; serverVersion?: string; targetMinor?: number; environment?: string } = {},
): readonly AuditFinding[] {
  const { live = false, serverVersion, ...rest } = facts;
  const snapshot = snapshotOf(documents, serverVersion === undefined ? {} : { serverVersion });
  const objects = snapshot.kinds.flatMap(kind => snapshot.list(kind));
  return audit(objects, {
    view: auditView(snapshot, { live, everywhere: true, ...rest }),
    withSystem: true,
  }).findings;
}

/** What the rules find in objects as files hold them. */
export function findingsOf(objects: readonly KubeObject[]): readonly AuditFinding[] {
  return findingsIn(objects.map(object => JSON.stringify(object)).join('\n---\n'));
}
