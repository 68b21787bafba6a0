import { describe, expect, test } from 'vitest';
import { crashLoopsAnalyzer } from '../../../../src/diagnosis/analyzers/containers/crash-loops.ts';
import { outOfMemoryAnalyzer } from '../../../../src/diagnosis/analyzers/containers/out-of-memory.ts';
import { diagnose } from '../../../../src/diagnosis/diagnose.ts';
import type { KubeObject } from '../../../../src/kubernetes/object.ts';
import {
  ago,
  brokenWeb,
  crashing,
  earlierWeb,
  eventOf,
  object,
  snapshotWith,
} from '../../../support/broken-workload.ts';

const logs = (...lines: string[]) => new Map([['shop/web-2-abcde/main', { lines, previous: true }]]);
const crashes = (status: object, rest = {}, more: KubeObject[] = []) =>
  crashLoopsAnalyzer.analyze(
    snapshotWith([...brokenWeb({}, { podStatus: { containerStatuses: [status] } }), ...more], rest),
  );

test.each([
  [1, 'CRASH_LOOP'],
  [2, 'CRASH_ARGUMENTS'],
  [42, 'CRASH_LOOP'],
  [126, 'COMMAND_NOT_EXECUTABLE'],
  [127, 'COMMAND_NOT_FOUND'],
  [134, 'CRASH_ABORTED'],
  [137, 'CRASH_KILLED'],
  [139, 'CRASH_SEGFAULT'],
  [143, 'CRASH_TERMINATED'],
  [0, 'CRASH_EXITS'],
])('a loop that ends with exit code %i is %s of the Deployment', (exitCode, code) => {
  expect(crashes(crashing({ exitCode }))).toMatchObject([
    { code, severity: 'critical', object: { kind: 'Deployment', name: 'web' } },
  ]);
});

describe('what a program wrote before it ended tells more than its exit code', () => {
  test.each([
    ['a panic', ['panic: runtime error: index out of range [3]', 'goroutine 1 [running]:', 'main.main()']],
    ['a panic of which the stacks alone are left', ['goroutine 7 [select]:', 'net/http.(*conn).serve()']],
  ])('exit code 2 after %s is a crash of the program, and not of its arguments', (_, lines) => {
    const [draft] = crashes(crashing({ exitCode: 2 }), { logs: logs(...lines) });
    expect(draft).toMatchObject({ code: 'CRASH_LOOP', summary: expect.stringContaining('main panics') });
    expect(draft?.question).not.toMatch(/argument/i);
  });

  test('exit code 2 after a word of panic in a sentence stays one of arguments', () => {
    const lines = ['flag provided but not defined: -panic: see --help'];
    expect(crashes(crashing({ exitCode: 2 }), { logs: logs(...lines) })).toMatchObject([
      { code: 'CRASH_ARGUMENTS' },
    ]);
  });

  test('a heap that is full is named as memory', () => {
    const line = 'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory';
    expect(
      crashes(crashing({ exitCode: 134 }), { logs: logs('<--- Last few GCs --->', line) }),
    ).toMatchObject([
      {
        code: 'CRASH_ABORTED',
        summary: expect.stringContaining('has no memory left within its own limits (exit code 134)'),
        question: expect.stringContaining('How much memory does it need?'),
      },
    ]);
  });

  test('a program for another processor asks for the image, whatever the shell made of it', () => {
    for (const exitCode of [1, 126])
      expect(
        crashes(crashing({ exitCode }), { logs: logs('exec /app/run: exec format error') }),
      ).toMatchObject([{ question: expect.stringContaining('made for the processor of the node') }]);
  });
});

