import { afterEach, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { limits } from '../../src/core/limits.ts';
import { recover } from '../../src/pipeline/recover.ts';
import { type Meddled, startMeddled } from '../hostile/meddler.ts';
import { approvingProcess } from '../support/approving-process.ts';
import { allowEverything, askEverything, idOf } from '../support/start-vigie.ts';

const jobs = '/apis/batch/v1/namespaces/shop/jobs';
const run = { cronJob: 'cronjob/report', namespace: 'shop', waitSeconds: 30 };

let running: Meddled | undefined;

afterEach(async () => {
  await running?.stop();
  running = undefined;
});

async function start(policy: string = allowEverything): Promise<Meddled> {
  running = await startMeddled({ world: 'test/fixtures/worlds/nodes.yaml', hurried: true, policy });
  await running.sandbox.settled();
  return running;
}

async function madeJobs(
  vigie: Meddled,
): Promise<{ metadata: JsonObject & { name: string }; spec: JsonObject }[]> {
  const { items } = await vigie.admin('GET', jobs);
  // Those of the schedule end in digits alone.
  return (items as never[]).filter(
    ({ metadata }: { metadata: { name: string } }) => !/-\d{8}$/.test(metadata.name),
  );
}

function jobOf(name: string, spec: object): string {
  return JSON.stringify({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name },
    spec: {
      backoffLimit: 0,
      template: {
        spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'shop/report:1', ...spec }] },
      },
    },
  });
}

