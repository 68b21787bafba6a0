import { expect, test } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import type { KubeObject } from '../../../src/kubernetes/object.ts';
import type { Rehearsal } from '../../../src/sandbox/rehearsal.ts';
import {
  containerOf,
  editContainer,
  eventsOf,
  inShop,
  playTo,
  podNamed,
  podOf,
  shown,
  startPod,
} from '../../support/pod-life.ts';

/*
 * What a kubelet alone decides, fault by fault. There is none to ask here: each case names the page of the Kubernetes
 * documentation that it was compared with.
 */

interface Fault {
  page: string;
  image?: JsonObject;
  missing?: string[];
  container?: JsonObject;
  spec?: JsonObject;
  objects?: KubeObject[];
  /** What `kubectl get pods` shows so many seconds after the pod was made. */
  shows: Record<number, string>;
  /** Events that are among those told by the last of these moments. */
  tells: (string | RegExp)[];
  waits?: JsonObject;
  died?: JsonObject;
  /** What mends it without a new pod, and when it is well by itself after that. */
  mend?: (life: Rehearsal) => void;
  wellBySeconds?: number;
}

const create =
  (...objects: KubeObject[]) =>
  (life: Rehearsal): void => {
    for (const object of objects) life.apply({ do: 'create', object });
  };
const edit =
  (change: JsonObject) =>
  (life: Rehearsal): void =>
    editContainer(life, change);

