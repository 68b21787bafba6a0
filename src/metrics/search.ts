import { distanceWithin } from '../core/nearest.ts';

/** A metric among which is searched. */
export interface Known {
  name: string;
  help: string;
}

// What people call a thing and what exporters call it.
const otherWords: Readonly<Record<string, readonly string[]>> = {
  memory: ['mem', 'rss', 'heap'],
  ram: ['memory', 'mem'],
  disk: ['filesystem', 'fs', 'volume'],
  storage: ['filesystem', 'fs', 'volume'],
  network: ['net'],
  latency: ['duration', 'seconds'],
  time: ['duration', 'seconds'],
  errors: ['error', 'failed', 'failures', 'fail'],
  failures: ['failed', 'errors'],
  restarts: ['restart'],
  traffic: ['requests', 'bytes'],
  requests: ['request', 'http'],
  load: ['load1', 'load5'],
  // How much of it: used, or what is left of how much, the more telling first.
  usage: ['used', 'available', 'total', 'resident', 'free'],
  use: ['used', 'usage', 'available', 'total', 'resident', 'free'],
};
const [exact, prefix, within, alias, near, helps] = [8, 6, 5, 4, 3, 2];
// What decides between names that fit as well otherwise: `memory_MemTotal` says it twice, and a first alias is the better one.
const [twice, lower] = [0.3, 0.1];
const mostWords = 8;

/** The metrics that fit words best, at most `most`: those whose name holds all of them first, then by help, then by a slip of letters. */
export function searchMetrics<Metric extends Known>(
  words: string,
  metrics: Iterable<Metric>,
  { most }: { most: number },
): Metric[] {
  const wanted = wordsOf(words).slice(0, mostWords);
  const found: { metric: Metric; hits: number; score: number }[] = [];
  for (const metric of metrics) {
    const tokens = wordsOf(metric.name);
    const help = metric.help.toLowerCase();
    const scores = wanted.map(word => scoreOf(word, { name: metric.name.toLowerCase(), tokens, help }));
    const hits = scores.filter(score => score > 0).length;
    if (hits > 0) found.push({ metric, hits, score: scores.reduce((sum, score) => sum + score, 0) });
  }
  found.sort(
    (a, b) =>
      b.hits - a.hits ||
      b.score - a.score ||
      a.metric.name.length - b.metric.name.length ||
      (a.metric.name < b.metric.name ? -1 : 1),
  );
  return found.slice(0, most).map(({ metric }) => metric);
}

function scoreOf(
  word: string,
  { name, tokens, help }: { name: string; tokens: readonly string[]; help: string },
): number {
  // At its end `total` says that a counter grows, not how much there is in all.
  const named = tokens.at(-1) === 'total' ? tokens.slice(0, -1) : tokens;
  const known = otherWords[word]?.findIndex(other => named.includes(other)) ?? -1;
  if (tokens.includes(word)) return exact + (known >= 0 ? twice : 0);
  if (tokens.some(token => token.startsWith(word) || (token.length > 2 && word.startsWith(token))))
    return prefix;
  if (name.includes(word)) return within;
  if (known >= 0) return alias - known * lower;
  if (help.includes(word)) return helps;
  const most = word.length > 7 ? 2 : 1;
  const close = (token: string) => token.length > 3 && distanceWithin(word, token, { most }) !== undefined;
  return word.length > 3 && tokens.some(close) ? near : 0;
}

function wordsOf(text: string): string[] {
  return text
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter(word => word !== '');
}
