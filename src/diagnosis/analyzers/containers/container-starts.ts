import { isObject, memberOf, textOf } from '../../../core/json.ts';
import { lastSeenMs } from '../../../kubernetes/event-times.ts';
import { refOf } from '../../../kubernetes/object.ts';
import { sinceMs } from '../../ages.ts';
import { type Draft, defineAnalyzer } from '../../analyzer.ts';
import { hookFailure } from '../../containers/hook-failure.ts';
import {
  type Declared,
  declaredIn,
  type Instance,
  instancesOf,
  isWanted,
} from '../../containers/instances.ts';
import { causeOfLack } from '../../containers/missing-object.ts';
import { isAbout } from '../../containers/probe-kills.ts';
import { coreOf, type StartCause, sandboxCause, startCause } from '../../containers/start-cause.ts';
import { type StartCode, textOfStart } from '../../containers/start-text.ts';
import { quoteEvent, quoteField } from '../../evidence.ts';
import { type PodSet, podSetKinds } from '../../pod-sets.ts';
import type { Snapshot } from '../../snapshot.ts';
import { harmTo } from '../../workloads/harm.ts';
import { wayBack } from '../../workloads/roll-back.ts';

/** The network of a node that comes up fails its first pods. */
const sandboxMs = 60_000;
/** A kubelet tries again every few seconds: an older word is of a fault that has passed. */
const recentMs = 600_000;

/** Containers that cannot be started, whatever is in them. */
export const containerStartsAnalyzer = defineAnalyzer({
  id: 'container-starts',
  needs: [...podSetKinds, 'Event', 'Node', 'RuntimeClass', 'ControllerRevision'],
  codes: {
    COMMAND_CANNOT_RUN: {
      row: 'container-start',
      means: 'The command of a container is not in its image, or cannot be executed.',
      decided: 'The runtime tells so: "executable file not found", "no such file", "permission denied".',
      fixed: 'The right command: the revision before, where that runs.',
    },
    RUNS_AS_ROOT: {
      row: 'container-start',
      means: 'A container must not run as root, and its image or user would.',
      decided: 'The kubelet tells so, or runAsUser is 0 beside runAsNonRoot: from the spec, without a pod.',
      fixed: 'A runAsUser above 0 that the image can work with, or an image with a user of its own.',
    },
    CONTAINER_CANNOT_START: {
      row: 'container-start',
      means: 'The runtime of a node cannot start a container: its folder, a mount, a security profile.',
      decided:
        'The container waits with RunContainerError or CreateContainerError, or ended with StartError, for a reason other than those above.',
      fixed: 'What the message complains about.',
    },
    HOOK_FAILED: {
      row: 'container-start',
      means: 'What a container is to do right after its start fails, and it is killed for it.',
      decided: 'An event FailedPostStartHook within ten minutes, of a container that is not ready.',
      fixed: 'The command or address of lifecycle.postStart.',
    },
    SANDBOX_FAILED: {
      row: 'container-start',
      means: 'A node cannot make the sandbox of a pod: its network, its addresses, its runtime.',
      decided:
        'Events FailedCreatePodSandBox for over a minute, of a pod none of whose containers has started.',
      fixed: 'The network plugin or runtime of the node.',
    },
    RUNTIME_CLASS_MISSING: {
      row: 'container-start',
      means: 'Pods name a runtime class that does not exist; the server refuses to make them.',
      decided: 'RuntimeClasses were read and the name is not among them: from the spec, without a pod.',
      fixed: 'The right class, or none.',
    },
  },

  analyze(snapshot) {
    return [
      ...snapshot.podSets.flatMap(set => (isWanted(set) ? (draftFor(set, snapshot) ?? []) : [])),
      ...missingClasses(snapshot),
    ];
  },
});

interface Trouble {
  declared: Declared;
  cause: StartCause;
  reason: string;
  message: string;
}

function draftFor(set: PodSet, snapshot: Snapshot): Draft<StartCode> | undefined {
  const instances = instancesOf(set, snapshot);
  for (const instance of instances) {
    const trouble = troubleOf(instance, snapshot);
    if (trouble !== undefined) return startDraft(trouble, { set, snapshot });
  }
  return sandboxDraft(set, snapshot) ?? rootDraft(set, snapshot);
}

const failing = new Set([
  'RunContainerError',
  'CreateContainerError',
  'CreateContainerConfigError',
  'StartError',
  'PreCreateHookError',
  'PostStartHookError',
]);
const neverStarted = new Set(['StartError', 'ContainerCannotRun']);

function troubleOf(instance: Instance, snapshot: Snapshot): Trouble | undefined {
  const { state, lastState } = instance.status;
  const waiting = state?.waiting;
  const end = state?.terminated ?? lastState?.terminated;
  const isHeld = failing.has(waiting?.reason ?? '');
  const isEnded = state?.running === undefined && neverStarted.has(end?.reason ?? '');
  if (!isHeld && !isEnded) return hookTrouble(instance, snapshot);
  const said = (isHeld ? waiting?.message : undefined) || end?.message || eventText(instance, snapshot);
  const cause = startCause(said ?? '');
  // What is missing is told of what is missing; a limit too low to start in, of the limit.
  if (cause === 'config' || cause === 'memory') return undefined;
  return {
    declared: instance,
    cause,
    reason: (isHeld ? waiting?.reason : end?.reason) ?? '',
    message: said ?? '',
  };
}

function eventText(instance: Instance, snapshot: Snapshot): string | undefined {
  return snapshot
    .eventsFor(refOf(instance.pod))
    .find(
      event =>
        event.reason === 'Failed' &&
        event.message?.startsWith('Error: ') === true &&
        isAbout(event, instance),
    )?.message;
}

