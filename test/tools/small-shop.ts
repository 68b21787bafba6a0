import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { KubeConnection } from '../../src/clients/kube/connection.ts';
import type { Change } from '../../src/core/change.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { limits } from '../../src/core/limits.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/server.ts';
import { loadWorld, parseWorld } from '../../src/sandbox/world.ts';
import type { ChangeReader } from '../../src/store/change-reader.ts';
import type { EnvironmentView, ReadResult, Tool, ToolContext } from '../../src/toolkit/tool.ts';
import { noPlaybooks } from '../support/no-playbooks.ts';
import { noSystems } from '../support/no-systems.ts';

const world = `
cluster:
  serverVersion: v1.36.2
  ageDays: 3
  nodes:
    - {name: node-a, ip: 10.0.0.1, podSubnet: 10.42.0}
    - {name: node-b, ip: 10.0.0.2, podSubnet: 10.42.1}
images:
  - {match: 'shop/*', startSeconds: 1, ports: [8080]}
missing: ['shop/gone:*']
objects:
  - {apiVersion: v1, kind: Namespace, metadata: {name: shop}}
  - {apiVersion: v1, kind: Namespace, metadata: {name: payments}}
  - {apiVersion: v1, kind: Namespace, metadata: {name: other}}
  - apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: shop, labels: {app: web}}
    spec:
      replicas: 3
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec: {containers: [{name: web, image: 'shop/web:1'}]}
  - apiVersion: apps/v1
    kind: Deployment
    metadata: {name: pay, namespace: payments}
    spec:
      replicas: 2
      selector: {matchLabels: {app: pay}}
      template:
        metadata: {labels: {app: pay}}
        spec: {containers: [{name: pay, image: 'shop/pay:1'}, {name: proxy, image: 'shop/proxy:1'}]}
  - apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: shop}
    spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
  - apiVersion: v1
    kind: Secret
    metadata: {name: db, namespace: shop}
    data: {password: aHVudGVyMi1pcy1zZWNyZXQ=}
  - apiVersion: v1
    kind: ConfigMap
    metadata: {name: settings, namespace: shop, labels: {part: config}}
    data: {mode: fast}
  - apiVersion: v1
    kind: ConfigMap
    metadata: {name: theirs, namespace: other}
    data: {mode: slow}
`;

/** Values of the world that must never stand in an answer. */
export const secretValue = { raw: 'hunter2-is-secret', base64: 'aHVudGVyMi1pcy1zZWNyZXQ=' };

export interface Shop {
  sandbox: Sandbox;
  context: ToolContext;
  /** Parses and runs as the pipeline does, without its stages. */
  read(tool: Tool, input: JsonObject): Promise<ReadResult>;
  plan(tool: Tool, input: JsonObject): Promise<Change[]>;
  /** Lets two minutes of the cluster's time go by. */
  pass(): Promise<void>;
  /** Sends a request as an administrator, to arrange what a test needs. */
  send(method: string, path: string, body?: JsonObject): Promise<JsonObject>;
}

