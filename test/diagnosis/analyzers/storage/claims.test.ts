import { expect, test } from 'vitest';
import { claimsAnalyzer } from '../../../../src/diagnosis/analyzers/storage/claims.ts';
import { fold } from '../../../../src/diagnosis/fold.ts';
import { snapshotOf } from '../../../support/snapshot-of.ts';

const user = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: shop}
spec:
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec: {containers: [{name: main}], volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]}
`;

const fast = `
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: fast}
provisioner: disks.example.com
`;

function claim(spec: string, { name = 'data', rest = 'status: {phase: Pending}' } = {}): string {
  return `
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: ${name}, namespace: shop, uid: u-${name}, creationTimestamp: '2026-11-21T11:00:00Z'}
spec: ${spec}
${rest}
`;
}

function volume(spec: string, rest = 'status: {phase: Available}'): string {
  return `
apiVersion: v1
kind: PersistentVolume
metadata: {name: disk}
spec: ${spec}
${rest}
`;
}

function event(reason: string, message: string): string {
  return `
apiVersion: v1
kind: Event
metadata: {name: e, namespace: shop}
involvedObject: {kind: PersistentVolumeClaim, name: data, namespace: shop}
type: Warning
reason: ${reason}
message: '${message}'
`;
}

const analyze = (...documents: string[]) => claimsAnalyzer.analyze(snapshotOf(documents.join('---')));
const ten = "{accessModes: [ReadWriteOnce], storageClassName: '', resources: {requests: {storage: 10Gi}}}";

test('a claim whose class could not make a volume is told with the words of the provisioner', () => {
  const [found] = analyze(
    claim('{storageClassName: fast}'),
    fast,
    event('ProvisioningFailed', 'rpc error: Quota exceeded in zone b'),
  );
  expect(found).toMatchObject({
    code: 'VOLUME_NOT_PROVISIONED',
    severity: 'warning',
    object: { kind: 'PersistentVolumeClaim', name: 'data', namespace: 'shop' },
    evidence: ['ProvisioningFailed: rpc error: Quota exceeded in zone b'],
    cause: "the provider's quota is used up",
  });
});

test('a class that does not exist is found without any event, and breaks what mounts the claim', () => {
  const [found] = analyze(claim('{storageClassName: fsat}'), fast, user);
  expect(found).toMatchObject({
    code: 'CLAIM_CLASS_MISSING',
    severity: 'critical',
    breaks: [{ kind: 'Deployment', name: 'api' }],
    question: 'Which class is it to have? There are: fast. A claim is made anew for another.',
  });
});

test('classes that could not be read are not missing', () => {
  const snapshot = snapshotOf(claim('{storageClassName: fast}'), {
    unread: [{ kind: 'StorageClass', why: 'not allowed' }],
  });
  expect(claimsAnalyzer.analyze(snapshot)).toEqual([]);
});

test('two claims that wait for one class are one finding', () => {
  const snapshot = snapshotOf(
    [claim('{storageClassName: gone}'), claim('{storageClassName: gone}', { name: 'more' })].join('---'),
  );
  expect(fold(claimsAnalyzer.analyze(snapshot), snapshot)).toMatchObject([
    { object: { name: 'data' }, explains: ['PersistentVolumeClaim/more in shop (CLAIM_CLASS_MISSING)'] },
  ]);
});

test('without a default class the only class is offered as default', () => {
  const [found] = analyze(claim('{}'), fast, event('FailedBinding', 'no persistent volumes available'));
  expect(found).toMatchObject({ code: 'CLAIM_WITHOUT_CLASS' });
  expect(found?.fixes).toMatchObject([
    { tool: 'k8s_patch', arguments: { target: { kind: 'StorageClass', name: 'fast' } } },
  ]);
});

test('with two classes nobody but a person knows which is to be the default', () => {
  const [found] = analyze(claim('{}'), fast, fast.replace('name: fast', 'name: slow'));
  expect(found).toMatchObject({ code: 'CLAIM_WITHOUT_CLASS', fixes: [] });
  expect(found?.question).toContain('fast, slow');
});

test.each([
  [
    volume("{capacity: {storage: 5Gi}, accessModes: [ReadWriteOnce], storageClassName: ''}"),
    'has 5Gi of the 10Gi asked for',
  ],
  [
    volume('{capacity: {storage: 10Gi}, accessModes: [ReadOnlyMany]}'),
    'allows ReadOnlyMany and not ReadWriteOnce',
  ],
  [
    volume('{capacity: {storage: 10Gi}, accessModes: [ReadWriteOnce], storageClassName: manual}'),
    'is of class manual, not of no class',
  ],
  [
    volume(
      '{capacity: {storage: 10Gi}, accessModes: [ReadWriteOnce], claimRef: {namespace: other, name: data}}',
    ),
    'belongs to other/data',
  ],
  [
    volume('{capacity: {storage: 10Gi}, accessModes: [ReadWriteOnce], volumeMode: Block}'),
    'has volume mode Block, not Filesystem',
  ],
])('the nearest volume made by hand and what is wrong with it are named', (disk, why) => {
  expect(analyze(claim(ten), disk)).toMatchObject([
    { code: 'CLAIM_NO_VOLUME_FITS', summary: `no volume fits it: PersistentVolume/disk ${why}` },
  ]);
});

test('a claim for which a volume is free is about to get it', () => {
  expect(analyze(claim(ten), volume('{capacity: {storage: 20Gi}, accessModes: [ReadWriteOnce]}'))).toEqual(
    [],
  );
});

test('labels that the claim selects by are looked at', () => {
  const spec =
    "{accessModes: [ReadWriteOnce], storageClassName: '', selector: {matchLabels: {tier: gold}}, resources: {requests: {storage: 1Gi}}}";
  const found = analyze(claim(spec), volume('{capacity: {storage: 10Gi}, accessModes: [ReadWriteOnce]}'));
  expect(found[0]?.summary).toContain("lacks the labels of the claim's selector");
});

test('a claim that waits for its first consumer is well, and so is one whose class is about to make its volume', () => {
  const waits = `${fast}volumeBindingMode: WaitForFirstConsumer\n`;
  expect(analyze(claim('{storageClassName: fast}'), waits, user)).toEqual([]);
  const young = claim('{storageClassName: fast}').replace('11:00:00', '11:58:00');
  expect(analyze(young, fast)).toEqual([]);
});

test('a provisioner that says nothing for minutes is named with the workload that runs it', () => {
  const provisioner = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: disks, namespace: storage}
spec:
  selector: {matchLabels: {app: disks}}
  template: {metadata: {labels: {app: disks}}, spec: {containers: [{name: main, args: [--name=disks.example.com]}]}}
`;
  expect(analyze(claim('{storageClassName: fast}'), fast, provisioner)).toMatchObject([
    {
      code: 'PROVISIONER_SILENT',
      cause: 'Deployment/disks, which runs it, has no ready pod',
      dependsOn: [{ kind: 'Deployment', name: 'disks', namespace: 'storage' }],
    },
  ]);
});

