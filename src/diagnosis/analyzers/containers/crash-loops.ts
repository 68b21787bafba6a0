import { describeRef } from '../../../core/ref.ts';
import { refOf } from '../../../kubernetes/object.ts';
import { type Draft, defineAnalyzer } from '../../analyzer.ts';
import { type CrashCode, isPanic, textOfEnd } from '../../containers/crash-text.ts';
import { hookFailure } from '../../containers/hook-failure.ts';
import { type Instance, instancesOf, isWanted } from '../../containers/instances.ts';
import { type LastWord, lastWord, meaningOf, variableIn } from '../../containers/last-words.ts';
import { killedBy } from '../../containers/probe-kills.ts';
import { type Loop, loopOf } from '../../containers/restarts.ts';
import { keysLike, variableFix } from '../../containers/variable-fix.ts';
import { quoteField, quoteLine } from '../../evidence.ts';
import { distinct, type Peer, peersIn, settingsPeers } from '../../network/peers.ts';
import { type PodSet, podSetKinds } from '../../pod-sets.ts';
import type { Snapshot } from '../../snapshot.ts';
import { harmTo } from '../../workloads/harm.ts';
import { wayBack } from '../../workloads/roll-back.ts';

/** Containers that end again and again by themselves, with their last words. What kills or never starts them is told elsewhere. */
export const crashLoopsAnalyzer = defineAnalyzer({
  id: 'crash-loops',
  needs: [...podSetKinds, 'Event', 'Service', 'Namespace', 'ConfigMap', 'Secret', 'ControllerRevision'],
  codes: {
    CRASH_LOOP: {
      row: 'crash-loop',
      means: 'A program ends with an error each time it is started.',
      decided:
        'The container restarts again and again, its last end has an exit code from 1 to 125, or one of no other meaning, and no probe stopped it. Recovered: it has run twice as long as before its last end.',
      fixed: 'What its last words complain about; the revision before, where that runs.',
    },
    CRASH_ARGUMENTS: {
      row: 'crash-loop',
      means: 'A program refuses its arguments or its configuration.',
      decided:
        'Exit code 2, by custom a wrong use, again and again. With the trace of a panic of Go it is a CRASH_LOOP.',
      fixed: 'The arguments of the container.',
    },
    COMMAND_NOT_EXECUTABLE: {
      row: 'crash-loop',
      means: 'A script of the container calls what cannot be executed.',
      decided: 'Exit code 126, again and again.',
      fixed: 'The right to execute it, or the right file.',
    },
    COMMAND_NOT_FOUND: {
      row: 'crash-loop',
      means: 'A script of the container calls a program that is not in the image.',
      decided: 'Exit code 127, again and again.',
      fixed: 'The right command, or an image that has it.',
    },
    CRASH_ABORTED: {
      row: 'crash-loop',
      means: 'A program aborts itself: an assertion, or memory that is damaged.',
      decided: 'Exit code 134 (signal 6), again and again.',
      fixed: 'The revision before, or a repaired program.',
    },
    CRASH_KILLED: {
      row: 'crash-loop',
      means: 'A program is killed by something that is neither its memory limit nor a probe.',
      decided: 'Exit code 137 (signal 9) without OOMKilled and without a probe that failed.',
      fixed: 'Depends on who kills it: the node when it has no memory left, or something in the container.',
    },
    CRASH_SEGFAULT: {
      row: 'crash-loop',
      means: 'A program reads or writes memory that is not its own.',
      decided: 'Exit code 139 (signal 11), again and again.',
      fixed: 'The revision before, or an image for this processor and its libraries.',
    },
    CRASH_TERMINATED: {
      row: 'crash-loop',
      means: 'A program is told to stop each time, and not by a probe.',
      decided: 'Exit code 143 (signal 15) again and again, and no probe that failed.',
      fixed: 'Depends on what stops it: a supervisor in the container, or a process beside it.',
    },
    CRASH_EXITS: {
      row: 'crash-loop',
      means: 'A program ends well each time, though it is to run for ever.',
      decided: 'Exit code 0 again and again under restartPolicy Always.',
      fixed: 'A command that stays in the foreground, or a Job.',
    },
    INIT_FAILING: {
      row: 'init-container',
      means: 'An init container ends with an error each time, so that the containers after it never start.',
      decided: 'It restarts again and again, or has failed for good under restartPolicy Never.',
      fixed: 'What its last words complain about; the revision before, where that runs.',
    },
  },

  analyze(snapshot) {
    return snapshot.podSets.flatMap(set => {
      const crashes = instancesOf(set, snapshot).flatMap(instance => crashOf(instance, snapshot) ?? []);
      const byContainer = Map.groupBy(crashes, ({ instance }) => instance.container.name);
      return [...byContainer.values()].map(group => draftOf(group, { set, snapshot }));
    });
  },
});

interface Crash {
  instance: Instance;
  loop: Loop;
}

/** How a container ends that was never started, for which the runtime has its own words. */
const neverStarted = new Set(['StartError', 'ContainerCannotRun', 'OOMKilled']);

function crashOf(instance: Instance, snapshot: Snapshot): Crash | undefined {
  const loop = loopOf(instance, { snapshot }) ?? failedForGood(instance);
  if (loop === undefined || neverStarted.has(loop.end.reason ?? '')) return undefined;
  if (instance.part !== 'init' && killedBy(instance, snapshot) !== undefined) return undefined;
  const policy = instance.part === 'sidecar' ? 'Always' : (instance.pod.spec.restartPolicy ?? 'Always');
  if (loop.end.exitCode === 0 && policy !== 'Always') return undefined;
  return hookFailure(instance, snapshot) !== undefined ? undefined : { instance, loop };
}

