import { isObject, type JsonObject } from '../../core/json.ts';
import { differences } from '../../core/json-diff.ts';
import type { Preview } from '../../core/preview.ts';

/** What a change does to its target, as far as it has to answer for how that gets on. */
export interface Effect {
  /** It makes new pods: trouble of the newest ones is its own, and no rollout will get past it. */
  startsPods: boolean;
  /** It asks for something that the target did not do before: that this cannot be had is its own. */
  changesSpec: boolean;
}

/** What it was shown to do, whatever it says: who sets again what was there changes nothing. */
export function effectOf({ operation, target, before, after }: Preview): Effect {
  if (operation === 'create') {
    const starts = after?.['spec'] !== undefined;
    return { startsPods: starts, changesSpec: starts };
  }
  const [old, now] = [specOf(before), specOf(after)];
  const paths = differences(old, now).map(({ path }) => path.split('/')[1] ?? '');
  const [had, wanted] = [countOf(old), countOf(now)];
  const asks = paths.filter(field => !isLess(field, { now, had, wanted }));
  const startsPods =
    asks.includes('template') ||
    asks.includes('paused') ||
    asks.includes('suspend') ||
    (had === 0 && asks.includes('replicas')) ||
    (target.kind === 'Pod' && asks.length > 0);
  return { startsPods, changesSpec: asks.length > 0 };
}

/** Whether it makes new pods by a template or is one: others of its plan may wait for them. */
export function bringsPods(preview: Preview): boolean {
  const { target, after } = preview;
  return effectOf(preview).startsPods && (target.kind === 'Pod' || isObject(specOf(after)['template']));
}

/** Fewer pods, or a halt: what was broken before is no more so by it. */
function isLess(
  field: string,
  { now, had, wanted }: { now: JsonObject; had: number; wanted: number },
): boolean {
  if (field === 'replicas') return wanted < had;
  return (field === 'paused' || field === 'suspend') && now[field] === true;
}

function specOf(object: JsonObject | undefined): JsonObject {
  const spec = object?.['spec'];
  return isObject(spec) ? spec : {};
}

/** An absent count means one pod. */
function countOf({ replicas }: JsonObject): number {
  return typeof replicas === 'number' ? replicas : 1;
}