const registrySecret = inShop('Secret', 'regcred', { type: 'kubernetes.io/dockerconfigjson', data: {} });
const settings = inShop('ConfigMap', 'settings', { data: { MODE: 'fast' } });
const database = [
  inShop('Service', 'db', { spec: { selector: { app: 'db' }, ports: [{ port: 5432 }] } }),
  podNamed('db', { containers: [{ name: 'db', image: 'shop/db:1' }] }),
];
const probe = (more: JsonObject, timings: JsonObject = {}): JsonObject => ({
  ...more,
  periodSeconds: 5,
  ...timings,
});
const crash = (words: RegExp): (string | RegExp)[] => [
  words,
  /^Warning BackOff ×\d+: Back-off restarting failed container web in pod web_shop\(/,
];

const faults: Record<string, Fault> = {
  'a tag that no registry has': {
    page: 'Images: ImagePullBackOff',
    missing: ['shop/web:2'],
    container: { image: 'shop/web:2' },
    shows: {
      1: '0/1 ErrImagePull 0',
      5: '0/1 ImagePullBackOff 0',
      11: '0/1 ErrImagePull 0',
      31: '0/1 ErrImagePull 0',
      400: '0/1 ImagePullBackOff 0',
    },
    tells: [
      'Normal Pulling ×5: Pulling image "shop/web:2"',
      /^Warning Failed ×6: Failed to pull image "shop\/web:2": rpc error: code = NotFound desc = failed to pull and unpack image/,
      'Warning Failed ×5: Error: ErrImagePull',
      /^Normal BackOff ×\d: Back-off pulling image "shop\/web:2"/,
      /^Warning Failed ×\d: Error: ImagePullBackOff/,
    ],
    waits: {
      reason: 'ImagePullBackOff',
      message: expect.stringMatching(/^Back-off pulling image "shop\/web:2": ErrImagePull: rpc error/),
    },
    mend: edit({ image: 'shop/web:1' }),
    wellBySeconds: 402,
  },
  'a private image and no secret': {
    page: 'Pull an Image from a Private Registry',
    image: { private: true },
    spec: { imagePullSecrets: [{ name: 'regcred' }] },
    shows: { 5: '0/1 ImagePullBackOff 0' },
    tells: [
      'Warning FailedToRetrieveImagePullSecret ×1: Unable to retrieve some image pull secrets (regcred); attempting to pull the image may not succeed.',
      /Failed to pull image.*pull access denied, repository does not exist or may require authorization/,
    ],
    mend: create(registrySecret),
    wellBySeconds: 12,
  },
  'a private image, the secret of its service account': {
    page: 'Configure Service Accounts for Pods: Add ImagePullSecrets to a service account',
    image: { private: true },
    shows: { 5: '0/1 ImagePullBackOff 0' },
    tells: [/pull access denied/],
    mend: create(
      registrySecret,
      inShop('ServiceAccount', 'default', { imagePullSecrets: [{ name: 'regcred' }] }),
    ),
    wellBySeconds: 12,
  },
  'an image that must not be pulled': {
    page: 'Images: Image pull policy',
    container: { imagePullPolicy: 'Never' },
    shows: { 2: '0/1 ErrImageNeverPull 0', 60: '0/1 ErrImageNeverPull 0' },
    tells: [
      /^Warning ErrImageNeverPull ×\d: Container image "shop\/web:1" is not present with pull policy of Never/,
      /^Warning Failed ×\d: Error: ErrImageNeverPull/,
    ],
    mend: create(podNamed('other', { containers: [{ name: 'other', image: 'shop/web:1' }] })),
    wellBySeconds: 75,
  },
  'a name that is none': {
    page: 'Images: Image names',
    container: { image: 'Shop/Web:1' },
    shows: { 2: '0/1 InvalidImageName 0' },
    tells: [
      /^Warning InspectFailed ×1: Failed to apply default image tag "Shop\/Web:1": couldn't parse image name/,
      'Warning Failed ×1: Error: InvalidImageName',
    ],
    mend: edit({ image: 'shop/web:1' }),
    wellBySeconds: 5,
  },
  'a ConfigMap that is missing': {
    page: 'Configure a Pod to Use a ConfigMap: Restrictions',
    container: { envFrom: [{ configMapRef: { name: 'settings' } }] },
    shows: { 2: '0/1 CreateContainerConfigError 0', 40: '0/1 CreateContainerConfigError 0' },
    tells: [/^Warning Failed ×[345]: Error: configmap "settings" not found/],
    waits: { reason: 'CreateContainerConfigError', message: 'configmap "settings" not found' },
    mend: create(settings),
    wellBySeconds: 52,
  },
  'a key that a Secret lacks': {
    page: 'Secrets: Using Secrets as environment variables',
    container: { env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'regcred', key: 'a' } } }] },
    objects: [registrySecret],
    shows: { 5: '0/1 CreateContainerConfigError 0' },
    tells: ["Warning Failed ×1: Error: couldn't find key a in Secret shop/regcred"],
  },
  'a ConfigMap that cannot be mounted': {
    page: 'Configure a Pod to Use a ConfigMap: Mounted ConfigMaps',
    spec: { volumes: [{ name: 'conf', configMap: { name: 'settings' } }] },
    shows: { 60: '0/1 ContainerCreating 0' },
    tells: [
      /^Warning FailedMount ×7: MountVolume.SetUp failed for volume "conf" : configmap "settings" not found/,
    ],
    waits: { reason: 'ContainerCreating' },
    mend: create(settings),
    wellBySeconds: 190,
  },
  'a volume claim that does not exist': {
    page: 'Persistent Volumes: Claims As Volumes',
    spec: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] },
    shows: { 10: '0/1 ContainerCreating 0' },
    tells: [
      /^Warning FailedMount ×\d: Unable to attach or mount volumes: unmounted volumes=\[data\].*persistentvolumeclaims "data" not found/,
    ],
  },
  'a limit below what the program needs': {
    page: 'Assign Memory Resources to Containers and Pods: Exceed a Container’s memory limit',
    image: { memoryMi: 200 },
    container: { resources: { limits: { memory: '128Mi' } } },
    shows: {
      3: '0/1 CrashLoopBackOff 1',
      15: '0/1 CrashLoopBackOff 2',
      36: '0/1 CrashLoopBackOff 3',
      2_000: '0/1 CrashLoopBackOff 11',
    },
    tells: crash(/^Normal Started ×\d: Container started/),
    waits: {
      message: expect.stringMatching(/^back-off 5m0s restarting failed container=web pod=web_shop\(.+\)$/),
    },
    died: { exitCode: 137, reason: 'OOMKilled' },
    mend: edit({ resources: { limits: { memory: '256Mi' } } }),
    wellBySeconds: 2_300,
  },
  'a command that the image does not have': {
    page: 'Define a Command and Arguments for a Container',
    image: { commands: ['sh', 'server'] },
    container: { command: ['sever'] },
    shows: { 1: '0/1 RunContainerError 1', 4: '0/1 CrashLoopBackOff 1' },
    tells: crash(
      /^Warning Failed ×2: Error: failed to create containerd task: .* exec: "sever": executable file not found in \$PATH/,
    ),
    died: { exitCode: 128, reason: 'StartError', startedAt: '1970-01-01T00:00:00Z' },
    mend: edit({ command: ['server'] }),
    wellBySeconds: 15,
  },
  'a variable that the program cannot do without': {
    page: 'Pod Lifecycle: Container restarts',
    image: { needsEnv: ['MODE', 'DATABASE_URL'] },
    container: { env: [{ name: 'MODE', value: 'fast' }] },
    shows: { 3: '1/1 Running 1', 6: '0/1 CrashLoopBackOff 1' },
    tells: crash(/^Normal Created ×2: Container created/),
    died: { exitCode: 1, reason: 'Error' },
    mend: edit({
      env: [
        { name: 'MODE', value: 'fast' },
        { name: 'DATABASE_URL', value: 'x' },
      ],
    }),
    wellBySeconds: 20,
  },
  'a peer that is not there': {
    page: 'Pod Lifecycle: Container restarts',
    image: { needs: ['$DB'] },
    container: { env: [{ name: 'DB', value: 'postgres://u:p@db.shop.svc:5432/x' }] },
    shows: { 6: '0/1 CrashLoopBackOff 1', 14: '0/1 CrashLoopBackOff 2' },
    tells: crash(/^Normal Created ×3/),
    died: { exitCode: 1, reason: 'Error' },
    mend: create(...database),
    wellBySeconds: 40,
  },
  'a program that is broken': {
    page: 'Pod Lifecycle: Container restarts',
    image: { runSeconds: 3, exitCode: 42 },
    shows: { 30: '0/1 CrashLoopBackOff 2' },
    tells: crash(/^Normal Started ×3/),
    died: { exitCode: 42, reason: 'Error' },
  },
  'a liveness probe of the wrong port': {
    page: 'Configure Liveness, Readiness and Startup Probes: Define a TCP liveness probe',
    image: { ports: [8080] },
    container: { livenessProbe: probe({ tcpSocket: { port: 81 } }, { failureThreshold: 2 }) },
    shows: { 4: '1/1 Running 0', 6: '1/1 Running 1', 11: '1/1 Running 2', 16: '0/1 CrashLoopBackOff 2' },
    tells: [
      /^Warning Unhealthy ×6: Liveness probe failed: dial tcp 10\.42\.0\.\d+:81: connect: connection refused/,
      'Normal Killing ×3: Container web failed liveness probe, will be restarted',
      ...crash(/^Normal Started ×3/),
    ],
    died: { exitCode: 143, reason: 'Error' },
  },
  'a liveness probe of the wrong port that begins late': {
    page: 'Configure Liveness, Readiness and Startup Probes: Configure Probes',
    image: { ports: [8080] },
    container: {
      livenessProbe: probe({ tcpSocket: { port: 81 } }, { initialDelaySeconds: 30, failureThreshold: 2 }),
    },
    shows: { 34: '1/1 Running 0', 36: '1/1 Running 1' },
    tells: ['Normal Killing ×1: Container web failed liveness probe, will be restarted'],
  },
  'a readiness probe of the wrong path': {
    page: 'Configure Liveness, Readiness and Startup Probes: Define readiness probes',
    image: { ports: [8080], healthPath: '/healthz' },
    container: {
      ports: [{ name: 'http', containerPort: 8080 }],
      readinessProbe: probe({ httpGet: { path: '/health', port: 'http' } }, { initialDelaySeconds: 2 }),
    },
    shows: { 60: '0/1 Running 0', 1_000: '0/1 Running 0' },
    tells: [/^Warning Unhealthy ×2\d: Readiness probe failed: HTTP probe failed with statuscode: 404/],
  },
  'a readiness probe of a port that has no such name': {
    page: 'Configure Liveness, Readiness and Startup Probes: HTTP probes',
    container: { readinessProbe: probe({ httpGet: { port: 'http' } }) },
    shows: { 60: '0/1 Running 0' },
    tells: [
      /^Warning Unhealthy ×\d+: Readiness probe errored and resulted in unknown state: strconv.Atoi: parsing "http": invalid syntax/,
    ],
  },
  'a program that is not ready without its peer': {
    page: 'Configure Liveness, Readiness and Startup Probes: Define readiness probes',
    image: { needs: ['db.shop:5432'], withoutPeers: 'unready' },
    container: { readinessProbe: probe({ httpGet: { path: '/', port: 80 } }) },
    shows: { 60: '0/1 Running 0' },
    tells: [/^Warning Unhealthy ×\d+: Readiness probe failed: HTTP probe failed with statuscode: 503/],
    mend: create(...database),
    wellBySeconds: 68,
  },
  'a startup probe that does not wait long enough': {
    page: 'Configure Liveness, Readiness and Startup Probes: Protect slow starting containers with startup probes',
    image: { startSeconds: 30 },
    container: {
      startupProbe: probe({ grpc: { port: 9 } }, { failureThreshold: 4 }),
      livenessProbe: probe({ tcpSocket: { port: 9 } }),
    },
    shows: { 14: '0/1 Running 0', 17: '0/1 Running 1' },
    tells: [
      /^Warning Unhealthy ×5: Startup probe failed: timeout: failed to connect service "10\.42\.0\.\d+:9" within 1s: context deadline exceeded/,
      'Normal Killing ×1: Container web failed startup probe, will be restarted',
    ],
    mend: life => life.apply({ do: 'update', object: withThreshold(podOf(life), 40) }),
    wellBySeconds: 60,
  },
  'a probe that runs what is not there': {
    page: 'Configure Liveness, Readiness and Startup Probes: Define a liveness command',
    image: { commands: ['sh'] },
    container: {
      readinessProbe: probe({ exec: { command: ['pg_isready'] } }),
      livenessProbe: probe({ exec: { command: ['pg_isready'] } }),
    },
    shows: { 60: '0/1 Running 0' },
    tells: [
      /^Warning Unhealthy ×\d+: Liveness probe errored and resulted in unknown state: .*exec: "pg_isready": executable file not found in \$PATH/,
    ],
  },
  'an init container that fails': {
    page: 'Init Containers: Detailed behavior',
    image: { needs: ['db.shop:5432'] },
    spec: {
      initContainers: [{ name: 'wait', image: 'shop/web:1' }],
      containers: [{ name: 'web', image: 'shop/other:1' }],
    },
    shows: { 1: '0/1 Init:0/1 1', 6: '0/1 Init:CrashLoopBackOff 1' },
    tells: [/^Warning BackOff ×1: Back-off restarting failed container wait in pod/],
    mend: create(...database),
    wellBySeconds: 20,
  },
  'an init container that fails, and may not again': {
    page: 'Init Containers: Detailed behavior',
    image: { needsEnv: ['A'] },
    spec: {
      restartPolicy: 'Never',
      initContainers: [{ name: 'wait', image: 'shop/web:1' }],
      containers: [{ name: 'web', image: 'shop/other:1' }],
    },
    shows: { 10: '0/1 Init:Error 0' },
    tells: [],
  },
  'a pod that may restart after a failure': {
    page: 'Pod Lifecycle: Container restart policy',
    image: { runSeconds: 2, exitCode: 3 },
    spec: { restartPolicy: 'OnFailure' },
    shows: { 5: '0/1 CrashLoopBackOff 1' },
    tells: [],
    died: { exitCode: 3 },
  },
  'a pod that may not restart': {
    page: 'Pod Lifecycle: Pod phase',
    image: { runSeconds: 2, exitCode: 3 },
    spec: { restartPolicy: 'Never' },
    shows: { 1: '1/1 Running 0', 5: '0/1 Error 0', 500: '0/1 Error 0' },
    tells: [],
  },
  'a pod that has had its time': {
    page: 'Jobs: Job termination and cleanup',
    spec: { activeDeadlineSeconds: 30 },
    shows: { 29: '1/1 Running 0', 30: '0/1 Error 0' },
    tells: ['Normal DeadlineExceeded ×1: Pod was active on the node longer than the specified deadline'],
  },
};

