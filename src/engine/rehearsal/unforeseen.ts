import type { Ref } from '../../core/ref.ts';
import type { RehearsedStep } from '../../core/rehearsal.ts';
import { isKnownKind } from '../../kubernetes/kinds.ts';
import type { AskedInVain } from '../asked-in-vain.ts';
import { named } from './named.ts';
import type { PodCount } from './pod-count.ts';

/** What a rehearsal cannot say, as far as it matters for what was done in it; a sentence each. */
export function unforeseenOf({
  steps,
  targets,
  pods,
  hasVolumes,
  isNarrow,
  isKilled,
  unasked,
  vain,
}: {
  steps: readonly RehearsedStep[];
  /** What was changed. */
  targets: readonly Ref[];
  pods: PodCount;
  /** Whether the copy has claims of volumes. */
  hasVolumes: boolean;
  /** Whether there are namespaces that the environment does not see. */
  isNarrow: boolean;
  /** Whether the kill switch is on where it was copied from. */
  isKilled: boolean;
  /** Writes of which nobody said whether the account may make them. */
  unasked: readonly string[];
  /** Approvals that too few could give, and whose steps are left out then. */
  vain: readonly AskedInVain[];
}): string[] {
  const blind = steps.filter(({ status }) => status === 'not_rehearsed').map(({ path }) => path);
  const kinds = new Set(targets.map(({ kind }) => kind));
  const foreign = [...kinds].filter(kind => !isKnownKind(kind));
  const changes = targets.length > 0;
  const moves = pods.ended + pods.made > 0;
  const programs = [...kinds].filter(kind => kind === 'Job' || kind === 'CronJob');
  return [
    ...(changes && isKilled
      ? ['When the kill switch is off again: it is on, and until then every change is denied.']
      : []),
    ...(blind.length === 0
      ? []
      : [
          `What ${named(blind)} would come to: the copy has nothing to answer, and each counts as well ended.`,
        ]),
    ...(steps.some(({ what }) => what === 'changes_list' || what === 'changes_get')
      ? ['What was changed before: the copy begins without a record of changes.']
      : []),
    ...(pods.newImages.length === 0
      ? []
      : [
          `Whether ${named(pods.newImages)} can be pulled and runs: in the copy every image that is new does.`,
        ]),
    ...(programs.length === 0 ? [] : ['What the program of a job does: in the copy it ends well.']),
    ...(foreign.length === 0 ? [] : [`What the controllers of ${named(foreign)} do: the copy has none.`]),
    ...(unasked.length === 0
      ? []
      : [`Whether the cluster lets Vigie's account ${named(unasked)}: it could not be asked.`]),
    ...(changes ? ['What admission webhooks of the cluster would say: only its own server asks them.'] : []),
    ...(moves ? ['How traffic fares while pods come and go: in the copy there is none.'] : []),
    ...(moves && hasVolumes ? ['What volumes hold: the copy has claims, and no data.'] : []),
    ...(moves && isNarrow
      ? ['How much room pods of other namespaces leave on the nodes: the environment does not see them.']
      : []),
    ...vain.map(({ step, why }) => `What is left out behind ${step}, at which nobody agrees: ${why}.`),
    ...(steps.some(({ change }) => change?.asks !== undefined)
      ? ['When people answer: in the copy they agree at once.']
      : []),
  ];
}
