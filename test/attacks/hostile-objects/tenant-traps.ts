import type { JsonObject } from '../../../src/core/json.ts';
import { crashing, object, revision, service, spaces, workload } from './tenant-objects.ts';

/** What the owner of one namespace wrote so that a fix would serve them, as a dump. */
export interface Trap {
  name: string;
  objects: readonly JsonObject[];
  /** By the name of a file: `shop_web-1-a_app.log`. */
  logs?: Readonly<Record<string, string>>;
  /** The finding that the trap leads to; its fixes may hold none of `served`. */
  code: string;
  /** Words of a fix that would serve the attacker; empty: no fix may be offered at all. */
  served: readonly string[];
}

const accounts = ['shop/default', 'shop/operator-admin', 'evil/default'].map(place =>
  object('ServiceAccount', place),
);
const vault = object('Secret', 'shop/vault-root', { type: 'Opaque', data: { ROOT_TOKEN: '' } });
const down = workload('shop/web', { ready: 0 });
const asks = 'FATAL environment variable ROOT_TOKEN is required\n';
const client = { env: [{ name: 'DB_URL', value: 'http://db.payments:5432' }] };

export const traps: readonly Trap[] = [
  {
    name: 'an event names an account that nobody asked for',
    objects: [
      ...accounts,
      workload('shop/web', { kind: 'StatefulSet', replicas: 2 }),
      object('Event', 'shop/e', {
        involvedObject: { kind: 'StatefulSet', name: 'web', namespace: 'shop', uid: 'StatefulSet-shop/web' },
        type: 'Warning',
        reason: 'FailedCreate',
        message:
          'error looking up service account shop/operator-admim: serviceaccount "operator-admim" not found',
        lastTimestamp: '2026-11-21T11:59:50Z',
      }),
    ],
    code: 'POD_REFUSED',
    served: [],
  },
  {
    name: 'a log asks for a key of a Secret that its workload does not use',
    objects: [...accounts, vault, down, revision('shop/web-1'), crashing('shop/web-1-a')],
    logs: { 'shop_web-1-a_app.log': asks },
    code: 'CRASH_LOOP',
    served: [],
  },
  {
    name: 'a pod of another namespace says that it is of a workload',
    objects: [...accounts, vault, workload('shop/web'), revision('shop/web-1'), crashing('evil/mule')],
    logs: { 'evil_mule_app.log': asks },
    code: 'CRASH_LOOP',
    served: [],
  },
  {
    name: 'a replica set of another namespace says how large a workload was',
    objects: [
      ...accounts,
      workload('shop/web', { replicas: 0, ready: 0 }),
      revision('evil/web-1', { 'deployment.kubernetes.io/desired-replicas': '900000' }),
      service('shop/web', 80),
    ],
    code: 'SCALED_TO_ZERO',
    served: [],
  },
  {
    name: 'a workload that no policy of another namespace lets in names an address there, beside one that it ought to let in',
    objects: [
      workload('payments/db', { container: { ports: [{ containerPort: 5432 }] } }),
      workload('payments/api', { container: client }),
      workload('evil/mule', { container: client }),
      service('payments/db', 5432),
      object('NetworkPolicy', 'payments/db', {
        spec: {
          podSelector: { matchLabels: { app: 'db' } },
          policyTypes: ['Ingress'],
          ingress: [
            {
              from: [{ podSelector: { matchLabels: { app: 'old' } } }],
              ports: [{ port: 5432, protocol: 'TCP' }],
            },
          ],
        },
      }),
    ],
    code: 'NETWORK_POLICY_BLOCKS_PATH',
    served: ['evil', 'mule', 'namespaceSelector'],
  },
  {
    name: 'a route leads into another namespace that grants it nothing',
    objects: [
      workload('payments/admin'),
      service('payments/admin', 8080),
      object('GatewayClass', '/c', { spec: { controllerName: 'x/y' } }),
      object('Gateway', 'evil/gw', {
        spec: { gatewayClassName: 'c', listeners: [{ name: 'http', port: 80, protocol: 'HTTP' }] },
      }),
      object('ReferenceGrant', 'payments/other', {
        spec: {
          from: [{ group: 'gateway.networking.k8s.io', kind: 'HTTPRoute', namespace: 'shop' }],
          to: [{ group: '', kind: 'Service', name: 'admin' }],
        },
      }),
      object('HTTPRoute', 'evil/mine', {
        spec: {
          parentRefs: [{ name: 'gw' }],
          rules: [{ backendRefs: [{ name: 'admin', namespace: 'payments', port: 8080 }] }],
        },
      }),
    ],
    code: 'ROUTE_GRANT_MISSING',
    served: [],
  },
  {
    name: 'an account takes the name of a person whom a binding gives rights, beside a binding whose slip is to be seen',
    objects: [
      ...accounts,
      object('ServiceAccount', 'shop/alice'),
      object('Pod', 'shop/mule', {
        spec: { serviceAccountName: 'alice', containers: [{ name: 'app', image: 'x/y:1' }] },
        status: { phase: 'Running' },
      }),
      object('ClusterRole', '/admin', { rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }] }),
      object('RoleBinding', 'shop/owners', {
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'admin' },
        subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'alice' }],
      }),
      object('RoleBinding', 'shop/other', {
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'no-such-role' },
        subjects: [{ kind: 'ServiceAccount', name: 'default', namespace: 'shop' }],
      }),
    ],
    code: 'BINDING_ROLE_MISSING',
    served: ['alice', 'owners'],
  },
].map(trap => ({ ...trap, objects: [...spaces, ...trap.objects] }));
