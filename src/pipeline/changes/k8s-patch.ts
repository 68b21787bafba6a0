import type { PatchInput } from '../../clients/kube/changes.ts';
import type { KubePreviewer } from '../../clients/kube/previewer.ts';
import type { Change, K8sPatch } from '../../core/change.ts';
import { VigieError } from '../../core/errors.ts';
import { canonicalJson, type JsonObject } from '../../core/json.ts';
import { differences } from '../../core/json-diff.ts';
import { describeRef } from '../../core/ref.ts';
import type { Trusted } from '../../core/trusted-text.ts';
import { type KubeObject, refOf } from '../../kubernetes/object.ts';
import { isAboutForm } from './about-form.ts';
import { comparable, volatilePaths } from './comparable.ts';
import { appliedOf } from './k8s-apply.ts';
import type { Applied, ChangeKind, Prospect } from './kind.ts';
import { isPatched, patchedLocally, withOthersSaid } from './patched.ts';
import { takenBackBy } from './takes-back.ts';
import { waitHealthy } from './wait-healthy.ts';
import { invertUpdate, stillHas } from './way-back-patch.ts';

/** Patch of one object that exists. */
export const k8sPatch: ChangeKind<K8sPatch> = {
  name: 'k8s-patch',
  idempotent: true,

  async preview(change, { reader, previewer }): Promise<Prospect> {
    const live = await reader.get(change.target);
    refuseOther(change, live);
    const before = comparable(live);
    if (change.expect !== undefined && !stillHas(before, change.expect)) throw movedSince(change, before);
    const told = await triedWithOthers(previewer, { change, before });
    const request = requestOf(change);
    const [first, second] = await Promise.all([previewer.patch(request), previewer.patch(request)]);
    const after = afterOf(change, before, first.object);
    const shown = told ?? after;
    const same = canonicalJson(before) === canonicalJson(shown);
    const back = invertUpdate({ target: change.target, uid: change.uid, before, after: shown });
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
      ...(told === undefined ? {} : { told }),
      volatile: volatilePaths(after, afterOf(change, before, second.object)),
      warnings: same ? [] : await takenBackBy(live, { before, after: shown, reader }),
      alongside: [],
      undo: Array.isArray(back) ? { possible: true } : { possible: false, why: back.irreversible },
      serverChecked: first.checked,
    };
  },

  async apply(change, { writer }, writing): Promise<Applied> {
    await writing.beforeWrite();
    const { preview } = writing;
    const written = await writer.patch({
      ...requestOf(change),
      uid: change.uid,
      resourceVersion: preview.resourceVersion ?? '',
    });
    if (change.subresource === undefined) return appliedOf(written);
    const { resourceVersion } = written.metadata;
    return { uid: change.uid, ...(resourceVersion === undefined ? {} : { resourceVersion }) };
  },

  async observe(change, { reader }) {
    const live = await reader.find(change.target);
    if (live === undefined || live.metadata.uid !== change.uid) return false;
    return isPatched(comparable(live), change);
  },

  verify: (change, { reader }, waiting) => waitHealthy(change.target, reader, waiting),

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

function requestOf({ target, patch, type, subresource }: K8sPatch): PatchInput {
  return {
    target,
    patch,
    ...(type === undefined ? {} : { type }),
    ...(subresource === undefined ? {} : { subresource }),
  };
}

/**
 * What a patch with other values in the places of secrets would leave; undefined where the caller set none. Asked first,
 * as with an apply: an immutable field is found whether or not the value that was sent is the right one.
 */
async function triedWithOthers(
  previewer: KubePreviewer,
  { change, before }: { change: K8sPatch; before: JsonObject },
): Promise<JsonObject | undefined> {
  const other = withOthersSaid(change);
  if (other === undefined) return undefined;
  try {
    const { object } = await previewer.patch(requestOf(other));
    return afterOf(other, before, object);
  } catch (error) {
    const telling = error instanceof VigieError && ['CONFLICT', 'REJECTED_BY_SERVER'].includes(error.code);
    if (telling && !isAboutForm(error)) throw error;
    // A webhook or a schema that looks into values says more of those that were sent.
    return afterOf(other, before, undefined);
  }
}

// A scale patch answers with a Scale object: its effect on the target itself is the same merge.
function afterOf(
  change: K8sPatch,
  before: ReturnType<typeof comparable>,
  tried: KubeObject | undefined,
): ReturnType<typeof comparable> {
  if (tried !== undefined && change.subresource === undefined) return comparable(tried);
  return comparable(patchedLocally(before, change));
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
      hint: 'Look at it with k8s_get; then set the wanted values with k8s_apply, k8s_patch or k8s_scale.',
      details: { fields: places },
    },
  );
}
