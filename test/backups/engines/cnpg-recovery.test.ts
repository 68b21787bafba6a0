import { describe, expect, test } from 'vitest';
import { backupName, recordOf } from '../../../src/backups/engines/cnpg-backup.ts';
import { wholeRecord } from '../../../src/backups/engines/cnpg-record.ts';
import { amountsOf, recoveryCluster } from '../../../src/backups/engines/cnpg-recovery.ts';
import { type JsonObject, memberOf } from '../../../src/core/json.ts';
import type { KubeObject } from '../../../src/kubernetes/object.ts';
import { fc } from '../../support/properties.ts';

const cnpg = 'postgresql.cnpg.io/v1';

function clusterWith(spec: JsonObject): KubeObject {
  return {
    apiVersion: cnpg,
    kind: 'Cluster',
    metadata: { name: 'shop-db', namespace: 'shop' },
    spec: { instances: 3, imageName: 'postgresql:15.1', storage: { size: '10Gi' }, ...spec },
  };
}

function backupBy(method: string, status: JsonObject): KubeObject {
  return {
    apiVersion: cnpg,
    kind: 'Backup',
    metadata: { name: 'vigie-shop-db-1', namespace: 'shop', uid: 'u1' },
    spec: { cluster: { name: 'shop-db' }, method },
    status,
  };
}

const barman = {
  name: 'barman-cloud.cloudnative-pg.io',
  isWALArchiver: true,
  parameters: { barmanObjectName: 'store' },
};

function specOf(record: JsonObject, moment?: Date): JsonObject {
  const made = recoveryCluster(record, {
    name: 'vigie-drill-a',
    copy: '20260101T030000Z-abcd',
    annotations: {},
    ...(moment === undefined ? {} : { moment }),
  });
  return made.spec ?? {};
}

/** Of a Cluster: what leads to other places than its own, or acts there. */
const outside = [
  'backup',
  'certificates',
  'livenessProbeTimeout',
  'managed',
  'minSyncReplicas',
  'monitoring',
  'nodeMaintenanceWindow',
  'plugins',
  'primaryUpdateStrategy',
  'replica',
  'replicationSlots',
  'superuserSecret',
  'topologySpreadConstraints',
];
/** What a Cluster may have besides: the real keys, those that are kept too. */
const specKeys = fc.constantFrom(
  ...outside,
  'affinity',
  'bootstrap',
  'enablePDB',
  'enableSuperuserAccess',
  'env',
  'externalClusters',
  'instances',
  'postgresql',
  'resources',
  'tablespaces',
  'walStorage',
);

describe('a Cluster that recovers', () => {
  test('from a plugin reads by it under the name of the source, and has no plugin of its own', () => {
    const cluster = clusterWith({
      plugins: [barman],
      backup: { retentionPolicy: '30d' },
      externalClusters: [{}],
    });
    const settings = { cluster: 'shop-db', namespace: 'shop', plugin: barman.name };
    const record = wholeRecord(backupBy('plugin', { backupId: 'b1' }), { settings, cluster });
    expect(specOf(record)).toEqual({
      imageName: 'postgresql:15.1',
      storage: { size: '10Gi' },
      postgresql: {},
      instances: 1,
      enablePDB: false,
      enableSuperuserAccess: false,
      bootstrap: {
        recovery: { source: 'origin', recoveryTarget: { targetImmediate: true, backupID: 'b1' } },
      },
      externalClusters: [
        {
          name: 'origin',
          plugin: { name: barman.name, parameters: { serverName: 'shop-db', barmanObjectName: 'store' } },
        },
      ],
    });
  });

  test('from snapshots names each volume, and reads WAL where the source archived it', () => {
    const cluster = clusterWith({ plugins: [barman], walStorage: { size: '1Gi' } });
    const elements = [
      { name: 'snap', type: 'PG_DATA' },
      { name: 'snap-wal', type: 'PG_WAL' },
      { name: 'snap-ts', type: 'PG_TABLESPACE', tablespaceName: 'fast' },
    ];
    const record = wholeRecord(backupBy('volumeSnapshot', { snapshotBackupStatus: { elements } }), {
      settings: { cluster: 'shop-db', namespace: 'shop', method: 'volumeSnapshot' },
      cluster,
    });
    const moment = new Date('2026-01-01T04:00:00Z');
    const of = (name: string): object => ({
      name,
      kind: 'VolumeSnapshot',
      apiGroup: 'snapshot.storage.k8s.io',
    });
    expect(memberOf(memberOf(specOf(record, moment), 'bootstrap'), 'recovery')).toEqual({
      volumeSnapshots: {
        storage: of('snap'),
        walStorage: of('snap-wal'),
        tablespaceStorage: { fast: of('snap-ts') },
      },
      source: 'origin',
      recoveryTarget: { targetTime: '2026-01-01T04:00:00.000Z' },
    });
  });

  test('whatever its source has, writes to no archive (property)', () => {
    fc.assert(
      fc.property(fc.dictionary(specKeys, fc.jsonValue()), extra => {
        const cluster = clusterWith({
          ...(JSON.parse(JSON.stringify(extra)) as JsonObject),
          plugins: [barman],
          backup: { barmanObjectStore: { destinationPath: 's3://b/' } },
          replica: { enabled: true },
        });
        const record = wholeRecord(backupBy('barmanObjectStore', { backupId: 'b1' }), {
          settings: { cluster: 'shop-db', namespace: 'shop' },
          cluster,
        });
        const spec = specOf(record);
        for (const key of outside) expect(spec, key).not.toHaveProperty(key);
        expect(spec).toMatchObject({ instances: 1, enablePDB: false, enableSuperuserAccess: false });
      }),
    );
  });
});

test('a record has nothing of the credentials', () => {
  const record = recordOf(
    backupBy('barmanObjectStore', {
      backupId: 'b1',
      s3Credentials: { accessKeyId: { name: 'aws', key: 'id' } },
    }),
  );
  expect(record).toMatchObject({ backupId: 'b1', name: 'vigie-shop-db-1', uid: 'u1' });
  expect(JSON.stringify(record)).not.toContain('aws');
});

test('names of Backups leave room for what the operator makes of them, and differ as their sets do (property)', () => {
  // What is cut of a long name may be all that tells two apart.
  const head = fc.constantFrom('', 'shop-db-of-the-north-and-the-south');
  const tail = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,26}[a-z0-9])?$/);
  fc.assert(
    fc.property(head, tail, tail, (before, ...tails) => {
      const [one = '', other = ''] = tails.map(each => before + each);
      const nameOf = (each: string): string => backupName({ set: each, copy: '20260101T030000Z-abcd' });
      expect(nameOf(one)).toMatch(/^[a-z0-9]([a-z0-9-]{0,56}[a-z0-9])?$/);
      if (one !== other) expect(nameOf(one)).not.toBe(nameOf(other));
    }),
  );
});

test('what a recovery asks for is told by its requests, its limits, or the template of its claims', () => {
  expect(
    amountsOf({
      resources: { limits: { cpu: 2, memory: '4Gi' } },
      storage: { pvcTemplate: { storageClassName: 'slow', resources: { requests: { storage: '5Gi' } } } },
      walStorage: { size: '2Gi' },
    }),
  ).toEqual({ cpu: '2', memory: '4Gi', volumes: 'data 5Gi of class slow, WAL 2Gi' });
  expect(amountsOf(undefined)).toMatchObject({ cpu: 'no request', memory: 'no request' });
});
