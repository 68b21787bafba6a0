import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream, existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ApiCaller, apiCaller } from './api-caller.ts';

/** A real API server with its controllers and scheduler, on loopback, gone with `stop`. */
export interface ControlPlane {
  url: string;
  token: string;
  /** PEM of the certificate the server signed for itself. */
  authority: string;
  /** File of the administrator's kubeconfig; its context is `real`. */
  kubeconfig: string;
  /** Folder of the binaries; kubectl may lie there too. */
  binaries: string;
  /** Requests as the administrator, past everything of ours. */
  call: ApiCaller;
  /** A kubeconfig file for another user of the token file. */
  kubeconfigFor(user: 'nobody' | 'viewer'): string;
  stop(): Promise<void>;
}

/** Longer than any start takes on a busy machine. */
const readyMs = 120_000;
/** Its ports are free when they are drawn, and may be another's when a program listens at last. */
const mostStarts = 3;

/** Starts the whole control plane; takes about three seconds. idle: the API server alone, with every admission of its own. */
export async function startControlPlane(
  binaries: string,
  { idle = false }: { idle?: boolean } = {},
): Promise<ControlPlane> {
  for (let starts = 1; ; starts += 1) {
    try {
      return await startOnce(binaries, idle ? 'idle' : 'whole');
    } catch (error) {
      if (starts === mostStarts) throw error;
    }
  }
}

