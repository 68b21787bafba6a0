// The baselines of five-thousand-pods: all pods in full, in pages of 500, with nothing else in the process. `keep` holds
// the list until it is whole, as a client library hands it out; `drop` counts each page and lets it go.
import { readFileSync } from 'node:fs';
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { answerLines } from './answer-lines.ts';

interface Pod {
  status: { phase: string };
}

interface PodPage {
  metadata: { continue?: string };
  items: Pod[];
}

const [, , way, url = '', token = '', authorityFile] = process.argv;
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

async function* pages(): AsyncGenerator<Pod[]> {
  let next = '';
  do {
    const page = JSON.parse(await get(`/api/v1/pods?limit=${pageSize}&continue=${next}`)) as PodPage;
    next = encodeURIComponent(page.metadata.continue ?? '');
    yield page.items;
  } while (next !== '');
}

async function countPods(): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  const count = (pods: readonly Pod[]) => {
    for (const { status } of pods) counts[status.phase] = (counts[status.phase] ?? 0) + 1;
  };
  const list: Pod[] = [];
  for await (const page of pages()) {
    if (way === 'keep') list.push(...page);
    else count(page);
  }
  count(list);
  return counts;
}

// The question before the list only connects, as it does for the other side.
await answerLines(async tool =>
  tool === 'k8s_list'
    ? { counts: await countPods() }
    : { namespaces: await get('/api/v1/namespaces/default') },
);
