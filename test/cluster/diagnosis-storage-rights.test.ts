import { afterAll, beforeAll, expect, test } from 'vitest';
import { isObject, type JsonObject, objectsIn, plainText } from '../../src/core/json.ts';
import type { Analyzer } from '../../src/diagnosis/analyzer.ts';
import { bindingsAnalyzer } from '../../src/diagnosis/analyzers/access/bindings.ts';
import { rolesAnalyzer } from '../../src/diagnosis/analyzers/access/roles.ts';
import { deprecatedApisAnalyzer } from '../../src/diagnosis/analyzers/cluster/deprecated-apis.ts';
import { nodeUpkeepAnalyzer } from '../../src/diagnosis/analyzers/cluster/node-upkeep.ts';
import { nodesAnalyzer } from '../../src/diagnosis/analyzers/cluster/nodes.ts';
import { claimsAnalyzer } from '../../src/diagnosis/analyzers/storage/claims.ts';
import { mountsAnalyzer } from '../../src/diagnosis/analyzers/storage/mounts.ts';
import { podVolumesAnalyzer } from '../../src/diagnosis/analyzers/storage/pod-volumes.ts';
import { volumesAnalyzer } from '../../src/diagnosis/analyzers/storage/volumes.ts';
import { fold } from '../../src/diagnosis/fold.ts';
import { Snapshot } from '../../src/diagnosis/snapshot.ts';
import type { Event } from '../../src/kubernetes/kinds/event.ts';
import type { KubeObject } from '../../src/kubernetes/object.ts';
import { allKinds } from '../../src/kubernetes/schema.ts';
import {
  type Cluster,
  deploymentOf,
  describeOnCluster,
  namespaceOf,
  startCluster,
} from './support/on-cluster.ts';

const analyzers: readonly Analyzer[] = [
  claimsAnalyzer,
  volumesAnalyzer,
  podVolumesAnalyzer,
  mountsAnalyzer,
  nodesAnalyzer,
  nodeUpkeepAnalyzer,
  bindingsAnalyzer,
  rolesAnalyzer,
  deprecatedApisAnalyzer,
];

const hour = 60 * 60_000;