describe('a job that is run', () => {
  test('from a CronJob is made as its controller would, waited for, and told by the end of its log', async () => {
    const vigie = await start();
    const result = await vigie.call('k8s_run_job', run);
    expect(result.status, result.text).toBe('done');
    expect(result.text).toMatch(/Job\/report-\w{8}: completed/);
    expect(result.text).toMatch(/log of report-\w{8}-\w+ report: started/);
    const [job, second] = await madeJobs(vigie);
    expect(second).toBeUndefined();
    expect(job?.metadata).toMatchObject({
      labels: { part: 'report' },
      annotations: { team: 'books', 'cronjob.kubernetes.io/instantiate': 'manual' },
      ownerReferences: [{ kind: 'CronJob', name: 'report', controller: true }],
    });
    expect(job?.spec).toMatchObject({ backoffLimit: 1 });
  });

  test('is deleted by an undo, which says that what it did stays', async () => {
    const vigie = await start();
    const result = await vigie.call('k8s_run_job', run);
    expect(result.text).toContain('what the job did stays done');
    const undone = await vigie.call('changes_undo', { id: idOf(result) });
    expect(undone.status, undone.text).toBe('done');
    expect(await madeJobs(vigie)).toEqual([]);
  });

  test('is verified as soon as it has ended well, also where it is removed a moment later', async () => {
    const vigie = await start();
    const manifest = jobOf('brief', {}).replace('"spec":{', '"spec":{"ttlSecondsAfterFinished":1,');
    const result = await vigie.call('k8s_run_job', { manifest, namespace: 'shop', waitSeconds: 30 });
    expect(result.status, result.text).toBe('done');
    await vigie.sandbox.advance(5_000);
    expect(await madeJobs(vigie)).toEqual([]);
  });

  test('asked for twice runs twice', async () => {
    const vigie = await start();
    await vigie.call('k8s_run_job', run);
    await vigie.call('k8s_run_job', run);
    expect(await madeJobs(vigie)).toHaveLength(2);
  });

  test('whose image is missing is told so long before its time is over, and stays for a look', async () => {
    const vigie = await start();
    const manifest = jobOf('migrate', { image: 'shop/gone:1' });
    const result = await vigie.call('k8s_run_job', { manifest, namespace: 'shop', waitSeconds: 600 });
    expect(result.status, result.text).toBe('failed');
    expect(result.text).toContain('ImagePullBackOff');
    expect(result.text).toMatch(/Done and left as it is, 1 of 1: run Job\/migrate-\w{8} in shop/);
    expect(result.data['next']).toMatch(/vigie k8s logs Job\/migrate-\w{8} -n shop -e test tells more/);
    expect(await madeJobs(vigie)).toHaveLength(1);
    const undone = await vigie.call('changes_undo', { id: idOf(result) });
    expect(undone.status, undone.text).toBe('done');
    expect(await madeJobs(vigie)).toEqual([]);
  });

  test('whose registry does not answer is given as long as a rollout', async () => {
    const vigie = await start();
    vigie.meddle({
      async before({ method, path }) {
        if (method !== 'GET' || path.includes('watch=1') || !/\/(?:pods|events)\?/.test(path))
          return undefined;
        const told = JSON.stringify(await vigie.admin('GET', path));
        return {
          headers: { 'content-type': 'application/json' },
          body: told.replaceAll('not found', 'i/o timeout'),
        };
      },
    });
    const manifest = jobOf('migrate', { image: 'shop/gone:1' });
    const { patience } = vigie.vigie;
    const before = patience.nowMs();
    const result = await vigie.call('k8s_run_job', { manifest, namespace: 'shop', waitSeconds: 600 });
    vigie.meddle({});
    expect(result.status, result.text).toBe('failed');
    expect(patience.nowMs() - before).toBeGreaterThan(40_000);
    expect(patience.nowMs() - before).toBeLessThan(120_000);
  });

  test('that was written other than it was shown is taken back, whatever its status says by then', async () => {
    const vigie = await start();
    let touched = 0;
    vigie.meddle({
      async before({ method, path }) {
        if (method !== 'DELETE' || path.includes('dryRun') || touched > 2) return undefined;
        touched += 1;
        const touch = { metadata: { annotations: { touched: String(touched) } } };
        await vigie.admin('PATCH', path.replace(/\?.*/, ''), touch);
        return undefined;
      },
      after({ method, path, body }) {
        if (method !== 'PATCH' || !path.includes('dryRun=All')) return undefined;
        return { body: body.replace('shop/report:1', 'shop/shown:1') };
      },
    });
    const manifest = jobOf('other', {});
    const result = await vigie.call('k8s_run_job', { manifest, namespace: 'shop' });
    vigie.meddle({});
    expect(result.status, result.text).toBe('failed');
    expect(result.text).toMatch(/Job\/other-\w{8} in shop was written other than it was shown/);
    expect(await madeJobs(vigie), result.text).toEqual([]);
  });

  test('that is still running when the time is over stands, and says where to look on', async () => {
    const vigie = await start();
    const result = await vigie.call('k8s_run_job', { ...run, waitSeconds: 0 });
    expect(result.status, result.text).toBe('unverified');
    expect(result.data['next']).toMatch(/vigie k8s logs Job\/report-\w{8} -n shop -e test tells more/);
    expect(await madeJobs(vigie)).toHaveLength(1);
  });

  test('that prints the value of a Secret is told with the value masked, also where nobody has read it before', async () => {
    const vigie = await start();
    const value = 'printed-password-4711';
    await vigie.admin('POST', '/api/v1/namespaces/shop/secrets', {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'db' },
      data: { password: Buffer.from(value).toString('base64') },
    });
    const env = [{ name: 'P', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } }];
    vigie.meddle({
      before: ({ path }) => (path.includes('/log?') ? { body: `it is ${value}, or\n${value}\n` } : undefined),
    });
    const manifest = jobOf('talks', { env });
    const result = await vigie.call('k8s_run_job', { manifest, namespace: 'shop', waitSeconds: 20 });
    vigie.meddle({});
    expect(result.status, result.text).toBe('done');
    expect(result.text).toMatch(/log of talks-\w{8}-\w+ main: it is \[redacted #\d+\], or/);
    expect(JSON.stringify(result)).not.toContain(value);
    const got = await vigie.call('changes_get', { id: idOf(result) });
    expect(JSON.stringify(got)).not.toContain(value);
  });

  test('whose pods the quota does not let be says so', async () => {
    const vigie = await start();
    await vigie.admin('POST', '/api/v1/namespaces/shop/resourcequotas', {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'none' },
      spec: { hard: { pods: '0' } },
    });
    await vigie.sandbox.settled();
    const result = await vigie.call('k8s_run_job', { ...run, waitSeconds: 2 });
    expect(result.status, result.text).toBe('unverified');
    expect(result.text).toMatch(/It has no pod: .*exceeded quota: none/);
  });

  test('with more rights than its neighbours is high risk, as an apply of it would be', async () => {
    const vigie = await start(askEverything);
    const plain = await vigie.call('k8s_run_job', { manifest: jobOf('plain', {}), namespace: 'shop' });
    expect(plain.data).toMatchObject({ status: 'approval_required', risk: 'medium' });
    const manifest = jobOf('grave', { securityContext: { privileged: true } });
    const grave = await vigie.call('k8s_run_job', { manifest, namespace: 'shop' });
    expect(grave.data).toMatchObject({ status: 'approval_required', risk: 'high' });
  });

  test('is refused where its CronJob is protected by nothing but its own namespace', async () => {
    const vigie = await start('{low: allow, medium: allow, high: allow, protect: [{namespace: shop}]}');
    const denied = await vigie.call('k8s_run_job', run);
    expect(denied.data).toMatchObject({ status: 'denied', rule: 'policy.protect[0]' });
  });
});

describe('a job whose process is killed', () => {
  test.each(['before', 'after'] as const)(
    '%s the write runs at most once, and the record says which',
    async moment => {
      const vigie = await start(askEverything);
      const id = idOf(await vigie.call('k8s_run_job', run));
      const approving = await approvingProcess(vigie, id);
      vigie.meddle({
        [moment](passing: { isWrite: boolean }) {
          if (passing.isWrite) approving.kill();
          return passing.isWrite ? 'cut' : undefined;
        },
      });
      approving.go();
      expect(await approving.ended).toBeUndefined();
      vigie.meddle({});
      await vigie.sandbox.settled();
      vigie.passTime(limits.leaseMs + 1_000);
      const [found] = await recover(vigie.vigie, new AbortController().signal);
      expect(found?.id).toBe(id);
      const made = await madeJobs(vigie);
      expect(made).toHaveLength(moment === 'after' ? 1 : 0);
      const evidence = found?.evidence.join('\n') ?? '';
      if (moment === 'after') expect(evidence).toContain(`${made[0]?.metadata.name} in shop: done`);
      else expect(evidence).toContain('not done');
      expect(evidence).not.toContain('Asking for the same change again is safe');
    },
  );
});
