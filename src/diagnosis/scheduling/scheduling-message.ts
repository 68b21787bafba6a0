/*
 * What a scheduler says of a pod that it cannot place: `0/3 nodes are available: 1 node(s) had untolerated taint {a: b},
 * 2 Insufficient cpu. preemption: …`. For each node it names the first filter that refuses it, in a fixed order; so the
 * last filter that it names is the one which the nearest nodes fail.
 */

/** In the order in which the filters are asked. */
const stages = [
  { stage: 'taint', says: /untolerated taint|had taint|were unschedulable|node\(s\) were not ready/ },
  { stage: 'selector', says: /node affinity\/selector|node selector|didn't match node affinity/ },
  { stage: 'host-port', says: /free ports/ },
  { stage: 'resources', says: /Insufficient |Too many pods/ },
  { stage: 'volume', says: /[Vv]olume|persistent/ },
  { stage: 'spread', says: /topology spread constraints/ },
  { stage: 'affinity', says: /pod affinity|anti-affinity/ },
] as const;

type Stage = (typeof stages)[number]['stage'];

export interface SchedulingMessage {
  /** The filter that the nearest nodes fail; undefined: it says none that is known. */
  stage: Stage | undefined;
  /** Resources of which there is too little, each once: `cpu`, `pods`. */
  short: readonly string[];
  /** Which rule about neighbours, where `stage` is `affinity`. */
  apart: boolean;
}

// Messages are written by schedulers of any make; what is longer than this says nothing more.
const mostChars = 4_000;

export function readSchedulingMessage(text: string): SchedulingMessage {
  // What it would help to make room is another matter.
  const message = text.slice(0, mostChars).split(/\bpreemption: /)[0] ?? '';
  const short = [...message.matchAll(/Insufficient ([\w./-]{1,120})/g)].map(([, name = '']) =>
    name.replace(/\.$/, ''),
  );
  if (message.includes('Too many pods')) short.push('pods');
  return {
    stage: stages.findLast(({ says }) => says.test(message))?.stage,
    short: [...new Set(short)],
    apart: /anti-affinity/.test(message),
  };
}
