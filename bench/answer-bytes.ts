import { isObject, type JsonObject } from '../src/core/json.ts';
import type { Program } from './support/install-peers.ts';
import { held, kilobytes, type Measurement } from './support/measurement.ts';
import { startWithPods } from './support/pods-world.ts';
import { StdioClient } from './support/stdio-client.ts';
import { makeHome, product } from './support/surroundings.ts';

// Of more than these, or of larger ones, what kubectl prints of them overflows the buffer of mcp-server-kubernetes (1 MiB).
const pods = 80;
const budgets = { tools: 25, bytesPerTool: 1_250, podBytes: 6_400 };

/** How each server is asked for all pods, as it answers by default. */
const questions: readonly { server: string; tool: string; input: JsonObject }[] = [
  { server: 'vigie', tool: 'k8s_list', input: { kind: 'pods' } },
  {
    server: 'mcp-server-kubernetes',
    tool: 'kubectl_get',
    input: { resourceType: 'pods', allNamespaces: true },
  },
  { server: 'kubernetes-mcp-server', tool: 'pods_list', input: {} },
];

/** What somebody who looks at pods wants to see, and how it shows in any of the answers. */
const wanted: readonly { what: string; sign: RegExp }[] = [
  { what: 'readiness', sign: /\b1\/1\b|\bready\b/i },
  { what: 'restarts', sign: /\brestart(s|count)?\b/i },
  { what: 'age', sign: /\bage\b|createdAt|creationTimestamp/i },
  { what: 'node', sign: /\bnode-\d/ },
];

/** What a model pays for: the list of tools, once a session, and one everyday answer. */
export const answerBytes: Measurement = {
  name: 'answer-bytes',
  title: 'Bytes of the tools and of an answer',
  about:
    `The result of \`tools/list\`, and the whole result of the default question for all pods, on one cluster of ${pods} pods, ` +
    'as compact JSON. “Shows” is searched for in the answer itself.',

  async measure(bench) {
    const { others, notes } = await bench.peers();
    const sandbox = await startWithPods({ pods, namespaces: 1, small: true });
    const home = makeHome(bench, sandbox.kubeconfig());
    const rows: string[][] = [];
    for (const program of [product(bench), ...others]) rows.push(await ask(program, home.env));
    await sandbox.close();
    const columns = ['server', 'tools', 'with output schema', 'tools/list', 'bytes a tool'];
    return { columns: [...columns, `${pods} pods`, 'bytes', 'shows'], rows, notes };
  },
};

async function ask(program: Program, env: Readonly<Record<string, string>>): Promise<string[]> {
  const question = questions.find(({ server }) => program.label.startsWith(server));
  if (question === undefined) throw new Error(`nobody said what to ask ${program.label}`);
  const client = new StdioClient(program, env);
  try {
    await client.initialize();
    const list = await client.call('tools/list', {});
    const tools = Array.isArray(list.result['tools']) ? list.result['tools'].filter(isObject) : [];
    const answer = await client.callTool(question.tool, question.input);
    const text = JSON.stringify(answer.result);
    const isOurs = question.server === 'vigie';
    const perTool = Math.round(list.bytes / tools.length);
    return [
      program.label,
      isOurs ? held(tools.length, budgets.tools) : String(tools.length),
      String(tools.filter(tool => tool['outputSchema'] !== undefined).length),
      kilobytes(list.bytes),
      isOurs ? held(perTool, budgets.bytesPerTool) : String(perTool),
      `\`${question.tool}\``,
      isOurs ? held(answer.bytes, budgets.podBytes) : String(answer.bytes),
      wanted
        .filter(({ sign }) => sign.test(text))
        .map(({ what }) => what)
        .join(', ') || (answer.result['isError'] === true ? 'an error' : 'none of them'),
    ];
  } finally {
    await client.close();
  }
}
