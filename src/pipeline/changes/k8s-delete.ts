import type { KubeReader } from '../../clients/kube/reader.ts';
import type { Change, K8sDelete } from '../../core/change.ts';
import { VigieError } from '../../core/errors.ts';
import { describeRef } from '../../core/ref.ts';
import { type Trusted, trusted } from '../../core/trusted-text.ts';
import { type KubeObject, refOf } from '../../kubernetes/object.ts';
import { controllerOf } from '../../kubernetes/owners.ts';
import { comparable } from './comparable.ts';
import { goesWith } from './goes-with.ts';
import type { ChangeKind, Prospect } from './kind.ts';
import { lookUntil } from './look-until.ts';
import { takenBackBy } from './takes-back.ts';

/** Deletes one object, with what the garbage collector takes along. */
export const k8sDelete: ChangeKind<K8sDelete> = {
  name: 'k8s-delete',
  idempotent: true,

  async preview(change, { reader, previewer }): Promise<Prospect> {
    const live = await reader.get(change.target);
    if (live.metadata.uid !== change.uid)
      throw new VigieError(
        'CONFLICT',
        `${describeRef(change.target)} was deleted and created anew since it was read.`,
        {
          hint: 'Read it again and ask for the change anew.',
        },
      );
    const tried = await previewer.delete({
      target: change.target,
      uid: change.uid,
      propagation: change.propagation,
      ...graceOf(change),
    });
    const before = comparable(live);
    const why = lossOf(live);
    const owner = await takenBackBy(live, { before, after: undefined, reader });
    const finalizers = live.metadata.finalizers ?? [];
    const held =
      finalizers.length === 0
        ? []
        : [`Finalizers hold it until their controllers are done: ${finalizers.join(', ')}.`];
    const going =
      change.propagation === 'Orphan' ? { along: [], warnings: [] } : await goesWith(live, reader);
    return {
      change,
      operation: 'delete',
      target: refOf(live),
      uid: change.uid,
      ...(live.metadata.resourceVersion === undefined
        ? {}
        : { resourceVersion: live.metadata.resourceVersion }),
      before,
      volatile: [],
      warnings: [...owner, ...held, ...going.warnings],
      alongside: going.along,
      undo: why === undefined ? { possible: true } : { possible: false, why },
      serverChecked: tried.checked,
    };
  },

  async apply(change, { writer }, writing) {
    await writing.beforeWrite();
    const { preview } = writing;
    await writer.delete({
      target: change.target,
      uid: change.uid,
      propagation: change.propagation,
      ...(preview.resourceVersion === undefined ? {} : { resourceVersion: preview.resourceVersion }),
      ...graceOf(change),
    });
    return {};
  },

  async observe(change, { reader }) {
    const live = await found(change, reader);
    return live === undefined || live.metadata.uid !== change.uid;
  },

  verify: (change, { reader }, waiting) =>
    lookUntil(waiting, async () => {
      const live = await found(change, reader);
      if (live === undefined || live.metadata.uid !== change.uid)
        return { state: 'verified', evidence: [`${describeRef(change.target)} is gone.`] };
      const held = live.metadata.finalizers ?? [];
      const evidence = `${describeRef(change.target)} is still there${held.length === 0 ? ', terminating' : `: held by ${held.join(', ')}`}.`;
      return { saying: evidence, late: async () => [evidence] };
    }),

  invert(_change, preview): Change[] | { irreversible: Trusted } {
    if (!preview.undo.possible) return { irreversible: preview.undo.why };
    const { before } = preview;
    if (before === undefined) return { irreversible: trusted`nothing is known of the deleted object` };
    return [{ kind: 'k8s-apply', target: preview.target, manifest: before, force: false, mustCreate: true }];
  },
};

/** The object as it stands; a kind that went with its definition has no objects left. */
async function found({ target }: K8sDelete, reader: KubeReader): Promise<KubeObject | undefined> {
  try {
    return await reader.find(target);
  } catch (error) {
    if (error instanceof VigieError && error.code === 'UNKNOWN_KIND') return undefined;
    throw error;
  }
}

function graceOf(change: K8sDelete): { gracePeriodSeconds?: number } {
  return change.gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds: change.gracePeriodSeconds };
}

/** Why a deleted object cannot be brought back by creating it again; undefined when it can. */
function lossOf(live: KubeObject): Trusted | undefined {
  const owner = controllerOf(live);
  if (owner !== undefined)
    return trusted`${owner.kind}/${owner.name} makes another one in its place by itself`;
  switch (live.kind) {
    case 'Secret':
      return trusted`the values of a Secret are never kept`;
    case 'Namespace':
      return trusted`everything in the namespace is deleted with it`;
    case 'PersistentVolumeClaim':
    case 'PersistentVolume':
      return trusted`the data on the volume may be deleted with it`;
    case 'CustomResourceDefinition':
      return trusted`all objects of its kind are deleted with it`;
    case 'Node':
      return trusted`a node registers itself`;
    case 'Pod':
      return trusted`a pod without a controller loses its state and its place`;
    default:
      return undefined;
  }
}
