import type { Change, K8sPatch } from '../../core/change.ts';
import { VigieError } from '../../core/errors.ts';
import { canonicalJson, isObject } from '../../core/json.ts';
import { differences } from '../../core/json-diff.ts';
import { describeRef } from '../../core/ref.ts';
import type { Trusted } from '../../core/trusted-text.ts';
import { mergePatch } from '../../kubernetes/merge-patch.ts';
import { type KubeObject, refOf } from '../../kubernetes/object.ts';
import { comparable, volatilePaths } from './comparable.ts';
import { appliedOf } from './k8s-apply.ts';
import type { Applied, ChangeKind, Prospect } from './kind.ts';
import { takenBackBy } from './takes-back.ts';
import { waitHealthy } from './wait-healthy.ts';
import { invertUpdate, stillHas } from './way-back-patch.ts';

/** JSON merge patch of one object that exists. */
export const k8sPatch: ChangeKind<K8sPatch> = {
  name: 'k8s-patch',
  idempotent: true,

  async preview(change, { reader, previewer }): Promise<Prospect> {
    const live = await reader.get(change.target);
    refuseOther(change, live);
    const before = comparable(live);
    if (change.expect !== undefined && !stillHas(before, change.expect)) throw movedSince(change, before);
    const request = { target: change.target, patch: change.patch, ...subresourceOf(change) };
    const [first, second] = await Promise.all([previewer.patch(request), previewer.patch(request)]);
    const after = afterOf(change, before, first.object);
    const same = canonicalJson(before) === canonicalJson(after);
    const back = invertUpdate({ target: change.target, uid: change.uid, before, after });
    return {
      change,
      operation: same ? 'none' : 'update',
      target: refOf(live),
      uid: change.uid,
      ...(live.metadata.resourceVersion === undefined
        ? {}
        : { resourceVersion: live.metadata.resourceVersion }),
      before,
      after,
      volatile: volatilePaths(after, afterOf(change, before, second.object)),
      warnings: same ? [] : await takenBackBy(live, { before, after, reader }),
      alongside: [],
      undo: Array.isArray(back) ? { possible: true } : { possible: false, why: back.irreversible },
      serverChecked: first.checked,
    };
  },

  async apply(change, { writer }, writing): Promise<Applied> {
    await writing.beforeWrite();
    const { preview } = writing;
    const written = await writer.patch({
      target: change.target,
      patch: change.patch,
      uid: change.uid,
      resourceVersion: preview.resourceVersion ?? '',
      ...subresourceOf(change),
    });
    if (change.subresource === undefined) return appliedOf(written);
    const { resourceVersion } = written.metadata;
    return { uid: change.uid, ...(resourceVersion === undefined ? {} : { resourceVersion }) };
  },

  async observe(change, { reader }) {
    const live = await reader.find(change.target);
    if (live === undefined || live.metadata.uid !== change.uid) return false;
    const now = comparable(live);
    return canonicalJson(mergePatch(now, change.patch)) === canonicalJson(now);
  },

  verify: (change, reader, waiting) =>
    waitHealthy(change.target, reader, { ...waiting, startsPods: startsPods(change) }),

  invert(change, preview, applied): Change[] | { irreversible: Trusted } {
    const back = invertUpdate({
      target: preview.target,
      uid: change.uid,
      before: preview.before,
      after: applied?.after ?? preview.after,
    });
    return back;
  },
};

function subresourceOf(change: K8sPatch): { subresource?: 'scale' } {
  return change.subresource === undefined ? {} : { subresource: change.subresource };
}

// A scale patch answers with a Scale object: its effect on the target itself is the same merge.
function afterOf(
  change: K8sPatch,
  before: ReturnType<typeof comparable>,
  tried: KubeObject | undefined,
): ReturnType<typeof comparable> {
  if (tried !== undefined && change.subresource === undefined) return comparable(tried);
  const merged = mergePatch(before, change.patch);
  return comparable(merged as KubeObject);
}

function refuseOther(change: K8sPatch, live: KubeObject): void {
  if (live.metadata.uid === change.uid) return;
  throw new VigieError(
    'CONFLICT',
    `${describeRef(change.target)} was deleted and created anew since it was read.`,
    {
      hint: 'Read it again and ask for the change anew.',
    },
  );
}

function movedSince(change: K8sPatch, now: ReturnType<typeof comparable>): VigieError {
  const places = differences(change.expect, now)
    .filter(({ before }) => before !== undefined)
    .map(({ path }) => path)
    .slice(0, 5);
  return new VigieError(
    'CONFLICT',
    `${describeRef(change.target)} has moved since: ${places.join(', ')} no longer holds what the change had set.`,
    {
      hint: 'Look at it with k8s_get; then set the wanted values with k8s_apply or k8s_scale.',
      details: { fields: places },
    },
  );
}

/** Whether the patch makes new pods, whose trouble is then its own. */
function startsPods(change: K8sPatch): boolean {
  const spec = change.patch['spec'];
  return isObject(spec) && 'template' in spec;
}
