import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { listOf, memberOf, textOf } from '../../src/core/json.ts';
import {
  postgresPrograms,
  type RealPostgres,
  startPostgres,
  unlessNoPostgres,
} from '../integrations/support/postgres.ts';
import { eventually } from '../support/eventually.ts';
import {
  cnpgDefinitions,
  type FakeOperator,
  sourceCluster,
  startFakeOperator,
} from '../support/fake-cnpg.ts';
import { type KubeletStreams, startKubeletStreams } from './support/kubelet-streams.ts';
import { type Cluster, describeOnCluster, namespaceOf, startCluster } from './support/on-cluster.ts';
import { type RealVigie, startRealVigie } from './support/start-real-vigie.ts';

const group = '/apis/postgresql.cnpg.io/v1/namespaces/shop';

describeOnCluster('backups by a fake of CloudNativePG on a real API server', binaries => {
  let cluster: Cluster;
  let kubelet: KubeletStreams;
  let operator: FakeOperator;
  let server: RealPostgres;
  let real: RealVigie;
  let dir: string;

  const namesAt = async (path: string): Promise<string[]> => {
    const { body } = await cluster.call({ method: 'GET', path });
    return listOf(body, 'items').map(each => textOf(memberOf(each, 'metadata'), 'name'));
  };

  beforeAll(async () => {
    if (postgresPrograms() === undefined) return;
    dir = mkdtempSync(join(tmpdir(), 'cnpg-real-'));
    mkdirSync(join(dir, 'disk'));
    server = await startPostgres();
    // What the stand-in kubelet runs, runs with what this process has.
    process.env['PGHOST'] = server.dir;
    process.env['PGPORT'] = String(server.port);
    process.env['PGUSER'] = 'postgres';
    cluster = await startCluster(binaries);
    await cluster.make('/api/v1/namespaces', namespaceOf('shop'), namespaceOf('other'));
    await cluster.make('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', ...cnpgDefinitions);
    await eventually(async () =>
      expect((await cluster.call({ method: 'GET', path: `${group}/clusters` })).status).toBe(200),
    );
    kubelet = await startKubeletStreams();
    await cluster.call({
      method: 'PATCH',
      path: '/api/v1/nodes/stand-in-1/status',
      contentType: 'application/merge-patch+json',
      body: {
        status: {
          addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
          daemonEndpoints: { kubeletEndpoint: { Port: kubelet.port } },
        },
      },
    });
    await cluster.make(`${group}/clusters`, sourceCluster());
    operator = startFakeOperator(cluster.call);
    await eventually(async () =>
      expect((await cluster.call({ method: 'GET', path: `${group}/clusters/shop-db` })).body).toMatchObject({
        status: { currentPrimary: 'shop-db-1' },
      }),
    );
    real = await startRealVigie({
      kubeconfig: readFileSync(cluster.kubeconfig, 'utf8'),
      namespaces: ['shop'],
      sections: `    backups:
      destinations:
        disk: {directory: ${join(dir, 'disk')}, media: disk}
      sets:
        shop-db: {engine: cnpg, cluster: shop-db, namespace: shop, to: [disk], stored: {media: object-store}}
        elsewhere: {engine: cnpg, cluster: shop-db, namespace: other, to: [disk], stored: {media: object-store}}`,
    });
  });

  afterAll(async () => {
    for (const name of ['PGHOST', 'PGPORT', 'PGUSER']) delete process.env[name];
    await real?.stop();
    await operator?.stop();
    kubelet?.close();
    await cluster?.stop();
    server?.close();
    rmSync(dir, { recursive: true, force: true });
  });

  test.skipIf(postgresPrograms() === undefined)(
    `a run, a drill and a restore that is undone leave what they should${unlessNoPostgres()}`,
    async () => {
      const ran = await real.change('backups_run', { set: 'shop-db' });
      expect(ran.data, ran.text).toMatchObject({ status: 'done' });
      const [backup = ''] = await namesAt(`${group}/backups`);
      expect(backup).toMatch(/^vigie-shop-db-/);
      const drilled = await real.change('backups_drill', { set: 'shop-db' });
      expect(drilled.text).toContain('is proven: restored on Cluster/vigie-drill-');
      expect(drilled.text).toContain('good: the scratch target is gone');
      // The server's own collector took what the Cluster owned.
      expect(await namesAt(`${group}/clusters`)).toEqual(['shop-db']);
      expect(await namesAt('/api/v1/namespaces/shop/persistentvolumeclaims')).toEqual(['shop-db-1']);
      const restored = await real.change('backups_restore', { set: 'shop-db', into: 'shop-again' });
      expect(restored.data, restored.text).toMatchObject({ status: 'done' });
      expect(await namesAt(`${group}/clusters`)).toEqual(['shop-again', 'shop-db']);
      const undone = await real.change('changes_undo', { id: restored.data['id'] });
      expect(undone.data, undone.text).toMatchObject({ status: 'done' });
      expect(await namesAt(`${group}/clusters`)).toEqual(['shop-db']);
    },
  );

  test.skipIf(postgresPrograms() === undefined)(
    `a set in a namespace outside of the environment is refused before anything is written${unlessNoPostgres()}`,
    async () => {
      const ran = await real.call('backups_run', { set: 'elsewhere' });
      expect(ran.data).toMatchObject({ status: 'failed' });
      expect(ran.text).toContain('OUT_OF_BOUNDS');
    },
  );
});
