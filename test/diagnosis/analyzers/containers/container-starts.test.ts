import { describe, expect, test } from 'vitest';
import { containerStartsAnalyzer } from '../../../../src/diagnosis/analyzers/containers/container-starts.ts';
import { initContainersAnalyzer } from '../../../../src/diagnosis/analyzers/containers/init-containers.ts';
import { diagnose } from '../../../../src/diagnosis/diagnose.ts';
import type { KubeObject } from '../../../../src/kubernetes/object.ts';
import { ago, brokenWeb, crashing, eventOf, object, snapshotWith } from '../../../support/broken-workload.ts';

const runc =
  'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: ';
const codes = (spec: object, podStatus: object | undefined, more: KubeObject[] = []) =>
  containerStartsAnalyzer
    .analyze(snapshotWith([...brokenWeb(spec, podStatus === undefined ? {} : { podStatus }), ...more]))
    .map(({ code, object: { kind, name } }) => `${code} ${kind}/${name}`);
const held = (reason: string, message: string) => ({
  phase: 'Pending',
  containerStatuses: [
    { name: 'main', ready: false, restartCount: 0, state: { waiting: { reason, message } } },
  ],
});

test.each([
  [`${runc}exec: "sever": executable file not found in $PATH`, 'COMMAND_CANNOT_RUN'],
  [`${runc}exec: "/app/run.sh": permission denied`, 'COMMAND_CANNOT_RUN'],
  [`${runc}exec: "/app/run": stat /app/run: no such file or directory`, 'COMMAND_CANNOT_RUN'],
  [
    `${runc}chdir to cwd ("/srv") set in config.json failed: no such file or directory`,
    'CONTAINER_CANNOT_START',
  ],
  [
    `${runc}error mounting "/x" to rootfs at "/etc/app.conf": not a directory: unknown: Are you trying to mount a directory onto a file (or vice-versa)?`,
    'CONTAINER_CANNOT_START',
  ],
])('%s', (message, code) => {
  expect(codes({}, held('RunContainerError', message))).toEqual([`${code} Deployment/web`]);
  const ended = { containerStatuses: [crashing({ exitCode: 128, reason: 'StartError', message })] };
  expect(codes({}, ended)).toEqual([`${code} Deployment/web`]);
});

test('a program for another processor is told with that of the node', () => {
  const message = `${runc}exec /app/run: exec format error`;
  const n1 = object('v1', 'Node', {
    metadata: { name: 'n1' },
    status: { nodeInfo: { architecture: 'arm64' } },
  });
  const [draft] = containerStartsAnalyzer.analyze(
    snapshotWith([...brokenWeb({}, { podStatus: held('RunContainerError', message) }), n1]),
  );
  expect(draft).toMatchObject({
    code: 'CONTAINER_CANNOT_START',
    summary: 'main cannot be started: its program is not made for the processor of the node',
  });
  expect(draft?.evidence).toContain('Node/n1 status.nodeInfo.architecture: arm64');
});

test('a command that cannot run is one finding, and no crash loop beside it', () => {
  const podStatus = {
    containerStatuses: [
      crashing({
        exitCode: 128,
        reason: 'StartError',
        message: `${runc}exec: "sever": executable file not found in $PATH`,
      }),
    ],
  };
  const { findings } = diagnose(
    snapshotWith(
      brokenWeb({ containers: [{ name: 'main', image: 'a', command: ['sever'] }] }, { podStatus }),
    ),
  );
  expect(findings).toMatchObject([
    {
      code: 'COMMAND_CANNOT_RUN',
      evidence: [
        'spec.template.spec.containers[0].command: ["sever"]',
        expect.stringContaining('executable file not found'),
      ],
    },
  ]);
});

describe('root', () => {
  test.each([
    'container has runAsNonRoot and image will run as root (pod: "web", container: main)',
    "container's runAsUser breaks non-root policy (pod: web)",
    'container has runAsNonRoot and image has non-numeric user (app), cannot verify user is non-root',
  ])('%s', message => {
    expect(codes({}, held('CreateContainerConfigError', message))).toEqual(['RUNS_AS_ROOT Deployment/web']);
  });

  test('the spec alone forbids it', () => {
    expect(codes({ securityContext: { runAsNonRoot: true, runAsUser: 0 } }, undefined)).toEqual([
      'RUNS_AS_ROOT Deployment/web',
    ]);
    const own = {
      securityContext: { runAsNonRoot: true, runAsUser: 0 },
      containers: [{ name: 'main', image: 'a', securityContext: { runAsUser: 1000 } }],
    };
    expect(codes(own, undefined)).toEqual([]);
  });
});

test('missing configuration and a limit too low to start in are told elsewhere', () => {
  expect(codes({}, held('CreateContainerConfigError', 'secret "db" not found'))).toEqual([]);
  const low = held('RunContainerError', `${runc}container init was OOM-killed (memory limit too low?)`);
  expect(codes({}, low)).toEqual([]);
});

