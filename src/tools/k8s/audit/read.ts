import { audit } from '../../../diagnosis/audit/audit.ts';
import { collectForAudit } from '../../../diagnosis/audit/collect.ts';
import { auditView } from '../../../diagnosis/audit/view.ts';
import { minorOf } from '../../../diagnosis/cluster/server-minor.ts';
import type { Look } from '../../../diagnosis/collect/look.ts';
import { notCheckedLine } from '../../../diagnosis/not-checked.ts';
import type { Snapshot } from '../../../diagnosis/snapshot.ts';
import type { KubeObject } from '../../../kubernetes/object.ts';
import type { ToolContext } from '../../../toolkit/tool.ts';
import { namedPlace, refuseMissing } from '../named-place.ts';
import type { AuditInput } from './input.ts';
import { answerOf } from './page.ts';
import { renderAudit } from './render.ts';

/** What k8s_audit does. */
export async function read(
  { namespace, rule, targetVersion, skip, format }: AuditInput,
  context: ToolContext,
) {
  const { kube, environment } = context;
  const look: Look = {
    kube,
    ...(namespace === undefined ? {} : { namespace }),
    namespaces: environment.namespaces,
    clusterTime: context.clusterTime,
    masking: () => text => text,
    unread: [],
  };
  context.progress('looking at the cluster');
  const snapshot = await collectForAudit(look);
  const target = minorOf(targetVersion);
  const view = auditView(snapshot, {
    live: true,
    everywhere: environment.namespaces === undefined,
    environment: environment.name,
    ...(target === undefined ? {} : { targetMinor: target }),
  });
  const found = audit(judged(snapshot, namespace), { view, withSystem: namespace !== undefined });
  const some = found.objects > 0;
  if (namespace !== undefined && !some) await refuseMissing(kube, namespace);
  const place =
    namespace === undefined ? environment.name : namedPlace(namespace, { environment, found: some });
  const answer = answerOf(found, {
    place,
    rule,
    ...(namespace === undefined ? {} : { namespace }),
    skip,
    tool: 'k8s_audit',
    notChecked: snapshot.unread.map(each => notCheckedLine([each.kind], each)),
    budgetBytes: context.budgetBytes,
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

/** What was asked about: of a namespace itself and what is in it. */
function judged(snapshot: Snapshot, namespace: string | undefined): KubeObject[] {
  const all = snapshot.kinds.flatMap(kind => snapshot.list(kind));
  if (namespace === undefined) return all;
  return all.filter(({ kind, metadata }) =>
    kind === 'Namespace' ? metadata.name === namespace : metadata.namespace === namespace,
  );
}
