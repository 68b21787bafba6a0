// Both sides of the audit: `audit` collects and judges as the product does; `lists` reads, raw and in full, the same
// kinds and all pods, and judges nothing.
import { KubeConnection } from '../../src/clients/kube/connection.ts';
import { audit } from '../../src/diagnosis/audit/audit.ts';
import { auditKinds, collectForAudit } from '../../src/diagnosis/audit/collect.ts';
import { auditView } from '../../src/diagnosis/audit/view.ts';
import { splitApiVersion } from '../../src/kubernetes/object.ts';
import { answerOf } from '../../src/tools/k8s/audit/page.ts';
import { RawPages } from '../support/raw-pages.ts';
import { answerLines } from './answer-lines.ts';

const [, , way, kubeconfig = '', context = '', url = '', token = ''] = process.argv;
const connection = new KubeConnection({
  target: { via: 'kubeconfig', files: [kubeconfig], context, allowInsecure: true },
  bounds: { namespaces: undefined, clusterScoped: true },
  readOnly: true,
  userAgent: 'vigie-bench',
});
const session = connection.session(new AbortController().signal);
const raw = new RawPages({ url, token });
const budgetBytes = 40_000;

async function listAll(): Promise<unknown> {
  const kinds = (await session.reader.kinds()).filter(({ kind }) => auditKinds.includes(kind));
  const lists: unknown[][] = [];
  for (const { apiVersion, resource } of kinds) {
    const { group } = splitApiVersion(apiVersion);
    const held: unknown[] = [];
    const restart = () => void (held.length = 0);
    const path = `/${group === '' ? 'api' : 'apis'}/${apiVersion}/${resource}`;
    for await (const page of raw.list(path, { restart })) held.push(...page);
    lists.push(held);
  }
  return { objects: lists.reduce((sum, { length }) => sum + length, 0) };
}

async function judge(): Promise<unknown> {
  const snapshot = await collectForAudit({
    kube: session.reader,
    namespaces: undefined,
    clusterTime: () => session.serverTime() ?? new Date(),
    masking: () => text => text,
    unread: [],
  });
  const view = auditView(snapshot, { live: true, everywhere: true });
  const objects = snapshot.kinds.flatMap(kind => snapshot.list(kind));
  const found = audit(objects, { view, withSystem: false });
  const answer = answerOf(found, {
    place: 'bench',
    rule: undefined,
    skip: 0,
    tool: 'k8s_audit',
    notChecked: [],
    budgetBytes,
  });
  return { findings: found.findings.length, bytes: Buffer.byteLength(JSON.stringify(answer)) };
}

await answerLines(async tool => (tool !== 'k8s_audit' ? {} : way === 'lists' ? listAll() : judge()));