test('a lost claim, one that names a missing volume, and one that names the volume of another are told apart', () => {
  expect(analyze(claim('{volumeName: disk}', { rest: 'status: {phase: Lost}' }))).toMatchObject([
    { code: 'CLAIM_LOST' },
  ]);
  expect(analyze(claim('{volumeName: disk}'))).toMatchObject([
    { code: 'CLAIM_VOLUME_UNFIT', summary: 'it names volume disk, which does not exist' },
  ]);
  expect(
    analyze(claim('{volumeName: disk}'), volume('{claimRef: {namespace: a, name: b, uid: c}}')),
  ).toMatchObject([{ code: 'CLAIM_VOLUME_UNFIT', summary: 'it names volume disk, which belongs to a/b' }]);
});

test('amounts that are none, and times that are none, are survived', () => {
  const odd = claim("{storageClassName: '', resources: {requests: {storage: much}}}").replace(
    '2026-11-21T11:00:00Z',
    'soon',
  );
  expect(analyze(odd, volume('{capacity: {storage: {}}}'))).toEqual([]);
});

test('a claim that names a volume of another access mode does not get it', () => {
  const spec = "{storageClassName: '', accessModes: [ReadWriteMany], volumeName: disk}";
  expect(analyze(claim(spec), volume('{accessModes: [ReadWriteOnce]}'))).toMatchObject([
    {
      code: 'CLAIM_VOLUME_UNFIT',
      summary: 'it names volume disk, which allows ReadWriteOnce and not ReadWriteMany',
    },
  ]);
  expect(analyze(claim(spec), volume('{accessModes: [ReadWriteMany]}'))).toEqual([]);
});
