import type { Ref } from '../../../core/ref.ts';
import { refOf } from '../../../kubernetes/object.ts';
import { type Binding, bindingsIn, mayDo, namesResource, roleOf, subjectsOf } from '../../access/rights.ts';
import { type Draft, defineAnalyzer } from '../../analyzer.ts';
import { quoteLine } from '../../evidence.ts';
import { setsOf } from '../../set-index.ts';
import { nearNames } from '../../slip.ts';
import type { Snapshot } from '../../snapshot.ts';

// How the server refuses; a line of a program may hold it among much else.
const refusal =
  /User "system:serviceaccount:([^":]{1,63}):([^"]{1,253})" cannot (\w{1,32}) resource "([^"]{1,253})" in API group "([^"]{0,253})"(?: in the namespace "([^"]{1,63})")?/;
const mostLineChars = 4_000;
const mostRightsNamed = 3;

interface Call {
  verb: string;
  resource: string;
  group: string;
  namespace: string | undefined;
}

interface Refused {
  account: { name: string; namespace: string };
  line: string;
  calls: Map<string, Call>;
  users: Map<string, Ref>;
  suffering: boolean;
  /** Roles and bindings could all be read, and do not give the right. */
  certain: boolean;
}

/** Calls to the API that were refused to a pod's own account, as its log tells. */
export const forbiddenCallsAnalyzer = defineAnalyzer({
  id: 'forbidden-calls',
  needs: ['Pod', 'ServiceAccount', 'Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding'],
  codes: {
    CALLS_FORBIDDEN: {
      row: 'rbac',
      means: 'A program is refused what it asks of the API server.',
      decided:
        "A line of a pod's log quotes the server's refusal to the account that the pod runs as, and no role that was read gives it the right now.",
      fixed:
        'A role with the right, if the account is to have it, and a binding; a role or binding that is wrong explains this.',
    },
  },

  analyze(snapshot) {
    const refused = new Map<string, Refused>();
    for (const pod of snapshot.of('Pod')) {
      const { namespace = '' } = pod.metadata;
      const account = { name: pod.spec.serviceAccountName ?? 'default', namespace };
      for (const container of [...(pod.spec.initContainers ?? []), ...pod.spec.containers]) {
        // What tries again and again says the same: once of each container is enough.
        const heard = new Set<string>();
        for (const line of snapshot.logOf(pod, container.name)?.lines ?? []) {
          const call = callIn(line, account);
          if (call === undefined) continue;
          const key = `${call.verb} ${call.resource} ${call.group} ${call.namespace ?? ''}`;
          if (heard.has(key)) continue;
          heard.add(key);
          const may = mayDo(account, { wanted: call, inNamespace: call.namespace, snapshot });
          // The right came after the line.
          if (may === true) continue;
          const owner = snapshot.ownerOf(pod);
          const [set] = setsOf(owner, snapshot);
          const known = refused.get(`${namespace}/${account.name}`) ?? {
            account,
            line: quoteLine(container.name, line),
            calls: new Map<string, Call>(),
            users: new Map<string, Ref>(),
            suffering: false,
            certain: true,
          };
          known.calls.set(key, call);
          known.users.set(owner.metadata.uid ?? owner.metadata.name, refOf(owner));
          known.suffering ||= set !== undefined && set.ready < set.wanted;
          known.certain &&= may === false;
          refused.set(`${namespace}/${account.name}`, known);
        }
      }
    }
    return [...refused.values()].map(each => draftOf(each, snapshot));
  },
});

function callIn(line: string, account: { name: string; namespace: string }): Call | undefined {
  if (!line.includes('cannot ')) return undefined;
  // Programs that log JSON escape the quotes.
  const start = line.slice(0, mostLineChars);
  const found = refusal.exec(start.includes('\\"') ? start.replaceAll('\\"', '"') : start);
  if (found === null) return undefined;
  const [, namespace, name, verb = '', resource = '', group = '', inNamespace] = found;
  // A log may quote what was refused to others.
  if (namespace !== account.namespace || name !== account.name) return undefined;
  return { verb, resource, group, namespace: inNamespace };
}

function draftOf(refused: Refused, snapshot: Snapshot): Draft<'CALLS_FORBIDDEN'> {
  const { account, calls, line, users, suffering, certain } = refused;
  const all = [...calls.values()];
  const told = all.slice(0, mostRightsNamed).map(rightOf);
  const more = all.length - told.length;
  const rights = `${told.join('; ')}${more > 0 ? ` and ${more} more` : ''}`;
  return {
    code: 'CALLS_FORBIDDEN',
    severity: suffering ? 'critical' : 'warning',
    object: { kind: 'ServiceAccount', ...account },
    summary: `it may not ${rights}`,
    evidence: [line],
    cause: `${[...users.values()]
      .slice(0, 2)
      .map(({ kind, name }) => `${kind}/${name}`)
      .join(' and ')} runs as it`,
    confidence: certain ? 'certain' : 'likely',
    fixes: [],
    question: `Is it to have the right to ${told[0] ?? ''}? Then a role has to give it.`,
    depth: 2,
    breaks: [...users.values()],
    dependsOn: bindingsIn(snapshot).flatMap(binding => mistakenIn(binding, { account, all, snapshot })),
  };
}

function rightOf({ verb, resource, group, namespace }: Call): string {
  return `${verb} ${resource}${group === '' ? '' : ` of ${group}`}${namespace === undefined ? ' of the whole cluster' : ` in ${namespace}`}`;
}

/** What would have to be mended for the right to be there: a binding that nearly names the account, or its role. */
function mistakenIn(
  binding: Binding,
  { account, all, snapshot }: { account: { name: string }; all: readonly Call[]; snapshot: Snapshot },
): Ref[] {
  const near = ({ name }: { name: string }) =>
    name.endsWith(`:${account.name}`) || nearNames(name, [account.name]).length > 0;
  if (!subjectsOf(binding).some(near)) return [];
  const role = snapshot.get(roleOf(binding));
  if (role === undefined) return [refOf(binding)];
  return all.some(({ resource }) => namesResource(role, resource)) ? [refOf(role), refOf(binding)] : [];
}