describeOnCluster('storage, nodes and rights on a real server', binaries => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster(binaries);
  });
  afterAll(() => cluster.stop());

  /** All that the analyzers read, as the server has it; `laterMs`: as somebody sees it who looks so much later. */
  async function look(laterMs = 0): Promise<Snapshot> {
    const kinds = new Set(analyzers.flatMap(({ needs }) => needs));
    const objects: KubeObject[] = [];
    for (const { apiVersion, kind, plural, group } of allKinds()) {
      if (!kinds.has(kind) && kind !== 'ReplicaSet') continue;
      const answer = await cluster.call({
        method: 'GET',
        path: `${group === '' ? '/api' : '/apis'}/${apiVersion}/${plural}`,
      });
      for (const item of objectsIn(answer.body['items'])) objects.push(objectOf(item, { apiVersion, kind }));
    }
    return new Snapshot({
      takenAt: new Date(Date.now() + laterMs),
      objects: objects.filter(({ kind }) => kind !== 'Event'),
      // The JSON border: a server's answer.
      events: objects.filter(({ kind, apiVersion }) => kind === 'Event' && apiVersion === 'v1') as Event[],
      serverVersion: 'v1.36.2',
    });
  }

  function objectOf(
    item: JsonObject,
    { apiVersion, kind }: { apiVersion: string; kind: string },
  ): KubeObject {
    return { ...item, apiVersion, kind } as KubeObject;
  }

  async function found(laterMs = 0) {
    const snapshot = await look(laterMs);
    return fold(
      analyzers.flatMap(each => each.analyze(snapshot)),
      snapshot,
    );
  }

  const claim = (name: string, spec: object) => ({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '5Gi' } }, ...spec },
  });
  const volume = (name: string, spec: object) => ({
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name },
    spec: {
      accessModes: ['ReadWriteOnce'],
      capacity: { storage: '5Gi' },
      persistentVolumeReclaimPolicy: 'Retain',
      hostPath: { path: `/${name}` },
      ...spec,
    },
  });
  const claims = '/api/v1/namespaces/store/persistentvolumeclaims';
  const rights = '/apis/rbac.authorization.k8s.io/v1/namespaces/store';

  test('a fresh cluster has nothing to find', async () => {
    expect(await found()).toEqual([]);
  });

  test('claims that get no volume are told apart as the server leaves them', async () => {
    await cluster.make('/api/v1/namespaces', namespaceOf('store'));
    await cluster.make(claims, claim('typo', { storageClassName: 'fsat' }), claim('plain', {}));
    await cluster.make(claims, claim('large', { storageClassName: '' }));
    await cluster.make('/api/v1/persistentvolumes', volume('small', { capacity: { storage: '1Gi' } }));
    const codes = async () =>
      Object.fromEntries((await found()).map(({ object, code }) => [object.name, code]));
    await expect.poll(codes).toEqual({
      typo: 'CLAIM_CLASS_MISSING',
      plain: 'CLAIM_WITHOUT_CLASS',
      large: 'CLAIM_NO_VOLUME_FITS',
    });
  });

  test('a claim is given the only class when that becomes the default, as the fix says', async () => {
    await cluster.make('/apis/storage.k8s.io/v1/storageclasses', {
      metadata: { name: 'disks' },
      provisioner: 'disks.example.com',
    });
    const before = (await found()).find(({ object }) => object.name === 'plain');
    const patch = before?.fixes[0]?.arguments['patch'];
    await cluster.call({
      method: 'PATCH',
      path: '/apis/storage.k8s.io/v1/storageclasses/disks',
      body: JSON.parse(plainText(patch)),
      contentType: 'application/strategic-merge-patch+json',
    });
    const names = async () => (await found()).map(({ object }) => object.name);
    await expect.poll(names).not.toContain('plain');
    // Nobody answers to the name of its provisioner, which shows after some minutes.
    const silent = async () => (await found(hour)).find(({ object }) => object.name === 'plain');
    await expect.poll(silent).toMatchObject({
      code: 'PROVISIONER_SILENT',
      cause: 'nothing in the cluster bears its name',
    });
  });

  test('a released volume goes to the new claim of the name when the uid is taken out', async () => {
    await cluster.make('/api/v1/persistentvolumes', volume('kept', { storageClassName: 'manual' }));
    const data = claim('data', { storageClassName: 'manual' });
    const phaseAt = async (path: string) => {
      const { body } = await cluster.call({ method: 'GET', path });
      return isObject(body['status']) ? body['status']['phase'] : undefined;
    };
    const phase = () => phaseAt(`${claims}/data`);
    const phaseOfVolume = () => phaseAt('/api/v1/persistentvolumes/kept');
    await cluster.make(claims, data);
    await expect.poll(phase).toBe('Bound');
    await cluster.call({ method: 'DELETE', path: `${claims}/data` });
    await expect.poll(phase).toBeUndefined();
    // A claim that is older than the release would be another case.
    await expect.poll(phaseOfVolume).toBe('Released');
    await cluster.make(claims, data);
    const released = async () => (await found()).find(({ code }) => code === 'VOLUME_RELEASED');
    await expect.poll(released).toMatchObject({
      object: { name: 'kept' },
      explains: ['PersistentVolumeClaim/data in store (CLAIM_NO_VOLUME_FITS)'],
      // The claim came after the release: whether it may have the data is for a person to say.
      fixes: [],
      question: expect.stringContaining('data') as string,
    });
    await cluster.call({
      method: 'PATCH',
      path: '/api/v1/persistentvolumes/kept',
      body: [{ op: 'remove', path: '/spec/claimRef/uid' }],
      contentType: 'application/json-patch+json',
    });
    await expect.poll(phase).toBe('Bound');
    await expect
      .poll(async () => (await found()).filter(({ object: { name } }) => name === 'kept' || name === 'data'))
      .toEqual([]);
  });

  test('a claim that names a volume which does not fit is refused by the server, and told so', async () => {
    await cluster.make('/api/v1/persistentvolumes', volume('single', { storageClassName: 'manual' }));
    const wanted = { storageClassName: 'manual', volumeName: 'single', accessModes: ['ReadWriteMany'] };
    await cluster.make(claims, claim('shared', wanted));
    const about = { kind: 'PersistentVolumeClaim', name: 'shared', namespace: 'store' };
    await expect
      .poll(async () => (await look()).eventsFor(about)[0])
      .toMatchObject({
        reason: 'VolumeMismatch',
        message: 'Cannot bind to requested volume "single": incompatible accessMode',
      });
    await expect
      .poll(async () => (await found()).find(({ object }) => object.name === 'shared')?.code)
      .toBe('CLAIM_VOLUME_UNFIT');
  });

  test('a workload whose claim is missing is one finding', async () => {
    const workload = deploymentOf('api') as { spec: { template: { spec: { volumes?: object[] } } } };
    workload.spec.template.spec.volumes = [{ name: 'v', persistentVolumeClaim: { claimName: 'nowhere' } }];
    await cluster.make('/apis/apps/v1/namespaces/store/deployments', workload);
    const mine = async () =>
      (await found(hour)).filter(({ object }) => object.name === 'nowhere' || object.name === 'api');
    await expect
      .poll(mine)
      .toMatchObject([
        { code: 'CLAIM_MISSING', explains: ['Deployment/api in store (POD_WAITS_FOR_VOLUME)'] },
      ]);
  });

  test('rights that lead nowhere are found, and a wrong group is mended by the fix', async () => {
    await cluster.make(`${rights}/roles`, {
      metadata: { name: 'reader' },
      rules: [{ apiGroups: [''], resources: ['pods', 'deployments'], verbs: ['get'] }],
    });
    const subjects = [{ kind: 'ServiceAccount', name: 'defautl', namespace: 'store' }];
    const apiGroup = 'rbac.authorization.k8s.io';
    await cluster.make(
      `${rights}/rolebindings`,
      { metadata: { name: 'reads' }, roleRef: { apiGroup, kind: 'Role', name: 'reader' }, subjects },
      {
        metadata: { name: 'views' },
        roleRef: { apiGroup, kind: 'Role', name: 'view' },
        subjects: [{ kind: 'ServiceAccount', name: 'default', namespace: 'store' }],
      },
    );
    const mine = async () => (await found()).filter(({ code }) => /^(?:ROLE|BINDING)_/.test(code));
    expect((await mine()).map(({ code, object }) => `${object.name} ${code}`).toSorted()).toEqual([
      'reader ROLE_GROUP_WRONG',
      'reads BINDING_SUBJECT_MISSING',
      'views BINDING_ROLE_MISSING',
    ]);
    for (const { object, fixes } of await mine()) {
      const patch = fixes[0]?.arguments['patch'];
      if (patch === undefined) continue;
      const plural = object.kind === 'Role' ? 'roles' : 'rolebindings';
      await cluster.call({
        method: 'PATCH',
        path: `${rights}/${plural}/${object.name}`,
        body: JSON.parse(plainText(patch)),
        contentType: 'application/json-patch+json',
      });
    }
    expect((await mine()).map(({ code }) => code)).toEqual(['BINDING_ROLE_MISSING']);
  });

  test('the server says since when a node is closed', async () => {
    const [node] = (await look()).of('Node');
    await cluster.call({
      method: 'PATCH',
      path: `/api/v1/nodes/${node?.metadata.name ?? ''}`,
      body: { spec: { unschedulable: true } },
      contentType: 'application/merge-patch+json',
    });
    const cordoned = async (laterMs: number) =>
      (await found(laterMs)).filter(({ code }) => code === 'NODE_CORDONED');
    await expect.poll(() => cordoned(25 * hour)).toHaveLength(1);
    expect(await cordoned(23 * hour)).toEqual([]);
  });
});