test('a hook that fails is told, as long as it is new', () => {
  const hook = (seconds: number) =>
    eventOf('FailedPostStartHook', 'PostStartHook failed: exec: "/warm-up": no such file or directory', {
      seconds,
    });
  const podStatus = { containerStatuses: [crashing({ exitCode: 137 })] };
  expect(codes({}, podStatus, [hook(30)])).toEqual(['HOOK_FAILED Deployment/web']);
  expect(codes({}, podStatus, [hook(3_000)])).toEqual([]);
  expect(
    diagnose(snapshotWith([...brokenWeb({}, { podStatus }), hook(30)])).findings.map(({ code }) => code),
  ).toEqual(['HOOK_FAILED']);
});

test.each([
  [
    'plugin type="calico" failed (add): error getting ClusterInformation: connection is unauthorized',
    'network plugin',
  ],
  [
    'failed to allocate for range 0: no IP addresses available in range set: 10.42.0.1-10.42.0.254',
    'no address left',
  ],
  ['no runtime for "gvisor" is configured', 'runtime class'],
  ['failed to create containerd task: write /run/x: no space left on device', 'disk of its node is full'],
  ['failed to start shim: fork/exec: resource temporarily unavailable', 'no processes, files or memory'],
  ['context deadline exceeded', 'does not finish in time'],
  ['failed to reserve sandbox name "web_0": name "web_0" is reserved for "abc"', 'does not finish in time'],
  [
    'dial unix /run/containerd/containerd.sock: connect: connection refused',
    'runtime of its node does not answer',
  ],
  ['unable to apply cgroup configuration', 'control group'],
  ['something that nobody said before', 'cannot make the sandbox'],
])('a sandbox that is not made: %s', (message, cause) => {
  const podStatus = {
    phase: 'Pending',
    containerStatuses: [
      { name: 'main', ready: false, restartCount: 0, state: { waiting: { reason: 'ContainerCreating' } } },
    ],
  };
  const event = eventOf(
    'FailedCreatePodSandBox',
    `Failed to create pod sandbox: rpc error: code = Unknown desc = ${message}`,
  );
  const [draft] = containerStartsAnalyzer.analyze(snapshotWith([...brokenWeb({}, { podStatus }), event]));
  expect(draft).toMatchObject({ code: 'SANDBOX_FAILED', dependsOn: [{ kind: 'Node', name: 'n1' }] });
  expect(draft?.summary).toContain(cause);
});

test('a runtime class that does not exist is found from the spec, one that could not be looked for is not', () => {
  const spec = { runtimeClassName: 'gvisor' };
  expect(codes(spec, undefined)).toEqual(['RUNTIME_CLASS_MISSING RuntimeClass/gvisor']);
  expect(
    codes(spec, undefined, [
      object('node.k8s.io/v1', 'RuntimeClass', { metadata: { name: 'gvisor' }, handler: 'runsc' }),
    ]),
  ).toEqual([]);
  expect(
    containerStartsAnalyzer.analyze(snapshotWith(brokenWeb(spec), { absent: ['RuntimeClass'] })),
  ).toEqual([]);
});

describe('init containers that do not end', () => {
  const spec = {
    initContainers: [
      { name: 'wait', image: 'a', command: ['sh', '-c', 'until nc -z databse:5432; do sleep 1; done'] },
    ],
  };
  const running = (seconds: number) => ({
    phase: 'Pending',
    initContainerStatuses: [
      { name: 'wait', ready: false, restartCount: 0, state: { running: { startedAt: ago(seconds) } } },
    ],
  });
  const stuck = (
    seconds: number,
    { lines = [], more = [], init = spec }: { lines?: string[]; more?: KubeObject[]; init?: object } = {},
  ) =>
    initContainersAnalyzer.analyze(
      snapshotWith([...brokenWeb(init, { podStatus: running(seconds) }), ...more], {
        logs: new Map([['shop/web-2-abcde/wait', { lines, previous: false }]]),
      }),
    );
  const database = object('v1', 'Service', { metadata: { name: 'database', namespace: 'shop' }, spec: {} });

  test('one that waits for a Service that does not exist names it', () => {
    expect(stuck(400, { lines: ["nc: bad address 'databse'"], more: [database] })).toMatchObject([
      { code: 'INIT_STUCK', cause: 'there is no Service/databse in shop; there is database' },
    ]);
  });

  test('one that waits for a Service that is there depends on it', () => {
    const init = {
      initContainers: [
        { name: 'wait', image: 'a', command: ['sh', '-c', 'until nc -z database:5432; do sleep 1; done'] },
      ],
    };
    expect(stuck(400, { lines: ['waiting'], more: [database], init })[0]?.dependsOn).toMatchObject([
      { kind: 'Service', name: 'database' },
    ]);
  });

  test('a server as an init container never ends', () => {
    const init = { initContainers: [{ name: 'wait', image: 'a' }] };
    expect(stuck(400, { lines: ['listening on 0.0.0.0:8080'], init })).toMatchObject([
      { code: 'INIT_STUCK' },
    ]);
  });

  test('one that works is given its time', () => {
    const init = { initContainers: [{ name: 'wait', image: 'a' }] };
    expect(stuck(120, { lines: ["nc: bad address 'databse'"] })).toEqual([]);
    expect(stuck(800, { lines: ['rows migrated: 100'], init })).toEqual([]);
    expect(stuck(1_000, { lines: ['rows migrated: 100'], init })).toMatchObject([
      { code: 'INIT_STUCK', confidence: 'likely' },
    ]);
  });
});