function withThreshold(pod: ReturnType<typeof podOf>, failureThreshold: number): KubeObject {
  const containers = pod.spec.containers.map(each => ({
    ...each,
    startupProbe: { ...each.startupProbe, failureThreshold },
  }));
  return { ...pod, spec: { ...pod.spec, containers } };
}

test.each(Object.entries(faults))(
  '%s breaks a pod as a kubelet would let it, and mending it heals',
  (_name, fault) => {
    const life = startPod({
      images: [{ match: 'shop/web', startSeconds: 0, ...fault.image }],
      missing: fault.missing ?? [],
      objects: fault.objects ?? [],
      spec: { containers: [{ name: 'web', image: 'shop/web:1', ...fault.container }], ...fault.spec },
    });
    const seen: Record<number, string> = {};
    for (const seconds of Object.keys(fault.shows).map(Number)) {
      playTo(life, seconds);
      seen[seconds] = shown(life);
    }
    expect(seen).toEqual(fault.shows);
    const told = eventsOf(life);
    for (const event of fault.tells)
      expect(told).toContainEqual(typeof event === 'string' ? event : expect.stringMatching(event));
    if (fault.waits !== undefined) expect(containerOf(life).state?.waiting).toMatchObject(fault.waits);
    if (fault.died !== undefined) expect(containerOf(life).lastState?.terminated).toMatchObject(fault.died);
    if (fault.mend === undefined) return;
    fault.mend(life);
    playTo(life, fault.wellBySeconds ?? 0);
    expect(shown(life)).toMatch(/^1\/1 Running/);
    const calm = eventsOf(life);
    playTo(life, (fault.wellBySeconds ?? 0) + 3_600);
    expect(shown(life)).toMatch(/^1\/1 Running/);
    expect(eventsOf(life)).toEqual(calm);
  },
);
