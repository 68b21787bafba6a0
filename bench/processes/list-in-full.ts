// The baseline of five-thousand-pods: all pods in full, in pages of 500, counted and let go, with nothing else in the
// process.
import { readFileSync } from 'node:fs';
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { answerLines } from './answer-lines.ts';

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

// The question before the list only connects, as it does for the other side.
await answerLines(async tool =>
  tool === 'k8s_list'
    ? { counts: await countPods() }
    : { namespaces: await get('/api/v1/namespaces/default') },
);
