import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { isObject, type Json, type JsonObject } from '../../src/core/json.ts';
import { analyzers } from '../../src/diagnosis/analyzers/index.ts';
import { diagnose } from '../../src/diagnosis/diagnose.ts';
import { Snapshot } from '../../src/diagnosis/snapshot.ts';
import { misfitOf } from '../../src/kubernetes/fit.ts';
import type { Event } from '../../src/kubernetes/kinds/event.ts';
import { isKind } from '../../src/kubernetes/kinds.ts';
import type { KubeObject } from '../../src/kubernetes/object.ts';
import { fc } from '../support/properties.ts';
import { takenAt } from '../support/snapshot-of.ts';

// One of each that the rules about storage, nodes and rights look at, each wrong in a way that one of them finds.
const world = `
apiVersion: v1
kind: Node
metadata: {name: n1, uid: n, creationTimestamp: '2026-01-01T00:00:00Z', labels: {zone: a}}
spec: {unschedulable: true, taints: [{key: node.kubernetes.io/unschedulable, effect: NoSchedule, timeAdded: '2026-11-01T00:00:00Z'}]}
status:
  conditions: [{type: Ready, status: 'True', lastTransitionTime: '2026-11-01T00:00:00Z'}, {type: DiskPressure, status: 'True', message: full}]
  allocatable: {pods: '1', cpu: 1}
  nodeInfo: {kubeletVersion: v1.30.1}
---
apiVersion: coordination.k8s.io/v1
kind: Lease
metadata: {name: n1, namespace: kube-node-lease}
spec: {renewTime: '2026-11-21T13:00:00.000000Z'}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: shop, uid: d, annotations: {meta.helm.sh/release-name: api, kubectl.kubernetes.io/last-applied-configuration: '{"apiVersion":"apps/v1beta1"}'}}
spec:
  replicas: 2
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec:
      serviceAccountName: api
      nodeSelector: {zone: b}
      containers: [{name: main, image: 'shop/api:1', envFrom: [{configMapRef: {name: flags}}]}]
      volumes: [{name: v, persistentVolumeClaim: {claimName: data}}, {name: w, persistentVolumeClaim: {claimName: gone}}]
---
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: api-1, namespace: shop, uid: r, creationTimestamp: '2026-11-21T11:50:00Z', annotations: {deployment.kubernetes.io/revision: '2'}, ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: api, uid: d, controller: true}]}
spec: {selector: {}, template: {spec: {containers: [{name: main}]}}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: flags, namespace: shop, managedFields: [{manager: m, operation: Update, time: '2026-11-21T11:58:00Z'}]}
---
apiVersion: v1
kind: Pod
metadata: {name: api-1-a, namespace: shop, uid: p, creationTimestamp: '2026-11-21T11:00:00Z', ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: api-1, uid: r, controller: true}]}
spec: {nodeName: n1, serviceAccountName: api, containers: [{name: main}], volumes: [{name: v, persistentVolumeClaim: {claimName: data}}]}
status: {phase: Pending, startTime: '2026-11-21T11:00:00Z', containerStatuses: [{name: main, ready: false, restartCount: 0, state: {waiting: {reason: ContainerCreating}}}], conditions: [{type: Ready, status: 'False', lastTransitionTime: '2026-11-21T11:59:00Z'}]}
---
apiVersion: v1
kind: Event
metadata: {name: e, namespace: shop}
involvedObject: {kind: Pod, name: api-1-a, namespace: shop}
type: Warning
reason: FailedAttachVolume
message: 'Multi-Attach error for volume "disk" Volume is already used'
firstTimestamp: '2026-11-21T11:59:00Z'
lastTimestamp: '2026-11-21T11:59:30Z'
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data, namespace: shop, uid: c, creationTimestamp: '2026-11-21T11:00:00Z'}
spec: {accessModes: [ReadWriteOnce], volumeName: disk, storageClassName: fast, selector: {matchLabels: {a: b}}, resources: {requests: {storage: 1Gi}}}
status: {phase: Bound, capacity: {storage: 1Gi}, conditions: [{type: Resizing, status: 'True'}], allocatedResourceStatuses: {storage: NodeResizeInfeasible}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: other, namespace: shop, uid: o}
spec: {accessModes: [ReadWriteOnce], storageClassName: '', resources: {requests: {storage: 1Gi}}}
status: {phase: Pending}
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: disk}
spec: {accessModes: [ReadWriteOnce], capacity: {storage: 1Gi}, claimRef: {name: other, namespace: shop, uid: x}, nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: zone, operator: In, values: [a]}]}]}}}
status: {phase: Released}
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: fast}
provisioner: disks.example.com
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader, namespace: shop}
rules: [{apiGroups: [''], resources: [deployments], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: b, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
subjects: [{kind: ServiceAccount, name: apii, namespace: shop}, {kind: User, name: 'system:serviceaccount:x'}]
---
apiVersion: v1
kind: Secret
type: helm.sh/release.v1
metadata: {name: sh.helm.release.v1.api.v2, namespace: shop, labels: {name: api, owner: helm, status: failed, version: '2'}}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.com}
spec: {group: example.com, scope: Namespaced, names: {kind: Thing, plural: things}, versions: [{name: v1, served: true, deprecated: true}]}
status: {storedVersions: [v0]}
`;