describe('no loop', () => {
  const running = (
    restarts: number,
    { ran, runs, ready = true }: { ran: number; runs: number; ready?: boolean },
  ) => ({
    name: 'main',
    ready,
    restartCount: restarts,
    state: { running: { startedAt: ago(runs) } },
    lastState: { terminated: { exitCode: 1, startedAt: ago(runs + ran), finishedAt: ago(runs) } },
  });

  test.each([
    ['it runs since', running(5, { ran: 5, runs: 60 })],
    ['its restarts are accidents, hours apart', running(3, { ran: 50_000, runs: 900 })],
    [
      'it was killed by its memory limit, which is told elsewhere',
      crashing({ exitCode: 137, reason: 'OOMKilled' }),
    ],
    ['it was never started, which is told elsewhere', crashing({ exitCode: 128, reason: 'StartError' })],
  ])('%s', (_, status) => {
    expect(crashes(status)).toEqual([]);
  });

  test('a pod gets its first minute', () => {
    const young = brokenWeb(
      {},
      {
        pod: { creationTimestamp: ago(20) },
        podStatus: { containerStatuses: [crashing({ exitCode: 1 }, { restarts: 1 })] },
      },
    );
    expect(crashLoopsAnalyzer.analyze(snapshotWith(young))).toEqual([]);
  });

  test('what a probe kills is told of the probe', () => {
    const killing = eventOf('Killing', 'Container main failed liveness probe, will be restarted');
    expect(crashes(crashing({ exitCode: 137 }), {}, [killing])).toEqual([]);
  });

  test('where no event of the pod is left, a stop by signal is told of the probe that it has', () => {
    const spec = (probe: object) => ({ containers: [{ name: 'main', image: 'a', ...probe }] });
    const codes = (probe: object, end: object, more: KubeObject[] = []) =>
      diagnose(
        snapshotWith([
          ...brokenWeb(spec(probe), { podStatus: { containerStatuses: [crashing(end)] } }),
          ...more,
        ]),
      ).findings.map(({ code, confidence }) => `${code} ${confidence}`);
    const livenessProbe = { httpGet: { path: '/', port: 8080 } };
    expect(codes({ livenessProbe }, { exitCode: 137 })).toContain('PROBE_FAILS likely');
    expect(codes({ startupProbe: livenessProbe }, { exitCode: 143 })).toContain('PROBE_TOO_EARLY likely');
    expect(codes({ livenessProbe }, { exitCode: 137, reason: 'OOMKilled' })).toContain(
      'OUT_OF_MEMORY certain',
    );
    expect(codes({ livenessProbe }, { exitCode: 1 })).toContain('CRASH_LOOP certain');
    expect(
      codes({ livenessProbe }, { exitCode: 137 }, [eventOf('BackOff', 'Back-off restarting')]),
    ).toContain('CRASH_KILLED certain');
  });

  test('pods of a revision that is being replaced do not count', () => {
    const old = brokenWeb(
      {},
      {
        pod: {
          ownerReferences: [
            { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-1', uid: 'set-1', controller: true },
          ],
        },
        podStatus: { containerStatuses: [crashing({ exitCode: 1 })] },
      },
    );
    expect(crashLoopsAnalyzer.analyze(snapshotWith([...old, earlierWeb({}, 0)]))).toEqual([]);
  });
});

test('between two ends it runs, and is still in its loop', () => {
  const status = {
    name: 'main',
    ready: true,
    restartCount: 12,
    state: { running: { startedAt: ago(20) } },
    lastState: { terminated: { exitCode: 1, startedAt: ago(80), finishedAt: ago(20) } },
  };
  expect(crashes(status)).toMatchObject([{ code: 'CRASH_LOOP', severity: 'warning' }]);
});

test('the last words name the variable that is missing', () => {
  const [draft] = crashes(crashing({ exitCode: 1 }), {
    logs: logs('starting', '{"level":"fatal","msg":"the environment variable API_KEY is not set"}'),
  });
  expect(draft).toMatchObject({
    cause: 'the environment variable API_KEY is not set',
    question: 'What should API_KEY be?',
  });
  expect(draft?.evidence.join()).toContain('API_KEY is not set');
});

describe('a variable that is missing', () => {
  const told = { logs: logs('API_KEY is not set') };
  const secret = (name: string, key: string) =>
    object('v1', 'Secret', { metadata: { name, namespace: 'shop' }, data: { [key]: '' } });

  test('is asked for by the key that has its name, and not taken from there on the word of a log', () => {
    expect(crashes(crashing({ exitCode: 1 }), told, [secret('keys', 'apiKey')])[0]).toMatchObject({
      fixes: [],
      question: 'What should API_KEY be, that of Secret keys key apiKey?',
    });
  });

  test.each<[what: string, container: object, fixes: object[]]>([
    [
      'all of the variables of a Secret',
      { envFrom: [{ secretRef: { name: 'keys' } }] },
      [{ tool: 'k8s_set', arguments: { container: 'main', env: ['API_KEY@secret/keys/apiKey'] } }],
    ],
    [
      'all of the files of a Secret',
      { volumeMounts: [{ name: 'all', mountPath: '/keys' }] },
      [{ tool: 'k8s_set', arguments: { container: 'main', env: ['API_KEY@secret/keys/apiKey'] } }],
    ],
    ['one file of it', { volumeMounts: [{ name: 'one', mountPath: '/keys' }] }, []],
    [
      'another key of it',
      { env: [{ name: 'USER', valueFrom: { secretKeyRef: { name: 'keys', key: 'user' } } }] },
      [],
    ],
  ])('is set from a key that the container gets already: %s', (_what, container, fixes) => {
    const spec = {
      containers: [{ name: 'main', image: 'a', ...container }],
      volumes: [
        { name: 'all', secret: { secretName: 'keys' } },
        { name: 'one', secret: { secretName: 'keys', items: [{ key: 'user', path: 'user' }] } },
      ],
    };
    const web = brokenWeb(spec, { podStatus: { containerStatuses: [crashing({ exitCode: 1 })] } });
    const look = (...more: KubeObject[]) =>
      crashLoopsAnalyzer.analyze(snapshotWith([...web, ...more], told))[0]?.fixes;
    expect(look(secret('keys', 'apiKey'))).toMatchObject(fixes);
    expect(look(secret('keys', 'apiKey'), secret('old', 'API_KEY'))).toEqual([]);
  });

  test('is one that was misspelled, and none where the container has it', () => {
    const fixes = (name: string) => {
      const spec = { containers: [{ name: 'main', image: 'a', env: [{ name, value: 'x' }] }] };
      const web = brokenWeb(spec, { podStatus: { containerStatuses: [crashing({ exitCode: 1 })] } });
      return crashLoopsAnalyzer.analyze(snapshotWith(web, told))[0]?.fixes;
    };
    expect(fixes('API_KYE')).toMatchObject([
      {
        arguments: {
          patch: '[{"op":"replace","path":"/spec/template/spec/containers/0/env/0/name","value":"API_KEY"}]',
        },
      },
    ]);
    expect(fixes('API_KEY')).toEqual([]);
  });
});

test('a database that refuses explains the crash, by name and by address', () => {
  const database = object('v1', 'Service', {
    metadata: { name: 'db', namespace: 'shop' },
    spec: { clusterIP: '10.96.0.7', selector: { app: 'db' }, ports: [{ port: 5432 }] },
  });
  for (const host of ['db', 'db.shop', 'db.shop.svc.cluster.local', '10.96.0.7']) {
    const line = `dial tcp ${host}:5432: connect: connection refused`;
    const [draft] = crashes(crashing({ exitCode: 1 }), { logs: logs(line) }, [database]);
    expect(draft?.dependsOn, host).toMatchObject([{ kind: 'Service', name: 'db', namespace: 'shop' }]);
  }
});

test.each([
  'connection to server at "db.shop.svc.cluster.local" (10.1.2.3), port 5432 failed: Connection refused',
  'could not connect to server: Connection refused Is the server running on host "db" (10.1.2.3) and accepting TCP/IP connections on port 5432?',
  "ERROR 2002 (HY000): Can't connect to MySQL server on 'db' (111)",
  "(2003, \"Can't connect to MySQL server on 'db' ([Errno 111] Connection refused)\")",
  'java.net.ConnectException: Connection refused: db/10.1.2.3:5432',
  'Connection to node -1 (db/10.1.2.3:9092) could not be established.',
  'java.net.ConnectException: Connection refused: /10.96.0.7:5432',
  'Connection refused: amqp://guest:[redacted #1]@db:5672//',
  'failed to connect to `host=db user=shop database=shop`: dial error (connection refused)',
])('a service is known from the way in which programs name it: %s', line => {
  const database = object('v1', 'Service', {
    metadata: { name: 'db', namespace: 'shop' },
    spec: { clusterIP: '10.96.0.7', selector: { app: 'db' }, ports: [{ port: 5432 }] },
  });
  const [draft] = crashes(crashing({ exitCode: 1 }), { logs: logs('starting', line) }, [
    database,
    object('v1', 'Namespace', { metadata: { name: 'shop' } }),
  ]);
  expect(draft?.dependsOn).toMatchObject([{ kind: 'Service', name: 'db', namespace: 'shop' }]);
  expect(draft?.cause).toBe('it cannot reach Service/db in shop');
});

test('a host that no Service has is named, with the one that is nearly so called', () => {
  const database = object('v1', 'Service', { metadata: { name: 'database', namespace: 'shop' }, spec: {} });
  const line = 'psql: error: could not translate host name "databse" to address: Name or service not known';
  const [draft] = crashes(crashing({ exitCode: 2 }), { logs: logs(line) }, [database]);
  expect(draft?.cause).toBe(
    'it looks for databse, and there is no Service/databse in shop; there is database',
  );
});

test('a revision before that still serves is the way back', () => {
  const earlier = earlierWeb({}, 2);
  expect(crashes(crashing({ exitCode: 1 }), {}, [earlier])[0]?.fixes).toMatchObject([
    { tool: 'k8s_rollout', arguments: { toRevision: 1 } },
  ]);
});

test('an init container that fails is told as such', () => {
  const podStatus = {
    phase: 'Pending',
    initContainerStatuses: [crashing({ exitCode: 1 }, { name: 'first' })],
    containerStatuses: [],
  };
  const web = brokenWeb({ initContainers: [{ name: 'first', image: 'a' }] }, { podStatus });
  expect(crashLoopsAnalyzer.analyze(snapshotWith(web))).toMatchObject([{ code: 'INIT_FAILING' }]);
});

describe('memory', () => {
  const limited = { containers: [{ name: 'main', image: 'a', resources: { limits: { memory: '256Mi' } } }] };
  const killed = { containerStatuses: [crashing({ exitCode: 137, reason: 'OOMKilled' })] };

  test('a container over its limit is one finding with the limit', () => {
    const { findings } = diagnose(snapshotWith(brokenWeb(limited, { podStatus: killed })));
    expect(findings.filter(({ code }) => code !== 'ROLLOUT_STUCK')).toMatchObject([
      {
        code: 'OUT_OF_MEMORY',
        evidence: [
          'spec.template.spec.containers[0].resources.limits.memory: 256Mi',
          expect.stringContaining('OOMKilled'),
        ],
      },
    ]);
  });

  test('a revision before with a higher limit is the way back, one with a lower is not', () => {
    const fixes = (memory: string) =>
      outOfMemoryAnalyzer.analyze(
        snapshotWith([
          ...brokenWeb(limited, { podStatus: killed }),
          earlierWeb({ containers: [{ name: 'main', image: 'a', resources: { limits: { memory } } }] }, 1),
        ]),
      )[0]?.fixes.length;
    expect(fixes('512Mi')).toBe(1);
    expect(fixes('128Mi')).toBe(0);
  });

  test('a schedule whose last run was killed for it is told, and one that ran well since is not', () => {
    const spec = { restartPolicy: 'Never', ...limited };
    const owned = (kind: string, name: string) => ({
      ownerReferences: [{ apiVersion: 'batch/v1', kind, name, uid: name, controller: true }],
    });
    const run = (name: string, seconds: number, type: string) => [
      object('batch/v1', 'Job', {
        metadata: {
          name,
          namespace: 'shop',
          uid: name,
          creationTimestamp: ago(seconds),
          ...owned('CronJob', 'night'),
        },
        spec: { template: { spec } },
        status: { conditions: [{ type, status: 'True', lastTransitionTime: ago(seconds - 60) }] },
      }),
    ];
    const pod = object('v1', 'Pod', {
      metadata: {
        name: 'night-1-a',
        namespace: 'shop',
        creationTimestamp: ago(7_200),
        ...owned('Job', 'night-1'),
      },
      spec,
      status: {
        phase: 'Failed',
        containerStatuses: [
          { name: 'main', restartCount: 0, state: { terminated: { exitCode: 137, reason: 'OOMKilled' } } },
        ],
      },
    });
    const cron = object('batch/v1', 'CronJob', {
      metadata: { name: 'night', namespace: 'shop', uid: 'night', creationTimestamp: ago(90_000) },
      spec: { schedule: '0 * * * *', jobTemplate: { spec: { template: { spec } } } },
      status: { lastScheduleTime: ago(3_600) },
    });
    const codes = (...more: KubeObject[]) =>
      diagnose(snapshotWith([cron, pod, ...run('night-1', 7_200, 'Failed'), ...more])).findings.map(
        ({ code, object: { kind, name } }) => `${code} ${kind}/${name}`,
      );
    expect(codes()).toEqual(['OUT_OF_MEMORY CronJob/night']);
    expect(codes(...run('night-2', 3_600, 'Complete'))).toEqual([]);
  });

  test('a kill that only the kernel of the node tells of is likely for memory, at its time and no other', () => {
    const told = (seconds: number) =>
      eventOf('OOMKilling', 'Memory cgroup out of memory: Killed process 4821 (java)', {
        seconds,
        about: { kind: 'Node', name: 'n1' },
      });
    const end = { exitCode: 137, reason: 'Error', finishedAt: ago(100) };
    const found = (...events: KubeObject[]) =>
      diagnose(
        snapshotWith([
          ...brokenWeb(limited, { podStatus: { containerStatuses: [crashing(end)] } }),
          ...events,
        ]),
      ).findings.map(({ code, confidence }) => `${code} ${confidence}`);
    expect(found(told(98))).toEqual(['OUT_OF_MEMORY likely']);
    expect(found(told(400))).toEqual(['CRASH_KILLED certain']);
  });

  test('a single kill after which it runs on is none', () => {
    const status = {
      name: 'main',
      ready: true,
      restartCount: 1,
      state: { running: { startedAt: ago(600) } },
      lastState: {
        terminated: { exitCode: 137, reason: 'OOMKilled', startedAt: ago(9_000), finishedAt: ago(600) },
      },
    };
    expect(
      outOfMemoryAnalyzer.analyze(
        snapshotWith(brokenWeb(limited, { podStatus: { containerStatuses: [status] } })),
      ),
    ).toEqual([]);
  });

  test('a node whose kernel killed processes is told of the node', () => {
    const node = object('v1', 'Node', { metadata: { name: 'n1' } });
    const event = eventOf('SystemOOM', 'System OOM encountered, victim process: java, pid: 4711', {
      about: { kind: 'Node', name: 'n1' },
    });
    expect(outOfMemoryAnalyzer.analyze(snapshotWith([node, event]))).toMatchObject([
      { code: 'NODE_OUT_OF_MEMORY', object: { kind: 'Node', name: 'n1' } },
    ]);
  });
});
