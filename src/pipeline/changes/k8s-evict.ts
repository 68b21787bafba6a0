import type { KubePreviewer } from '../../clients/kube/previewer.ts';
import type { Change, K8sEvict } from '../../core/change.ts';
import { VigieError } from '../../core/errors.ts';
import { describeRef } from '../../core/ref.ts';
import { joined, type Trusted, trusted } from '../../core/trusted-text.ts';
import { comparable } from './comparable.ts';
import type { ChangeKind, Prospect } from './kind.ts';
import { lookUntil } from './look-until.ts';
import { replacementsOf } from './replacements.ts';

/** Evicts one pod from a node that is drained. A pod that is gone by then is what was wanted. */
export const k8sEvict: ChangeKind<K8sEvict> = {
  name: 'k8s-evict',
  idempotent: true,
  deed: 'evict',
  stands: {
    halfway: trusted`once a pod is evicted the node stays cordoned, and what was evicted stays where its controller made it again; before that the node is taken back`,
    next({ node }, { environment, input }) {
      const drain = [
        trusted`vigie k8s node drain ${node} -e ${environment}`,
        ...(input['force'] === true ? [trusted`--force`] : []),
        ...(input['deleteLocalData'] === true ? [trusted`--delete-local-data`] : []),
        trusted`goes on with the pods that are left`,
      ];
      const open = trusted`vigie k8s node uncordon ${node} -e ${environment} lets pods come back`;
      return joined([joined(drain, ' '), open], '; ');
    },
  },

  listed: {
    all: count => `evict ${count} pods`,
    head({ target, controller }) {
      if (controller === undefined) return `evict pods of no controller in ${target.namespace ?? ''}:`;
      return `evict pods of ${describeRef(controller.target)}:`;
    },
  },

  // A drain has a hundred of them, and says it once.
  alwaysGrave: () => 'evicts pods',

  async preview(change, { reader, previewer }): Promise<Prospect> {
    const live = await reader.find(change.target);
    const same = live !== undefined && live.metadata.uid === change.uid;
    return {
      change,
      operation: 'delete',
      target: change.target,
      uid: change.uid,
      // Without the spec, which nobody looks at here: a plan may hold hundreds.
      ...(same ? { before: comparable({ ...live, spec: {} }) } : {}),
      volatile: [],
      warnings: same ? [] : [`${describeRef(change.target)} is gone already.`],
      alongside: [],
      undo: undoOf(change),
      serverChecked: same ? await tried(previewer, change) : true,
    };
  },

  async apply({ target, uid }, { writer }, writing) {
    await writing.beforeWrite();
    try {
      await writer.evict({ target, uid });
    } catch (error) {
      if (!isGone(error)) throw error;
    }
    return {};
  },

  async observe({ target, uid }, { reader }) {
    const live = await reader.find(target);
    return live === undefined || live.metadata.uid !== uid || live.metadata.deletionTimestamp !== undefined;
  },

  // That the pods are gone from the node is seen with the node itself.
  async verify({ target, node, controller }, { reader }, waiting) {
    if (controller === undefined)
      return { state: 'verified', evidence: [`${describeRef(target)} was evicted; nothing makes it again.`] };
    return lookUntil(waiting, async () => {
      const { state, line } = await replacementsOf(reader, { controller, node, patience: waiting.patience });
      if (state === 'ready') return { state: 'verified', evidence: [line] };
      if (state === 'lost') return { state: 'unverified', evidence: [line] };
      return { saying: line, late: async () => [line] };
    });
  },

  invert(change): Change[] | { irreversible: Trusted } {
    const undo = undoOf(change);
    return undo.possible ? [] : { irreversible: undo.why };
  },
};

/** What its controller makes again elsewhere needs no way back. */
function undoOf({ controller }: K8sEvict): Prospect['undo'] {
  return controller === undefined
    ? { possible: false, why: trusted`nothing makes a pod without a controller again` }
    : { possible: true };
}

/** A budget that does not allow it now may allow it in its turn; the drain says how that stands. */
async function tried(previewer: KubePreviewer, { target, uid }: K8sEvict): Promise<true | string> {
  try {
    return (await previewer.evict({ target, uid })).checked;
  } catch (error) {
    if (isGone(error) || (error instanceof VigieError && error.code === 'BLOCKED_BY_BUDGET')) return true;
    throw error;
  }
}

/** It is gone, another one has its name, or its namespace is being deleted and takes it along. */
function isGone(error: unknown): boolean {
  if (!(error instanceof VigieError)) return false;
  const { code, details } = error;
  return (
    code === 'NOT_FOUND' ||
    (code === 'CONFLICT' && details['cause'] === 'replaced') ||
    (code === 'FORBIDDEN' && details['terminating'] === true)
  );
}