const hostile: readonly Json[] = [
  '',
  '__proto__',
  'constructor',
  '\u202Eeli\n\u0000',
  '(a+)+$',
  '9'.repeat(250),
  '-1',
  'x'.repeat(250),
  0,
  -1,
  1e300,
  true,
  [],
  {},
  null,
];

function pathsIn(value: Json | undefined, at: readonly string[] = []): string[][] {
  const own = at.length === 0 ? [] : [[...at]];
  if (typeof value !== 'object' || value === null) return own;
  return [...own, ...Object.entries(value).flatMap(([key, member]) => pathsIn(member, [...at, key]))];
}

/** The value with what stands at a path taken out, or put there. */
function withAt(
  value: Json | undefined,
  [key, ...rest]: readonly string[],
  put: Json | undefined,
): Json | undefined {
  if (key === undefined) return put;
  if (Array.isArray(value))
    return value.map((item, index) => (`${index}` === key ? (withAt(item, rest, put) ?? null) : item));
  return isObject(value) ? { ...value, [key]: withAt(value[key], rest, put) } : value;
}

const documents = parseAllDocuments(world).map(each => each.toJS() as JsonObject);

function look(objects: readonly JsonObject[]): Snapshot {
  // As whoever reads files or a server does: what has not the types of its kind is left out.
  const fitting = objects
    .map(object => structuredClone(object) as unknown as KubeObject)
    .filter(
      object =>
        misfitOf(object as unknown as JsonObject, object) === undefined &&
        typeof object.metadata?.name === 'string',
    );
  return new Snapshot({
    takenAt,
    serverVersion: 'v1.36.2',
    objects: fitting.filter(({ kind }) => kind !== 'Event'),
    events: fitting.filter((object): object is Event => isKind(object, 'Event')),
    logs: new Map([
      [
        'shop/api-1-a/main',
        {
          lines: [
            'User "system:serviceaccount:shop:api" cannot list resource "pods" in API group "" in the namespace "shop"',
          ],
          previous: false,
        },
      ],
    ]),
  });
}

test('the world as it stands has something for many of the rules', () => {
  const codes = new Set(analyzers.flatMap(each => each.analyze(look(documents)).map(({ code }) => code)));
  expect(codes.size).toBeGreaterThan(12);
});

test('whatever an object holds in whichever field, nobody fails over it, and no finding outgrows its bound', () => {
  const changes = fc.array(
    fc
      .nat(documents.length - 1)
      .chain(index =>
        fc.tuple(
          fc.constant(index),
          fc.constantFrom(
            ...pathsIn(documents[index]).filter(([first]) => first !== 'apiVersion' && first !== 'kind'),
          ),
          fc.constantFrom<Json | undefined>(...hostile, undefined),
        ),
      ),
    { minLength: 1, maxLength: 4 },
  );
  fc.assert(
    fc.property(changes, all => {
      const objects = [...documents];
      for (const [index, path, put] of all)
        objects[index] = (withAt(objects[index], path, put) ?? {}) as JsonObject;
      const { findings } = diagnose(look(objects));
      for (const finding of findings) expect(JSON.stringify(finding).length).toBeLessThanOrEqual(2_000);
    }),
    { numRuns: 400 },
  );
});
