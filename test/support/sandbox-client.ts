import { request as httpRequest } from 'node:http';
import type { Json, JsonObject } from '../../src/core/json.ts';
import type { KubeObject } from '../../src/kubernetes/object.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/server.ts';
import { parseWorld } from '../../src/sandbox/world.ts';

const emptyWorld = `
cluster: {serverVersion: v1.36.2, ageDays: 1, nodes: [{name: n1, ip: 10.0.0.1, podSubnet: 10.42.0}]}
objects: []
`;

export function objectNamed(kind: string, name: string, more: JsonObject = {}): KubeObject {
  return { apiVersion: 'v1', kind, metadata: { name }, ...more };
}

const readyNode = objectNamed('Node', 'n1', {
  status: {
    capacity: { cpu: '64', memory: '256Gi', pods: '500' },
    allocatable: { cpu: '64', memory: '256Gi', pods: '500' },
    conditions: [{ type: 'Ready', status: 'True' }],
    addresses: [{ type: 'InternalIP', address: '10.0.0.1' }],
  },
});

/** A sandbox with the namespace shop, one node and the given objects. */
export async function startShop(objects: KubeObject[] = []): Promise<Sandbox> {
  const world = parseWorld(emptyWorld, 'test');
  world.objects.push(objectNamed('Namespace', 'shop'), readyNode, ...objects);
  return startSandbox({ world });
}

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  body: JsonObject;
}

/** Sends one request over the wire as it is given: nothing is escaped or followed. */
export function send(
  sandbox: { url: string; token: string },
  asked: { method?: string; path: string; body?: unknown; headers?: Record<string, string> },
): Promise<Answer> {
  const { hostname, port } = new URL(sandbox.url);
  const body = asked.body === undefined ? undefined : textOf(asked.body);
  return new Promise((resolve, reject) => {
    const call = httpRequest(
      {
        hostname,
        port,
        method: asked.method ?? 'GET',
        path: asked.path,
        agent: false,
        headers: {
          authorization: `Bearer ${sandbox.token}`,
          ...(body === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
          ...asked.headers,
        },
      },
      response => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, body: parse(text) });
        });
      },
    );
    call.on('error', reject);
    call.end(body);
  });
}

function textOf(body: unknown): string | Buffer {
  return typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
}

function parse(text: string): JsonObject {
  try {
    return JSON.parse(text) as JsonObject;
  } catch {
    return {};
  }
}

interface WatchEvent {
  type: string;
  object: KubeObject & { code?: number; message?: string };
}

/** An open watch, read event by event. */
export interface Watching {
  next(): Promise<WatchEvent>;
  /** Resolves with all that is left when the server ends the watch. */
  rest(): Promise<WatchEvent[]>;
  stop(): void;
}

export function watch(
  sandbox: Sandbox,
  path: string,
  headers: Record<string, string> = {},
): Promise<Watching> {
  return new Promise((resolve, reject) => {
    const call = httpRequest(
      `${sandbox.url}${path}`,
      { agent: false, headers: { authorization: `Bearer ${sandbox.token}`, ...headers } },
      response => {
        let pending = '';
        const events: WatchEvent[] = [];
        const waiting: ((event: WatchEvent) => void)[] = [];
        let ended = false;
        const ends: (() => void)[] = [];
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          pending += chunk;
          const lines = pending.split('\n');
          pending = lines.pop() ?? '';
          for (const line of lines) {
            const event = JSON.parse(line) as WatchEvent;
            const reader = waiting.shift();
            if (reader === undefined) events.push(event);
            else reader(event);
          }
        });
        const end = (): void => {
          ended = true;
          for (const each of ends) each();
        };
        response.on('end', end);
        response.on('close', end);
        response.on('error', () => undefined);
        resolve({
          next() {
            const event = events.shift();
            if (event !== undefined) return Promise.resolve(event);
            return new Promise(next => waiting.push(next));
          },
          async rest() {
            if (!ended) await new Promise<void>(done => ends.push(done));
            return events.splice(0);
          },
          stop: () => call.destroy(),
        });
      },
    );
    call.on('error', reject);
    call.end();
  });
}

/** Asks the cluster itself, past whatever stands before it. Throws what it refuses. */
export async function askAsAdministrator(
  sandbox: { url: string; token: string },
  request: { method: string; path: string; body: Json | undefined },
): Promise<JsonObject> {
  const { method, path, body } = request;
  const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  const response = await fetch(sandbox.url + path, {
    method,
    headers: { authorization: `Bearer ${sandbox.token}`, 'content-type': type },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = (await response.json()) as JsonObject;
  if (!response.ok) throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`);
  return answer;
}
