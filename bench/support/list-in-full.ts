// The baseline of five-thousand-pods: all pods in full, in pages of 500, counted and let go. It imports nothing of ours
// and runs as plain JavaScript, so that all it holds is what such a list costs. Speaks as much JSON-RPC as the bench asks.
import { readFileSync } from 'node:fs';
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { createInterface } from 'node:readline';

interface PodPage {
  metadata: { continue?: string };
  items: { status: { phase: string } }[];
}

const [, , url = '', token = '', authorityFile] = process.argv;
const secure = url.startsWith('https:');
const agent = secure
  ? new HttpsAgent({
      keepAlive: true,
      ...(authorityFile !== undefined && { ca: readFileSync(authorityFile) }),
    })
  : new HttpAgent({ keepAlive: true });
const request = secure ? httpsRequest : httpRequest;
const pageSize = 500;

function get(path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, accept: 'application/json' };
    const sent = request(`${url}${path}`, { agent, headers }, response => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    });
    sent.on('error', reject);
    sent.end();
  });
}

async function countPods(): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  let next = '';
  do {
    const page = JSON.parse(await get(`/api/v1/pods?limit=${pageSize}&continue=${next}`)) as PodPage;
    for (const { status } of page.items) counts[status.phase] = (counts[status.phase] ?? 0) + 1;
    next = encodeURIComponent(page.metadata.continue ?? '');
  } while (next !== '');
  return counts;
}

async function answer(method: string, tool: unknown): Promise<unknown> {
  if (method !== 'tools/call') return {};
  // The question before the list only connects, as it does for the other side.
  if (tool !== 'k8s_list') await get('/api/v1/namespaces');
  return { structuredContent: { counts: tool === 'k8s_list' ? await countPods() : {} } };
}

for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line) as {
    id?: number;
    method: string;
    params: { name?: string };
  };
  if (id === undefined) continue;
  const result = await answer(method, params.name);
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, result })}\n`);
}
process.exit(0);
