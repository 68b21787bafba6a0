import { describeRef } from '../../../core/ref.ts';
import { refOf } from '../../../kubernetes/object.ts';
import { type Draft, defineAnalyzer } from '../../analyzer.ts';
import { isWanted } from '../../containers/instances.ts';
import { quoteEvent } from '../../evidence.ts';
import type { PodSet } from '../../pod-sets.ts';
import type { Snapshot } from '../../snapshot.ts';
import { accountOf, borneOut, builtInClasses, defaultAccount } from '../../workloads/borne-out.ts';
import { readRefusal } from '../../workloads/creation-refusal.ts';
import { refusalOf } from '../../workloads/foreseen-refusal.ts';
import { draftOf, type RefusalCode } from '../../workloads/refusal-text.ts';
import { lacksPods, refusalTo } from '../../workloads/refused-pods.ts';

/** Pods that a server refuses to make, and specs that it would refuse. */
export const refusedPodsAnalyzer = defineAnalyzer({
  id: 'refused-pods',
  needs: [
    'Deployment',
    'ReplicaSet',
    'StatefulSet',
    'DaemonSet',
    'Job',
    'CronJob',
    'Event',
    'ControllerRevision',
    'ResourceQuota',
    'LimitRange',
    'Namespace',
    'ServiceAccount',
    'PriorityClass',
  ],
  codes: {
    QUOTA_EXCEEDED: {
      row: 'creation-refused',
      means: 'A quota has no room for the pods of a workload.',
      decided:
        'The server says "exceeded quota", or a single pod asks for more than the whole quota. One finding a quota, whatever it refuses.',
      fixed: 'A larger quota, smaller requests, or something else that ends.',
    },
    QUOTA_NEEDS_AMOUNTS: {
      row: 'creation-refused',
      means: 'A quota counts what pods ask for, and the pods of a workload do not say it.',
      decided:
        'The server says "must specify", or containers name no amount of what a quota limits and no limit range gives one.',
      fixed: 'Requests and limits in the template, or a LimitRange with defaults.',
    },
    LIMIT_RANGE_BROKEN: {
      row: 'creation-refused',
      means: 'The pods of a workload lie outside of a limit range.',
      decided:
        'The server says so, or the amounts of the template break the minimum, maximum or ratio of a LimitRange.',
      fixed: 'Amounts within the range; the revision before, where it fits.',
    },
    POD_SECURITY_BROKEN: {
      row: 'creation-refused',
      means: 'The pods of a workload break the Pod Security Standard that their namespace enforces.',
      decided: 'The server says so, or the template breaks the enforced level and has no pods.',
      fixed: 'The fields that are named; the revision before, where it fits.',
    },
    SERVICE_ACCOUNT_MISSING: {
      row: 'creation-refused',
      means: 'A workload runs as a service account that does not exist.',
      decided:
        'The accounts of the namespace were read and it is not among them, or the server says so of the very account that the template names.',
      fixed: 'The revision before, where that runs; its right name, where just one is near; or the account.',
    },
    PRIORITY_CLASS_MISSING: {
      row: 'creation-refused',
      means: 'A workload names a priority class that does not exist.',
      decided: 'The classes were read and it is not among them, or the server says so.',
      fixed: 'The revision before, where that runs; the class, or another name.',
    },
    WEBHOOK_STOPS_PODS: {
      row: 'creation-refused',
      means: 'An admission webhook that has to be asked does not answer, so that no pods are made.',
      decided: 'The server says "failed calling webhook". Folds under a webhook without a backend.',
      fixed: 'Its backend, or failurePolicy Ignore.',
    },
    POD_REFUSED: {
      row: 'creation-refused',
      means: 'The server refuses the pods of a workload for another reason, such as a policy.',
      decided: 'ReplicaFailure, or a current FailedCreate of a workload that lacks pods.',
      fixed: 'What the message names.',
    },
  },

  analyze(snapshot) {
    const drafts = snapshot.podSets.flatMap(set => {
      const said = refusalTo(set, snapshot);
      const told = said === undefined ? undefined : toldBy(said, { set, snapshot });
      const found = told ?? foreseen(set, snapshot);
      return found === undefined ? [] : [{ ...answered(found), breaks: [refOf(set.object)] }];
    });
    return merged(drafts);
  },
});

/** What has a fix asks nothing. */
function answered({ question, ...draft }: Draft<RefusalCode>): Draft<RefusalCode> {
  return draft.fixes.length > 0 || question === undefined ? draft : { ...draft, question };
}

/** From the server's own words, where the objects bear them out. */
function toldBy(
  message: string,
  around: { set: PodSet; snapshot: Snapshot },
): Draft<RefusalCode> | undefined {
  const refusal = borneOut(readRefusal(message), { message, ...around });
  const evidence = quoteEvent({ reason: 'FailedCreate', message });
  return refusal === undefined ? undefined : draftOf(refusal, { ...around, evidence });
}

/** From the spec alone. */
function foreseen(set: PodSet, snapshot: Snapshot): Draft<RefusalCode> | undefined {
  if (!isWanted(set)) return undefined;
  const { spec, namespace, object } = set;
  const around = { set, snapshot };
  const account = accountOf(spec);
  if (account !== defaultAccount && snapshot.lacks({ kind: 'ServiceAccount', name: account, namespace }))
    return draftOf({ by: 'account', account }, around);
  const { priorityClassName: name = '' } = spec;
  if (name !== '' && !builtInClasses.has(name) && snapshot.lacks({ kind: 'PriorityClass', name }))
    return draftOf({ by: 'priority', name }, around);
  // What pods of a workload that has some would be told is of no use: they were let in.
  const refusal = set.pods.length > 0 || !lacksPods(object, set) ? undefined : refusalOf(set, snapshot);
  return refusal === undefined ? undefined : draftOf(refusal, around);
}

/** One finding a cause, with all that it keeps from running. */
function merged(drafts: readonly Draft<RefusalCode>[]): Draft<RefusalCode>[] {
  const groups = Map.groupBy(drafts, ({ code, object }) => `${code} ${describeRef(object)} ${object.kind}`);
  return [...groups.values()].flatMap(group => {
    const first = group.find(({ severity }) => severity === 'critical') ?? group[0];
    if (first === undefined) return [];
    const breaks = group.flatMap(each => each.breaks ?? []);
    const more = group.length > 1 ? ` and ${group.length - 1} more` : '';
    return [{ ...first, summary: `${first.summary}${more}`, breaks }];
  });
}
