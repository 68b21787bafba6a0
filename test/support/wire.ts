import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeConnection, type KubeSession } from '../../src/clients/kube/connection.ts';
import type { JsonObject } from '../../src/core/json.ts';

/** The far side of the wire: a server that answers as a test wants, well or badly. */
export interface Wire {
  url: string;
  /** Every request that arrived, discovery left out. */
  seen: Seen[];
  close(): Promise<void>;
}

export interface Seen {
  method: string;
  /** Path and query, as they came. */
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** Answers one request; `nth` counts from 1, discovery left out. */
export type Answering = (answer: { request: Seen; response: ServerResponse; nth: number }) => void;

export async function startWire(answering: Answering, certificate?: Certificate): Promise<Wire> {
  const seen: Seen[] = [];
  const sockets = new Set<Socket>();
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = '', url: path = '', headers } = request;
    const found = discovered[path];
    if (method === 'GET' && found !== undefined) return sendJson(response, { body: found });
    seen.push({ method, path, headers, body: Buffer.concat(chunks).toString() });
    answering({ request: seen.at(-1) ?? never(), response, nth: seen.length });
  };
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    handle(request, response).catch(() => response.destroy());
  };
  const server =
    certificate === undefined ? createServer(listener) : createSecureServer({ ...certificate }, listener);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `${certificate === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    seen,
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise(resolve => server.close(() => resolve()));
    },
  };
}

function never(): never {
  throw new Error('a request that was just kept is there');
}

/** A session that speaks to the wire, in an environment of the namespaces given or of all. */
export function sessionWith(
  wire: Wire,
  more: { signal?: AbortSignal; readOnly?: boolean; namespaces?: string[]; clusterScoped?: boolean } = {},
): KubeSession {
  const connection = new KubeConnection({
    target: { via: 'direct', url: wire.url, token: 'secret-token' },
    bounds: { namespaces: more.namespaces, clusterScoped: more.clusterScoped ?? true },
    readOnly: more.readOnly ?? false,
    userAgent: 'vigie/test',
  });
  return connection.session(more.signal ?? new AbortController().signal);
}

export function sendJson(
  response: ServerResponse,
  {
    status = 200,
    body,
    headers = {},
  }: { status?: number; body: JsonObject; headers?: Record<string, string> },
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

/** A Status as an API server sends it with a refusal. */
export function statusOf(code: number, more: JsonObject): JsonObject {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', code, ...more };
}

export function configMap(name: string, data: JsonObject = {}): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'shop', uid: `uid-${name}` },
    data,
  };
}

const verbs = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'];

function resource(name: string, kind: string, more: JsonObject = {}): JsonObject {
  return { resource: name, responseKind: { kind }, scope: 'Namespaced', verbs, shortNames: [], ...more };
}

function discoveryOf(items: JsonObject[]): JsonObject {
  return { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', metadata: {}, items };
}

const discovered: Record<string, JsonObject> = {
  '/api': discoveryOf([
    {
      metadata: {},
      versions: [
        {
          version: 'v1',
          resources: [
            resource('configmaps', 'ConfigMap', { shortNames: ['cm'] }),
            resource('secrets', 'Secret'),
            resource('pods', 'Pod', { shortNames: ['po'] }),
            resource('namespaces', 'Namespace', { scope: 'Cluster', shortNames: ['ns'] }),
          ],
        },
      ],
    },
  ]),
  '/apis': discoveryOf([
    {
      metadata: { name: 'apps' },
      versions: [
        {
          version: 'v1',
          resources: [
            resource('deployments', 'Deployment', {
              shortNames: ['deploy'],
              subresources: [{ subresource: 'scale' }],
            }),
          ],
        },
      ],
    },
    {
      metadata: { name: 'far.example' },
      versions: [{ version: 'v1', resources: [resource('things', 'Thing')] }],
    },
  ]),
};

export interface Certificate {
  key: string;
  cert: string;
}

/** A self-signed certificate for a name that is not 127.0.0.1 unless asked. */
export function makeCertificate(subjectAltName: string): Certificate {
  const folder = mkdtempSync(join(tmpdir(), 'vigie-cert-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  try {
    const request = [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '2',
    ];
    const subject = ['-subj', '/CN=vigie-test', '-addext', `subjectAltName=${subjectAltName}`];
    execFileSync('openssl', [...request, ...subject, '-keyout', key, '-out', cert], { stdio: 'ignore' });
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A port of this machine that nothing listens on. */
export async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>(resolve => server.close(() => resolve()));
  return port;
}
