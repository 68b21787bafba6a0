import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CallToolResult } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clientOf } from '../support/mcp-clients.ts';
import { PseudoTerminal } from '../support/pseudo-terminal.ts';
import {
  type Cluster,
  deploymentOf,
  describeOnCluster,
  namespaceOf,
  startCluster,
} from './support/on-cluster.ts';

// The whole of the product's main job as somebody has it: the built program, a real MCP client, a real API server with
// its controllers, and a person at a terminal. One journey in order: each test goes on where the one before ended.

const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

const web = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: main, image: 'shop/web:1', ports: [{containerPort: 8080}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
`;
// Longer than a person, played on a busy machine, takes for an answer.
const mostMs = 240_000;
const target = { kind: 'Deployment', name: 'web', namespace: 'shop' };
const webPath = '/apis/apps/v1/namespaces/shop/deployments/web';

describeOnCluster('the one path on a real cluster', binaries => {
  const dir = mkdtempSync(join(tmpdir(), 'vigie-one-path-'));
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: dir,
    TERM: 'xterm',
    VIGIE_HOME: join(dir, 'home'),
    VIGIE_CONFIG: join(dir, 'vigie.yaml'),
  };
  const client = clientOf('modern');
  let cluster: Cluster;
  let passphrase = '';
  const tickets: string[] = [];

  beforeAll(async () => {
    cluster = await startCluster(binaries);
    await cluster.make('/api/v1/namespaces', namespaceOf('shop'));
    await cluster.make('/apis/apps/v1/namespaces/shop/deployments', deploymentOf('old', { replicas: 3 }));
    const { kubeconfig } = cluster;
    writeFileSync(
      env.VIGIE_CONFIG,
      `environments: {real: {kube: {context: real, kubeconfig: ${kubeconfig}, namespaces: [shop]}}}\n`,
      { mode: 0o600 },
    );
    await client.connect(
      new StdioClientTransport({ command: process.execPath, args: [main, 'serve', '--stdio'], env }),
    );
  });
  afterAll(async () => {
    await client.close();
    await cluster.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  async function ask(name: string, input: Record<string, unknown>): Promise<CallToolResult> {
    return client.callTool({ name, arguments: input }, { timeout: mostMs });
  }

  function factsOf(result: CallToolResult): Record<string, unknown> {
    return result.structuredContent as Record<string, unknown>;
  }

  async function vigie(...words: string[]): Promise<{ status: number; stdout: string }> {
    const child = spawn(process.execPath, [main, ...words], { env, stdio: ['ignore', 'pipe', 'ignore'] });
    let stdout = '';
    child.stdout.on('data', (data: Buffer) => {
      stdout += data.toString();
    });
    const status = await new Promise<number>(resolve => child.once('close', code => resolve(code ?? -1)));
    return { status, stdout };
  }

  async function atTerminal(words: string[], play: (terminal: PseudoTerminal) => Promise<void>) {
    const terminal = new PseudoTerminal([process.execPath, main, ...words], env);
    try {
      await play(terminal);
      return { status: await terminal.ended(), shown: terminal.shown };
    } finally {
      terminal.close();
    }
  }

  async function sign(terminal: PseudoTerminal): Promise<void> {
    await terminal.readOnUntil('Passphrase of alice');
    terminal.type(`${passphrase}\r`);
    await terminal.until('Audit head: ');
  }

  async function replicas(): Promise<unknown> {
    const { body } = await cluster.call({ method: 'GET', path: webPath });
    return body['spec'];
  }

  test('an MCP client lists the pods that the real controllers made', async () => {
    await expect
      .poll(async () => factsOf(await ask('k8s_list', { kind: 'pods' })))
      .toMatchObject({ total: 3, counts: { Running: 3 } });
  });

  test('it asks for a Deployment and a Service, and a person is wanted', async () => {
    const asked = await ask('k8s_apply', { manifest: web, namespace: 'shop', waitSeconds: 60 });
    expect(asked.isError ?? false).toBe(false);
    expect(factsOf(asked)).toMatchObject({
      status: 'approval_required',
      approveWith: expect.stringMatching(/^vigie approve \w{8}$/),
    });
    tickets.push(String(factsOf(asked)['id']));
    expect((await cluster.call({ method: 'GET', path: webPath })).status).toBe(404);
  });

  test('it cannot approve: no tool does, by whatever name', async () => {
    const { tools } = await client.listTools();
    expect(tools.map(tool => tool.name).filter(name => /approv|settle|decide|reject/.test(name))).toEqual([]);
    const tried = await ask('changes_approve', { id: tickets[0] });
    expect(tried).toMatchObject({ isError: true, structuredContent: { code: 'UNKNOWN_TOOL' } });
    expect(factsOf(await ask('changes_get', { id: tickets[0] }))).toMatchObject({ state: 'waiting' });
  });

  test('a person becomes an approver at a terminal', async () => {
    await atTerminal(['approvers', 'add', 'alice'], async terminal => {
      await terminal.until('\r\n    ');
      passphrase = (await terminal.until('\r\n')).trim();
      await terminal.until('Type them to go on: ');
      terminal.type(`${passphrase}\r`);
      await terminal.until('alice is an approver');
    });
    expect(passphrase.split(' ')).toHaveLength(5);
  });

  test('approved at the terminal, it is applied and seen healthy, and the waiting client is told', async () => {
    const id = tickets[0] ?? '';
    const told = ask('changes_get', { id, waitSeconds: 200 });
    const { status, shown } = await atTerminal(['approve', id], sign);
    expect(shown).toContain('Deployment/web');
    expect(shown).toContain('Service/web');
    expect(shown).toMatch(/done: /);
    expect(status).toBe(0);
    const facts = factsOf(await told);
    expect(facts).toMatchObject({ state: 'done', decidedBy: 'alice', undo: 'possible' });
    expect(JSON.stringify(facts['evidence'])).toContain('Deployment/web: 2 pods updated and available');
    const { body } = await cluster.call({ method: 'GET', path: webPath });
    expect(body['status']).toMatchObject({ readyReplicas: 2 });
  });

  test('scaled by a second ticket', async () => {
    const asked = await ask('k8s_scale', { target, replicas: 4 });
    const id = String(factsOf(asked)['id']);
    expect(factsOf(asked)).toMatchObject({ status: 'approval_required' });
    tickets.push(id);
    const { status, shown } = await atTerminal(['approve', id], sign);
    expect(status).toBe(0);
    expect(shown).toContain('spec.replicas 2 → 4');
    expect(await replicas()).toMatchObject({ replicas: 4 });
  });

  test('undone from the terminal, with an approval of its own', async () => {
    const id = tickets[1] ?? '';
    const { status } = await atTerminal(['undo', id], async terminal => {
      await terminal.until('Approve it here and now? [y/N] ');
      terminal.type('y\r');
      await sign(terminal);
    });
    expect(status).toBe(0);
    expect(await replicas()).toMatchObject({ replicas: 2 });
    expect(factsOf(await ask('changes_get', { id }))).toMatchObject({
      undoneBy: expect.stringMatching(/^\w{8}$/),
    });
  });

  test('undoing the apply removes what it created', async () => {
    const { status } = await atTerminal(['undo', tickets[0] ?? ''], async terminal => {
      await terminal.until('Approve it here and now? [y/N] ');
      terminal.type('y\r');
      await terminal.readOnUntil(' to go on: ');
      terminal.type(`${/Type (\S+)/.exec(terminal.shown)?.[1] ?? ''}\r`);
      await sign(terminal);
    });
    expect(status).toBe(0);
    expect((await cluster.call({ method: 'GET', path: webPath })).status).toBe(404);
    const service = await cluster.call({ method: 'GET', path: '/api/v1/namespaces/shop/services/web' });
    expect(service.status).toBe(404);
  });

  test('the audit chain is whole, and no other head fits', async () => {
    const verified = await vigie('audit', 'verify');
    expect(verified.status).toBe(0);
    const head = /head (\w{64})/.exec(verified.stdout)?.[1] ?? '';
    expect((await vigie('audit', 'verify', '--head', head)).status).toBe(0);
    expect((await vigie('audit', 'verify', '--head', 'f'.repeat(64))).status).toBe(5);
    const { stdout } = await vigie('audit', 'export');
    const events = stdout
      .trim()
      .split('\n')
      .map(line => (JSON.parse(line) as { event: string }).event);
    expect(events.filter(event => event === 'approved')).toHaveLength(4);
    expect(events.filter(event => event === 'undone')).toHaveLength(2);
  });
});
