import { type JsonObject, listOf, textsIn } from '../../../core/json.ts';
import { extentOf, type Wanted } from '../../../kubernetes/access-rules.ts';
import type { KubeObject } from '../../../kubernetes/object.ts';
import type { AuditView, Place, Rule, Source } from '../rule.ts';
import { cis } from '../sources.ts';
import { holdersOf, isBuiltIn } from '../who.ts';

const roles = ['Role', 'ClusterRole'];
const rbac = 'rbac.authorization.k8s.io';
const hooks = 'admissionregistration.k8s.io';

const wanted = (group: string, resource: string, verbs: string, subresource?: string): Wanted[] =>
  verbs
    .split(' ')
    .map(verb => ({ verb, group, resource, ...(subresource === undefined ? {} : { subresource }) }));

interface Right {
  id: string;
  title: string;
  severity: 'high' | 'medium' | 'low';
  source: Source;
  why: string;
  wanted: Wanted[];
  does: string;
  /** Only where the right is one over all namespaces. */
  clusterWide?: true;
}

/** Rights by which whoever has them can come to more. */
const rights: readonly Right[] = [
  {
    id: 'rbac-secrets',
    title: 'May read any Secret',
    severity: 'medium',
    source: cis('5.1.2, access to secrets'),
    why: 'A list shows their values: also the credentials of others, and tokens of accounts that may do more.',
    wanted: wanted('', 'secrets', 'get list watch'),
    does: 'read any Secret',
  },
  {
    id: 'rbac-create-pods',
    title: 'May create pods',
    severity: 'medium',
    source: cis('5.1.4, access to create pods'),
    why: 'A pod may run as any account of its namespace and mount any Secret of it: these rights come with it.',
    wanted: [
      ...wanted('', 'pods', 'create'),
      ...['deployments', 'statefulsets', 'daemonsets', 'replicasets'].flatMap(name =>
        wanted('apps', name, 'create'),
      ),
      ...['jobs', 'cronjobs'].flatMap(name => wanted('batch', name, 'create')),
    ],
    does: 'create pods, or what makes them',
    clusterWide: true,
  },
  {
    id: 'rbac-escalate',
    title: 'May give itself any right',
    severity: 'high',
    source: cis('5.1.8, bind, impersonate and escalate'),
    why: 'These three verbs pass by the rule that nobody gives more than they have.',
    wanted: [
      ...['roles', 'clusterroles'].flatMap(name => wanted(rbac, name, 'bind escalate')),
      ...['users', 'groups', 'serviceaccounts'].flatMap(name => wanted('', name, 'impersonate')),
    ],
    does: 'bind, escalate or impersonate',
  },
  {
    id: 'rbac-node-proxy',
    title: 'May speak to kubelets',
    severity: 'high',
    source: cis('5.1.10, access to the proxy sub-resource of nodes'),
    why: 'The API of a kubelet runs commands in every pod of its node, past admission and the audit log.',
    wanted: wanted('', 'nodes', 'get create', 'proxy'),
    does: 'use nodes/proxy',
  },
  {
    id: 'rbac-approve-certificates',
    title: 'May approve certificates',
    severity: 'high',
    source: cis('5.1.11, access to the approval sub-resource of certificatesigningrequests'),
    why: 'A client certificate for any name can be had so.',
    wanted: wanted('certificates.k8s.io', 'certificatesigningrequests', 'update patch', 'approval'),
    does: 'approve certificate requests',
  },
  {
    id: 'rbac-webhooks',
    title: 'May change admission webhooks',
    severity: 'high',
    source: cis('5.1.12, access to webhook configuration objects'),
    why: 'A webhook reads every object that it is sent, Secrets among them, and may change it.',
    wanted: ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations'].flatMap(name =>
      wanted(hooks, name, 'create update patch'),
    ),
    does: 'write webhook configurations',
  },
  {
    id: 'rbac-tokens',
    title: 'May make tokens of accounts',
    severity: 'high',
    source: cis('5.1.13, access to the service account token creation'),
    why: 'A token of any account in reach gives all that the account may do, and works from anywhere.',
    wanted: wanted('', 'serviceaccounts', 'create', 'token'),
    does: 'make tokens of any service account',
  },
  {
    id: 'rbac-volumes',
    title: 'May create volumes',
    severity: 'low',
    source: cis('5.1.9, access to create persistent volumes'),
    why: 'A volume may be a folder of a node: the files of its pods and of the node itself.',
    wanted: wanted('', 'persistentvolumes', 'create'),
    does: 'create PersistentVolumes',
  },
];

/** What roles give away. */
export const accessRules: readonly Rule[] = [
  {
    id: 'rbac-wildcard',
    title: 'Wildcard in a role',
    severity: 'medium',
    appliesTo: roles,
    source: cis('5.1.3, wildcard use in roles and cluster roles'),
    why: 'It gives what nobody thought of, and what later versions add.',
    check: (role, view) =>
      isBuiltIn(role)
        ? []
        : listOf(role, 'rules').flatMap((rule, index): Place[] => {
            const wild = ['verbs', 'resources', 'apiGroups'].filter(field =>
              textsIn(rule[field]).includes('*'),
            );
            // Any group of a resource that is named is a way to write it.
            if (!wild.some(field => field !== 'apiGroups')) return [];
            const everything = wild.length === 3;
            return [
              {
                path: `rules[${index}].${wild[0]}`,
                message: `${everything ? 'gives every right' : `gives any of ${wild.join(' and ')}`}${heldBy(role, view).text}`,
                ...(everything
                  ? { severity: heldBy(role, view).held ? ('high' as const) : ('medium' as const) }
                  : {}),
                question: 'Which verbs of which resources does it need?',
              },
            ];
          }),
  },
  ...rights.map(
    ({ wanted: any, does, clusterWide, ...facts }): Rule => ({
      ...facts,
      appliesTo: roles,
      check(role, view) {
        if (isBuiltIn(role) || (clusterWide === true && role.kind !== 'ClusterRole')) return [];
        return listOf(role, 'rules').flatMap((rule, index): Place[] => {
          // A wildcard is told as one, not once for all that it may be used for.
          if (isWild(rule) || !any.some(each => extentOf([rule], each) === 'all')) return [];
          const { text, held } = heldBy(role, view);
          return [
            {
              path: `rules[${index}]`,
              message: `may ${does}${text}`,
              ...(held ? {} : { severity: 'low' as const }),
              question: 'Who needs it, and would one namespace or some names (resourceNames) do?',
            },
          ];
        });
      },
    }),
  ),
];

function isWild(rule: JsonObject): boolean {
  return ['verbs', 'resources'].every(field => textsIn(rule[field]).includes('*'));
}

/** In files nobody may be bound yet; on a cluster a role that nobody has gives nothing. */
function heldBy(role: KubeObject, view: AuditView): { text: string; held: boolean } {
  const holders = holdersOf(role, view);
  if (holders !== undefined) return { text: `; held by ${holders}`, held: true };
  const nobody = view.live && view.sees('ClusterRoleBinding') && view.sees('RoleBinding');
  return { text: nobody ? '; nobody has it now' : '', held: !nobody };
}
