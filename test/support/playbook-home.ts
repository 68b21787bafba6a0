import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { isObject, type JsonObject, textOf } from '../../src/core/json.ts';
import { CliHome } from './command-line.ts';
import { clientOf, type Era } from './mcp-clients.ts';

/** Playbooks that a test needs, by their names: what stands below their head. */
const written: Readonly<Record<string, string>> = {
  look: 'steps: [{id: see, tool: k8s_list, with: {kind: Deployment, namespace: shop}}]',
  grow: `inputs:
  replicas: {type: integer, default: 3, description: How many}
  name: {type: string, default: cart, choices: [cart, web]}
steps:
  - {id: see, tool: k8s_list, with: {kind: Deployment, namespace: shop}}
  - {id: up, if: steps.see.output.total >= 0, tool: k8s_scale, with: {target: {kind: Deployment, name: "\${{ inputs.name }}", namespace: shop}, replicas: "\${{ inputs.replicas }}"}}
finally: [{id: last, tool: k8s_list, with: {kind: Pod, namespace: shop}}]`,
  gated: `steps:
  - {id: ask, approval: {for: [up], expires: 1h}}
  - {id: up, tool: k8s_scale, with: {target: {kind: Deployment, name: cart, namespace: shop}, replicas: 4}}`,
  nap: `steps:
  - {id: first, tool: k8s_list, with: {kind: Pod, namespace: shop}}
  - {id: sleep, wait: {for: 5s}}
  - {id: then, tool: k8s_list, with: {kind: Pod, namespace: shop}}`,
  peek: 'steps: [{id: changes, tool: changes_list, with: {}}, {id: places, tool: environments_list, with: {}}]',
  proven:
    'policy: {requireRehearsal: 7d}\nsteps: [{id: see, tool: k8s_list, with: {kind: Pod, namespace: shop}}]',
  rest: 'steps: [{id: first, tool: k8s_list, with: {kind: Pod, namespace: shop}}, {id: sleep, wait: {for: 1h}}, {id: then, tool: k8s_list, with: {kind: Pod, namespace: shop}}]',
};

/** A home with two simulated environments, which ask about every change, and playbooks of its own. */
export async function playbookHome(
  more: Readonly<Record<string, string>> = {},
  program: { main?: string } = {},
): Promise<CliHome> {
  const home = await CliHome.make(program);
  const own = join(home.dir, 'playbooks');
  const asks = '{low: ask, medium: ask, high: ask}';
  await writeFile(
    join(home.dir, 'vigie.yaml'),
    `witness: {journal: false}
playbooks: {directory: ${own}}
environments:
  box: {sandbox: {world: shop}, policy: ${asks}}
  other: {sandbox: {world: shop}, policy: ${asks}}
`,
    { mode: 0o600 },
  );
  for (const [name, body] of Object.entries({ ...written, ...more })) {
    const folder = join(own, name);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const head = `apiVersion: vigie/v1\nkind: Playbook\nmetadata: {name: ${name}, title: A trial}\n`;
    await writeFile(join(folder, 'playbook.yaml'), `${head}${body}\n`, { mode: 0o600 });
  }
  return home;
}

/** A client of a server that it starts, as an assistant does. */
export async function clientAt(
  home: CliHome,
  { era = 'legacy', words = [] }: { era?: Era; words?: readonly string[] } = {},
): Promise<{ client: Client; pid: number }> {
  const [command = '', ...args] = home.command('serve', '--stdio', ...words);
  const env = Object.fromEntries(
    Object.entries(home.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
  const transport = new StdioClientTransport({ command, args, env, stderr: 'inherit' });
  const client = clientOf(era);
  await client.connect(transport);
  return { client, pid: transport.pid ?? 0 };
}

/** What a call answered, with its text. */
export async function callOf(
  client: Client,
  tool: string,
  input: JsonObject = {},
): Promise<{ data: JsonObject; text: string }> {
  const result = await client.callTool({ name: tool, arguments: { ...input } });
  const data = isObject(result.structuredContent) ? result.structuredContent : {};
  const [first] = Array.isArray(result.content) ? result.content : [];
  return { data, text: textOf(first, 'text') };
}