/** Nobody starts an init container of such a pod again. */
function failedForGood({ part, pod, status }: Instance): Loop | undefined {
  const end = status.state?.terminated;
  const ended = part === 'init' && pod.status?.phase === 'Failed' && pod.spec.restartPolicy === 'Never';
  if (!ended || end === undefined || end.exitCode === 0) return undefined;
  return { end, restarts: status.restartCount, down: true };
}

// Replicas of one template fail alike.
const mostHeard = 5;

function draftOf(
  crashes: readonly Crash[],
  { set, snapshot }: { set: PodSet; snapshot: Snapshot },
): Draft<CrashCode | 'INIT_FAILING'> {
  const heard = crashes.filter(({ instance }) => wordsOf(instance, snapshot).some(line => line !== ''));
  const told = [...heard, ...crashes]
    .slice(0, mostHeard)
    .map(crash => ({ ...crash, word: wordOf(crash.instance, snapshot) }));
  const best =
    told.find(({ word }) => word !== undefined && word.blames !== 'error') ??
    told.find(({ word }) => word !== undefined) ??
    told[0];
  if (best === undefined) throw new RangeError('a group has a member');
  const { instance, loop, word } = best;
  const { container, part, pod } = instance;
  const peers = word === undefined ? [] : peersIn(word.line, { snapshot, set });
  const { code, says, question } = textOfEnd(loop.end, {
    panics: isPanic(wordsOf(instance, snapshot)),
    blames: word?.blames,
  });
  const cause = causeOf(word, peers);
  const variable = word?.blames === 'variable' ? variableIn(word.line) : undefined;
  const back = wayBack(set.object, { snapshot, without: () => true });
  const asked = { container: container.name, set, snapshot };
  const fixes = back.length > 0 || variable === undefined ? back : variableFix(variable, asked);
  const near = variable === undefined ? [] : keysLike(variable, asked);
  const who = part === 'init' ? `init container ${container.name}` : container.name;
  return {
    code: part === 'init' ? 'INIT_FAILING' : code,
    severity: isWanted(set) && crashes.some(({ loop: { down } }) => down) ? harmTo(set) : 'warning',
    object: refOf(set.object),
    summary: `${who} ${says} each time it starts${loop.restarts > 1 ? `, ${loop.restarts} restarts` : ''}${crashes.length > 1 ? `, ${crashes.length} pods` : ''}`,
    evidence: [
      quoteField(`Pod/${pod.metadata.name} ${container.name} lastState.terminated`, endText(loop)),
      ...(word === undefined ? [] : [quoteLine(container.name, word.line)]),
    ],
    ...(cause === undefined ? {} : { cause }),
    confidence: 'certain',
    fixes,
    ...(fixes.length > 0 ? {} : { question: questionOf(variable, { near, peers }) ?? question }),
    dependsOn: distinct([
      ...peers.map(({ service }) => service),
      ...(isTelling(word) ? [] : settingsPeers(container.name, { snapshot, set })),
    ]),
    depth: 1,
  };
}

function endText({ end: { exitCode, reason, message }, restarts }: Loop): string {
  const why = reason === undefined || reason === 'Error' ? '' : ` (${reason})`;
  return `exit code ${exitCode}${why}, restartCount ${restarts}${message === undefined || message === '' ? '' : `, ${message}`}`;
}

/** Its log, or what it left as a message for whoever reads its status. */
function wordOf(instance: Instance, snapshot: Snapshot): LastWord | undefined {
  const { pod, container } = instance;
  return lastWord(snapshot.logOf(pod, container.name)?.lines ?? []) ?? lastWord(messageOf(instance));
}

function messageOf({ status }: Instance): string[] {
  return ((status.state?.terminated ?? status.lastState?.terminated)?.message ?? '').split('\n');
}

function wordsOf(instance: Instance, snapshot: Snapshot): string[] {
  const { pod, container } = instance;
  return [...(snapshot.logOf(pod, container.name)?.lines ?? []), ...messageOf(instance)];
}

function causeOf(word: LastWord | undefined, peers: readonly Peer[]): string | undefined {
  const missing = peers.find(peer => peer.missing);
  if (missing !== undefined) {
    const near = missing.near[0] === undefined ? '' : `; there is ${missing.near[0]}`;
    return `it looks for ${missing.host}, and there is no ${describeRef(missing.service)}${near}`;
  }
  const [peer] = peers;
  if (peer !== undefined && (word?.blames === 'peer' || word?.blames === 'name'))
    return `it cannot reach ${describeRef(peer.service)}`;
  return word === undefined ? undefined : meaningOf(word);
}

/** It names a cause that is not somebody else's. */
function isTelling(word: LastWord | undefined): boolean {
  return word !== undefined && !['error', 'peer', 'name'].includes(word.blames);
}

function questionOf(
  variable: string | undefined,
  { near, peers }: { near: readonly string[]; peers: readonly Peer[] },
): string | undefined {
  const missing = peers.find(peer => peer.missing);
  if (missing !== undefined) return `Which Service should it reach instead of ${missing.service.name}?`;
  if (variable === undefined) return undefined;
  return `What should ${variable} be${near.length === 0 ? '' : `, that of ${near.join(' or ')}`}?`;
}