/** A small shop in a sandbox over HTTP, seen by tools through the product's own client. */
export async function openShop(
  more: {
    environment?: Partial<EnvironmentView>;
    context?: Partial<ToolContext>;
    changes?: ChangeReader;
    signal?: AbortSignal;
    /** What the world file says instead. */
    world?: (text: string) => string;
    /** A world that comes with Vigie, instead. */
    named?: string;
    /** Whom the tools ask as; absent: an administrator. */
    as?: string;
  } = {},
): Promise<Shop> {
  // Its time stands still between two calls, so that both see the same cluster; pass() moves it.
  const startMs = Date.now();
  const sandbox = await startSandbox({
    world:
      more.named === undefined
        ? parseWorld(more.world?.(world) ?? world, 'small shop')
        : await loadWorld(more.named),
    now: () => startMs,
  });
  onTestFinished(() => sandbox.close());
  const environment: EnvironmentView = {
    name: 'test',
    cluster: 'sandbox: small shop',
    kind: 'sandbox',
    namespaces: ['shop', 'payments'],
    clusterScoped: false,
    policy: { low: 'allow', medium: 'ask', high: 'ask' },
    ...more.environment,
  };
  const { namespaces, clusterScoped } = environment;
  const connection = new KubeConnection({
    target:
      more.as === undefined
        ? { via: 'direct', url: sandbox.url, token: sandbox.token }
        : {
            via: 'kubeconfig',
            files: [kubeconfigAs(sandbox, more.as)],
            context: undefined,
            allowInsecure: true,
          },
    bounds: { namespaces, clusterScoped },
    readOnly: false,
    userAgent: 'vigie-test',
  });
  onTestFinished(() => connection.close());
  const signal = more.signal ?? new AbortController().signal;
  const session = connection.session(signal);
  const context: ToolContext = {
    environment,
    environments: [environment],
    kube: session.reader,
    systems: noSystems(),
    changes: more.changes ?? noChanges,
    playbooks: noPlaybooks(),
    changedSince: async () => [],
    actor: { kind: 'agent', name: 'test', via: 'mcp-stdio', onBehalfOf: 'tester' },
    assurance: 'advisory',
    readOnly: false,
    now: new Date(),
    clusterTime: () => session.serverTime() ?? new Date(),
    signal,
    progress() {},
    mask: text => text,
    maskObject: object => object,
    budgetBytes: limits.answerBytes,
    ...more.context,
  };
  await sandbox.settled();
  await pass(sandbox);
  return {
    sandbox,
    context,
    read: (tool, input) => read(tool, { input, context }),
    plan: (tool, input) => plan(tool, { input, context }),
    pass: () => pass(sandbox),
    send: (method, path, body) => send(sandbox, { method, path, body }),
  };
}

/** A kubeconfig whose user acts as somebody else. */
function kubeconfigAs(sandbox: Sandbox, user: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'vigie-shop-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'kubeconfig');
  const text = sandbox
    .kubeconfig()
    .replace(/^( +)token:/m, (line, indent: string) => `${indent}as: ${user}\n${line}`);
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}

/** In steps, since what happens after a start (ready, then available) begins when the start was seen. */
async function pass(sandbox: Sandbox): Promise<void> {
  for (let step = 0; step < 6; step += 1) await sandbox.advance(20_000);
}

async function read(tool: Tool, call: { input: JsonObject; context: ToolContext }): Promise<ReadResult> {
  if (tool.kind === 'change') {
    const planned = await plannedBy(tool, call);
    if (!('answer' in planned)) throw new Error(`${tool.name} planned changes where an answer was expected`);
    return planned.answer;
  }
  const parsed = tool.parse(call.input);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  const result = await parsed.run(call.context);
  // What a tool answers must be what it says it answers, and every field of it named.
  tool.output.strict().parse(result.data);
  return result;
}

async function plan(tool: Tool, call: { input: JsonObject; context: ToolContext }): Promise<Change[]> {
  const planned = await plannedBy(tool, call);
  if ('answer' in planned) throw new Error(`${tool.name} answered where changes were expected`);
  return planned;
}

async function plannedBy(tool: Tool, call: { input: JsonObject; context: ToolContext }) {
  if (tool.kind !== 'change') throw new Error(`${tool.name} changes nothing`);
  const parsed = tool.parse(call.input);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return parsed.run(call.context);
}

async function send(
  sandbox: Sandbox,
  request: { method: string; path: string; body: JsonObject | undefined },
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

/** Lets a user look at everything in one namespace, at nothing else; for a shop that is opened as that user. */
export async function letLook(
  shop: Shop,
  at: { user: string; namespace: string; rules?: JsonObject[] },
): Promise<void> {
  const apiGroup = 'rbac.authorization.k8s.io';
  const path = `/apis/${apiGroup}/v1/namespaces/${at.namespace}`;
  const everything = { apiGroups: ['*'], resources: ['*'], verbs: ['get', 'list'] };
  await shop.send('POST', `${path}/roles`, { metadata: { name: 'looker' }, rules: at.rules ?? [everything] });
  await shop.send('POST', `${path}/rolebindings`, {
    metadata: { name: 'looker' },
    roleRef: { apiGroup, kind: 'Role', name: 'looker' },
    subjects: [{ apiGroup, kind: 'User', name: at.user }],
  });
}

function unused(): never {
  throw new Error('this test opened no store');
}

const noChanges: ChangeReader = { list: async () => [], get: unused, wait: unused, wayBack: unused };