async function startOnce(binaries: string, extent: 'idle' | 'whole'): Promise<ControlPlane> {
  const idle = extent === 'idle';
  const dir = mkdtempSync(join(tmpdir(), 'vigie-cluster-'));
  const children: ChildProcess[] = [];
  const [etcdPort, peerPort, apiPort, managerPort, schedulerPort] = await freePorts(5);
  const tokens = {
    admin: newToken(),
    manager: newToken(),
    scheduler: newToken(),
    nobody: newToken(),
    viewer: newToken(),
  };
  const tokenFile = join(dir, 'tokens.csv');
  writeFileSync(
    tokenFile,
    [
      `${tokens.admin},admin,1,"system:masters"`,
      `${tokens.manager},system:kube-controller-manager,2,"system:masters"`,
      `${tokens.scheduler},system:kube-scheduler,3,"system:masters"`,
      `${tokens.nobody},nobody,4`,
      `${tokens.viewer},viewer,5`,
    ].join('\n'),
    { mode: 0o600 },
  );
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const keyFile = join(dir, 'sa.key');
  const publicFile = join(dir, 'sa.pub');
  writeFileSync(keyFile, privateKey.export({ type: 'pkcs1', format: 'pem' }), { mode: 0o600 });
  writeFileSync(publicFile, publicKey.export({ type: 'spki', format: 'pem' }));

  function start(name: string, args: string[]): void {
    const child = spawn(join(binaries, name), args, {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, POD_NAMESPACE: 'kube-system', POD_NAME: name },
    });
    child.stderr?.pipe(createWriteStream(join(dir, `${name}.log`)));
    children.push(child);
  }

  const check = (): void => {
    const ended = children.find(child => child.exitCode !== null);
    if (ended !== undefined) throw new Error(`${ended.spawnfile} ended with ${ended.exitCode}`);
  };

  // A run that is broken off must not leave a control plane behind.
  const killAll = () => {
    for (const child of children) child.kill('SIGKILL');
  };
  process.once('exit', killAll);

  const stop = async (): Promise<void> => {
    process.off('exit', killAll);
    const ends = children
      .filter(child => child.exitCode === null && child.signalCode === null)
      .map(child => once(child, 'exit'));
    killAll();
    await Promise.all(ends);
    await rm(dir, { recursive: true, force: true });
  };

  try {
    const etcd = `http://127.0.0.1:${etcdPort}`;
    const peer = `http://127.0.0.1:${peerPort}`;
    start('etcd', [
      `--data-dir=${join(dir, 'etcd')}`,
      `--listen-client-urls=${etcd}`,
      `--advertise-client-urls=${etcd}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=default=${peer}`,
      '--unsafe-no-fsync',
      '--log-level=warn',
    ]);
    start('kube-apiserver', [
      `--etcd-servers=${etcd}`,
      '--bind-address=127.0.0.1',
      '--advertise-address=127.0.0.1',
      `--secure-port=${apiPort}`,
      '--endpoint-reconciler-type=none',
      `--cert-dir=${dir}`,
      `--token-auth-file=${tokenFile}`,
      '--authorization-mode=RBAC',
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-signing-key-file=${keyFile}`,
      `--service-account-key-file=${publicFile}`,
      '--service-cluster-ip-range=10.0.0.0/24',
      // Nothing else here needs an account in a pod, and without it no pod gets a volume of its own.
      ...(idle ? [] : ['--disable-admission-plugins=ServiceAccount']),
    ]);
    const url = `https://127.0.0.1:${apiPort}`;
    const authority = await certificateOf(join(dir, 'apiserver.crt'), check);
    const call = apiCaller({ url, token: tokens.admin, authority });
    await untilReady(call, check);

    const kubeconfigOf = (user: keyof typeof tokens): string => {
      const file = join(dir, `${user}.kubeconfig`);
      writeFileSync(file, kubeconfigText({ url, authority, token: tokens[user], user }), { mode: 0o600 });
      return file;
    };
    const forComponent = (user: 'manager' | 'scheduler') => {
      const file = kubeconfigOf(user);
      return [
        `--kubeconfig=${file}`,
        `--authentication-kubeconfig=${file}`,
        `--authorization-kubeconfig=${file}`,
        '--bind-address=127.0.0.1',
        `--cert-dir=${dir}`,
        '--leader-elect=false',
      ];
    };
    if (!idle) {
      start('kube-controller-manager', [
        ...forComponent('manager'),
        `--secure-port=${managerPort}`,
        '--kube-api-qps=1000',
        '--kube-api-burst=2000',
        `--service-account-private-key-file=${keyFile}`,
        '--controllers=*,-service-ca-certificate-publisher-controller',
      ]);
      start('kube-scheduler', [...forComponent('scheduler'), `--secure-port=${schedulerPort}`]);
      await untilDefaultAccount(call, check);
    }
    return {
      url,
      token: tokens.admin,
      authority,
      kubeconfig: kubeconfigOf('admin'),
      binaries,
      call,
      kubeconfigFor: kubeconfigOf,
      stop,
    };
  } catch (error) {
    const log = join(dir, 'kube-apiserver.log');
    const tail = existsSync(log) ? readFileSync(log, 'utf8').slice(-2_000) : '';
    await stop();
    throw new Error(`the control plane did not start: ${String(error)}\n${tail}`, { cause: error });
  }
}

function kubeconfigText(facts: { url: string; authority: string; token: string; user: string }): string {
  return `apiVersion: v1
kind: Config
clusters: [{name: real, cluster: {server: "${facts.url}", certificate-authority-data: ${Buffer.from(facts.authority).toString('base64')}}}]
users: [{name: ${facts.user}, user: {token: ${facts.token}}}]
contexts: [{name: real, context: {cluster: real, user: ${facts.user}}}]
current-context: real
`;
}

async function untilReady(call: ApiCaller, check: () => void): Promise<void> {
  const end = Date.now() + readyMs;
  for (;;) {
    check();
    try {
      const { status } = await call({ method: 'GET', path: '/readyz' });
      if (status === 200) return;
    } catch {
      // Not listening yet.
    }
    if (Date.now() > end) throw new Error('the API server is not ready');
    await sleep(100);
  }
}

/** The controller manager works once it has made the first object of its own. */
async function untilDefaultAccount(call: ApiCaller, check: () => void): Promise<void> {
  const end = Date.now() + readyMs;
  for (;;) {
    check();
    const { status } = await call({
      method: 'GET',
      path: '/api/v1/namespaces/default/serviceaccounts/default',
    });
    if (status === 200) return;
    if (Date.now() > end) throw new Error('the controller manager does nothing');
    await sleep(100);
  }
}

async function certificateOf(file: string, check: () => void): Promise<string> {
  const end = Date.now() + readyMs;
  for (;;) {
    check();
    if (existsSync(file)) {
      const text = readFileSync(file, 'utf8');
      if (text.includes('END CERTIFICATE')) return text;
    }
    if (Date.now() > end) throw new Error('the API server made no certificate');
    await sleep(100);
  }
}

function newToken(): string {
  return randomBytes(24).toString('hex');
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server;
    }),
  );
  return servers.map(server => {
    const address = server.address();
    server.close();
    return typeof address === 'object' && address !== null ? address.port : 0;
  });
}
