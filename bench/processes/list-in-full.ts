// The baselines of five-thousand-pods: all pods in full, in pages of 500, with nothing else in the process. `keep` holds
// the list until it is whole, as a client library hands it out; `drop` counts each page and lets it go.
import { RawPages } from '../support/raw-pages.ts';
import { answerLines } from './answer-lines.ts';

interface Pod {
  status: { phase: string };
}

const [, , way, url = '', token = '', authorityFile] = process.argv;
const raw = new RawPages({ url, token, authorityFile });

async function countPods(): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  const count = (pods: readonly Pod[]) => {
    for (const { status } of pods) counts[status.phase] = (counts[status.phase] ?? 0) + 1;
  };
  const list: Pod[] = [];
  for await (const page of raw.list<Pod>('/api/v1/pods')) {
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
    : { namespaces: await raw.get('/api/v1/namespaces/default') },
);
