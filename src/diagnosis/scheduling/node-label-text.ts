import { describeRef } from '../../core/ref.ts';
import { countOf } from '../../kubernetes/health/verdict.ts';
import type { Node } from '../../kubernetes/kinds/cluster.ts';
import { isKind } from '../../kubernetes/kinds.ts';
import { refOf } from '../../kubernetes/object.ts';
import { quoteField } from '../evidence.ts';
import { patchFix } from '../fixes.ts';
import type { PodSet } from '../pod-sets.ts';
import { meantName } from '../slip.ts';
import { patchAt } from '../workload-patch.ts';
import type { Told } from './pending-verdict.ts';

// Label values that one line still holds.
const mostNamed = 3;

/** Which of the labels no node has, and the one that was meant if only one can be. */
export function labelMissing(set: PodSet, nodes: readonly Node[]): Told {
  const { at, spec, object } = set;
  const wanted = Object.entries(spec.nodeSelector ?? {});
  const has = (key: string, value: string) =>
    nodes.some(({ metadata: { labels = {} } }) => Object.hasOwn(labels, key) && labels[key] === value);
  const missing = wanted.find(([key, value]) => !has(key, value));
  const evidence = [quoteField(`${at}.nodeSelector`, { ...spec.nodeSelector })];
  const question = 'Which nodes should it run on, and which labels do they have?';
  if (missing === undefined) {
    const summary = 'no node has all labels of its node selector at once';
    return { code: 'NODE_LABEL_MISSING', summary, evidence, question };
  }
  const [key, value] = missing;
  const values = valuesOf(nodes, key);
  const known =
    values.length === 0 ? 'none has the key' : `they have ${values.slice(0, mostNamed).join(', ')}`;
  const told: Told = {
    code: 'NODE_LABEL_MISSING',
    summary: `none of ${countOf(nodes.length, 'node')} has the label ${key}=${value} (${known})`,
    evidence,
    question,
  };
  const near = values.length === 0 ? nearKey(nodes, { key, value }) : nearValue(values, { key, value });
  if (near === undefined || isKind(object, 'Pod') || isKind(object, 'Job')) return told;
  const does = `Select ${Object.entries(near)
    .filter(([, text]) => text !== null)
    .map(([name, text]) => `${name}=${text}`)
    .join(', ')} in ${describeRef(refOf(object))}`;
  return { ...told, fixes: [patchFix(refOf(object), { patch: patchAt(at, { nodeSelector: near }), does })] };
}

function valuesOf(nodes: readonly Node[], key: string): string[] {
  const values = nodes.flatMap(({ metadata: { labels = {} } }) =>
    Object.hasOwn(labels, key) ? [labels[key] ?? ''] : [],
  );
  return [...new Set(values)].toSorted();
}

type Label = { key: string; value: string };

function nearValue(values: readonly string[], { key, value }: Label): Record<string, string> | undefined {
  const near = meantName(value, values);
  return near === undefined || near === '' ? undefined : { [key]: near };
}

/** Another key that has this very value on some node, and a name like it. */
function nearKey(nodes: readonly Node[], { key, value }: Label): Record<string, string | null> | undefined {
  const keys = nodes.flatMap(({ metadata: { labels = {} } }) =>
    Object.keys(labels).filter(each => labels[each] === value),
  );
  const near = meantName(key, keys);
  return near === undefined ? undefined : { [key]: null, [near]: value };
}
