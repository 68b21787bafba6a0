import { audit } from '../../../diagnosis/audit/audit.ts';
import type { AuditFinding } from '../../../diagnosis/audit/rule.ts';
import { auditView } from '../../../diagnosis/audit/view.ts';
import { minorOf } from '../../../diagnosis/cluster/server-minor.ts';
import { keyOf, Snapshot } from '../../../diagnosis/snapshot.ts';
import type { ToolContext } from '../../../toolkit/tool.ts';
import type { LintInput } from '../../k8s/audit/input.ts';
import { answerOf } from '../../k8s/audit/page.ts';
import { renderAudit } from '../../k8s/audit/render.ts';
import { pathKeys, readObjects } from './objects.ts';

/** What manifests_lint does. */
export async function read({ manifest, rule, targetVersion, skip, format }: LintInput, context: ToolContext) {
  const read = await readObjects(manifest);
  const objects = read.map(({ object }) => object);
  const places = new Map(
    read.map(each => [keyOf({ kind: each.object.kind, ...placeOf(each.object.metadata) }), each]),
  );
  const snapshot = new Snapshot({ takenAt: context.now, objects, events: [] });
  const target = minorOf(targetVersion);
  const view = auditView(snapshot, {
    live: false,
    everywhere: true,
    ...(target === undefined ? {} : { targetMinor: target }),
  });
  const lineOf = ({ object, path }: AuditFinding) => places.get(keyOf(object))?.lineOf(pathKeys(path));
  const answer = answerOf(audit(objects, { view, withSystem: true }), {
    place: 'manifests',
    rule,
    skip,
    tool: 'manifests_lint',
    notChecked: [],
    budgetBytes: context.budgetBytes,
    lineOf,
  });
  if (format === 'json') return { data: answer, text: '' };
  const { rules: _shown, ...facts } = answer;
  return {
    data: facts,
    text: renderAudit(answer, {
      whole: rule !== undefined,
      more: 'all places of a rule and their patches: the argument rule',
    }),
  };
}

function placeOf({ name, namespace }: { name: string; namespace?: string }) {
  return { name, ...(namespace === undefined ? {} : { namespace }) };
}