function hookTrouble(instance: Instance, snapshot: Snapshot): Trouble | undefined {
  if (instance.status.ready) return undefined;
  const told = hookFailure(instance, snapshot);
  return told === undefined
    ? undefined
    : { declared: instance, cause: 'hook', reason: 'FailedPostStartHook', message: told.message ?? '' };
}

function startDraft(
  { declared, cause, reason, message }: Trouble,
  { set, snapshot }: { set: PodSet; snapshot: Snapshot },
): Draft<StartCode> {
  const { container, at } = declared;
  const { code, summary, field, question } = textOfStart(cause, container.name);
  const fixes = wayBack(set.object, { snapshot, without: () => true });
  const fields: unknown = container;
  const written = field !== undefined && isObject(fields) ? fields[field] : undefined;
  return {
    code,
    severity: harmTo(set),
    object: refOf(set.object),
    summary,
    evidence: [
      ...(written === undefined ? [] : [quoteField(`${at}.${field ?? ''}`, written)]),
      quoteEvent({ reason, message: coreOf(message) }),
      ...(cause === 'platform' ? processorOf(declared, snapshot) : []),
    ],
    confidence: 'certain',
    fixes,
    ...(fixes.length > 0 ? {} : { question }),
    depth: 2,
  };
}

/** Of the node that it was tried on, where that was read. */
function processorOf(declared: Declared | Instance, snapshot: Snapshot): string[] {
  const name = 'pod' in declared ? (declared.pod.spec.nodeName ?? '') : '';
  const architecture = snapshot.find('Node', { name })?.status?.nodeInfo?.architecture;
  return architecture === undefined
    ? []
    : [quoteField(`Node/${name} status.nodeInfo.architecture`, architecture)];
}

/** Before any kubelet has said it: what the spec itself forbids. */
function rootDraft(set: PodSet, snapshot: Snapshot): Draft<StartCode> | undefined {
  const pod = memberOf(set.spec, 'securityContext');
  const wrong = declaredIn(set.spec, set.at).find(({ container }) => {
    const own = memberOf(container, 'securityContext');
    return (
      (own?.['runAsNonRoot'] ?? pod?.['runAsNonRoot']) === true &&
      (own?.['runAsUser'] ?? pod?.['runAsUser']) === 0
    );
  });
  if (wrong === undefined) return undefined;
  const { code, summary, question } = textOfStart('root', wrong.container.name);
  const fixes = wayBack(set.object, { snapshot, without: () => true });
  const shown = memberOf(wrong.container, 'securityContext');
  return {
    code,
    severity: harmTo(set),
    object: refOf(set.object),
    summary,
    evidence: [
      shown === undefined
        ? quoteField(`${set.at}.securityContext`, pod)
        : quoteField(`${wrong.at}.securityContext`, shown),
    ],
    confidence: 'certain',
    fixes,
    ...(fixes.length > 0 ? {} : { question }),
    depth: 2,
  };
}

function sandboxDraft(set: PodSet, snapshot: Snapshot): Draft<StartCode> | undefined {
  for (const pod of set.pods) {
    if (pod.metadata.deletionTimestamp !== undefined || pod.status?.phase !== 'Pending') continue;
    const begun = (pod.status.containerStatuses ?? []).some(({ containerID = '' }) => containerID !== '');
    const ageMs = sinceMs(snapshot, pod.metadata.creationTimestamp) ?? Number.POSITIVE_INFINITY;
    if (begun || ageMs < sandboxMs) continue;
    const told = snapshot
      .eventsFor(refOf(pod))
      .find(
        event => event.reason === 'FailedCreatePodSandBox' && snapshot.nowMs - lastSeenMs(event) < recentMs,
      );
    if (told === undefined) continue;
    const cause = sandboxCause(told.message ?? '');
    return {
      code: 'SANDBOX_FAILED',
      severity: harmTo(set),
      object: refOf(set.object),
      summary: `its pods are not set up: ${cause}`,
      evidence: [quoteField(`Pod/${pod.metadata.name} spec.nodeName`, pod.spec.nodeName), quoteEvent(told)],
      confidence: 'certain',
      fixes: [],
      question: `What does ${pod.spec.nodeName ?? 'its node'} lack, or which of its services (runtime, network plugin) is not well?`,
      dependsOn: [{ kind: 'Node', name: pod.spec.nodeName ?? '' }],
      depth: 1,
    };
  }
  return undefined;
}

function missingClasses(snapshot: Snapshot): Draft<StartCode>[] {
  const users = Map.groupBy(snapshot.podSets.filter(isWanted), ({ spec }) =>
    textOf(spec, 'runtimeClassName'),
  );
  return [...users].flatMap(([name, sets]): Draft<StartCode>[] => {
    const object = { kind: 'RuntimeClass', name };
    const [first] = sets;
    if (name === '' || first === undefined || !snapshot.lacks(object)) return [];
    const named = snapshot.list('RuntimeClass').map(({ metadata }) => metadata.name);
    return [
      {
        code: 'RUNTIME_CLASS_MISSING',
        severity: harmTo(...sets),
        object: causeOfLack(object, refOf(first.object)),
        summary: `runtime class ${name} does not exist, and ${first.object.kind}/${first.object.metadata.name} gets no pods without it`,
        evidence: [
          quoteField(`${first.object.kind}/${first.object.metadata.name} ${first.at}.runtimeClassName`, name),
          quoteField('runtime classes', named.slice(0, 8).join(', ') || 'none'),
        ],
        confidence: 'certain',
        fixes:
          sets.length === 1
            ? wayBack(first.object, { snapshot, without: spec => textOf(spec, 'runtimeClassName') !== name })
            : [],
        question: `Which runtime class is meant, or which handler should ${name} have?`,
        breaks: sets.map(set => refOf(set.object)),
        depth: 2,
      },
    ];
  });
}
