import { type JsonObject, memberOf } from '../../../core/json.ts';
import { refOf } from '../../../kubernetes/object.ts';
import { sinceMs } from '../../ages.ts';
import { type Draft, defineAnalyzer } from '../../analyzer.ts';
import {
  type Declared,
  declaredIn,
  type Instance,
  instancesOf,
  isWanted,
} from '../../containers/instances.ts';
import { lastWord } from '../../containers/last-words.ts';
import { type Around, fixesOfProbe, type ProbeTrouble } from '../../containers/probe-fixes.ts';
import { isUnheard, killedBy, type ProbeName, refusalOf } from '../../containers/probe-kills.ts';
import { type RefusalCause, refusalCause } from '../../containers/probe-refusal.ts';
import {
  declaredPorts,
  listeningPort,
  type ProbeTarget,
  portNumber,
  probeNames,
  servedPort,
  targetIn,
} from '../../containers/probe-target.ts';
import { type ProbeCode, textOfProbe } from '../../containers/probe-text.ts';
import { loopOf } from '../../containers/restarts.ts';
import { quoteEvent, quoteField, quoteLine } from '../../evidence.ts';
import { distinct, peersIn, settingsPeers } from '../../network/peers.ts';
import type { PodSet } from '../../pod-sets.ts';
import type { Snapshot } from '../../snapshot.ts';
import { harmTo } from '../../workloads/harm.ts';

/** A program that answers is up: what it says of a path does not change by waiting. */
const answeredMs = 30_000;
/** A program may take minutes to start before it listens; most have by now. */
const startMs = 120_000;
/** Without an event (they last an hour, and may not be readable) only what has lasted counts. */
const silentMs = 600_000;

/** Probes that do not pass, and why. What starts, and what a startup probe still gives its time, is none. */
export const probesAnalyzer = defineAnalyzer({
  id: 'probes',
  needs: [
    'Pod',
    'Event',
    'Service',
    'Deployment',
    'StatefulSet',
    'DaemonSet',
    'ReplicaSet',
    'ControllerRevision',
  ],
  codes: {
    PROBE_PORT_UNKNOWN: {
      row: 'probe',
      means: 'A probe asks a port by a name that its container does not declare.',
      decided: 'By the names in the container: from the spec, without a pod.',
      fixed: 'The name or number of a port that the container has; the only one is proposed.',
    },
    PROBE_WRONG_PORT: {
      row: 'probe',
      means: 'A probe asks a port on which nobody listens, while the program listens elsewhere.',
      decided:
        'The kubelet is refused on a port that no container of the pod declares, though others are declared, or the log names another; without any pod yet: only possible.',
      fixed:
        'The port that the container declares, or that its Services lead to; one that its log alone names is asked.',
    },
    PROBE_WRONG_PATH: {
      row: 'probe',
      means: 'A probe asks for a path that the program does not have, or does not show to strangers.',
      decided: 'The program answers 404 or 405 (or 401, 403) for over half a minute.',
      fixed: 'The right path: the revision before, where that runs.',
    },
    PROBE_WRONG_SCHEME: {
      row: 'probe',
      means: 'A probe speaks HTTP to a program that wants TLS, or the other way round.',
      decided: 'The kubelet tells of a malformed response, of HTTP from an HTTPS port, or of status 400.',
      fixed: 'The other scheme, where the name or the number of the port says it as well.',
    },
    PROBE_COMMAND_MISSING: {
      row: 'probe',
      means: 'A probe runs a command that is not in the image.',
      decided: 'The kubelet tells that there is no such executable.',
      fixed: 'A command that the image has, or a probe over HTTP, gRPC or TCP.',
    },
    PROBE_TOO_EARLY: {
      row: 'probe',
      means: 'A container is killed by a probe before it has started.',
      decided:
        'A liveness or startup probe kills it again and again while nothing listens yet on the port that it is to serve.',
      fixed: 'A startup probe that gives it as long as it takes.',
    },
    PROBE_TIMES_OUT: {
      row: 'probe',
      means: 'A program does not answer a probe in its time.',
      decided: 'The kubelet tells of a timeout, for minutes or until the container is killed.',
      fixed: 'A longer timeoutSeconds, or a program that is less busy.',
    },
    PROBE_FAILS: {
      row: 'probe',
      means: 'A program says by its probe that it is not well, or does not listen.',
      decided:
        'The probe fails for minutes with another answer than those above; or its container is stopped by a signal again and again and no event of the pod is left: likely. Folds under what the program depends on, if that is broken.',
      fixed: 'What the program needs; its log may tell.',
    },
  },

  analyze(snapshot) {
    return snapshot.podSets.flatMap(set => {
      if (!isWanted(set)) return [];
      const written = declaredIn(set.spec, set.at).flatMap(
        declared => fromSpec(declared, { set, snapshot }) ?? [],
      );
      const told = written.map(({ declared }) => declared.container.name);
      const seen = instancesOf(set, snapshot)
        .filter(({ container }) => !told.includes(container.name))
        .flatMap(instance => fromPod(instance, { set, snapshot }) ?? []);
      const first = Map.groupBy(
        [...written, ...seen],
        ({ declared, probe }) => `${declared.container.name} ${probe}`,
      );
      return [...first.values()].flatMap(([trouble]) =>
        trouble === undefined ? [] : [draftOf(trouble, { set, snapshot })],
      );
    });
  },
});

function fromSpec(declared: Declared, { set, snapshot }: Around): ProbeTrouble | undefined {
  const { container } = declared;
  for (const probe of probeNames) {
    const target = targetIn(declared, probe);
    if (target?.port === undefined || target.elsewhere) continue;
    const port = portNumber(target, container);
    const ports = declaredPorts(set);
    // Ports need not be declared: where no kubelet has tried yet, another one is only a hint.
    const isHint = port !== undefined && ports.size > 0 && !ports.has(port) && isUntried(set);
    if (port !== undefined && !isHint) continue;
    const meant = servedPort(container, { set, snapshot });
    const found = { declared, probe, target, killed: false, ...(meant === undefined ? {} : { meant }) };
    if (port === undefined) return { ...found, code: 'PROBE_PORT_UNKNOWN', sure: true };
    if (meant !== undefined) return { ...found, code: 'PROBE_WRONG_PORT', sure: false };
  }
  return undefined;
}

function isUntried({ pods, ready, object }: PodSet): boolean {
  return (
    ready === 0 &&
    memberOf(object, 'status') === undefined &&
    pods.every(({ status }) => status?.containerStatuses === undefined)
  );
}

function fromPod(instance: Instance, { set, snapshot }: Around): ProbeTrouble | undefined {
  const { status, part, container } = instance;
  if (part === 'init') return undefined;
  const killer = killedBy(instance, snapshot);
  const killed = killer !== undefined && loopOf(instance, { snapshot }) !== undefined;
  const probe = killed && killer !== undefined ? killer : 'readiness';
  if (!killed && (status.state?.running === undefined || status.ready)) return undefined;
  // While a startup probe still asks, readiness is not looked at.
  if (
    !killed &&
    (container.readinessProbe === undefined ||
      (container.startupProbe !== undefined && status.started === false))
  )
    return undefined;
  const event = refusalOf(instance, { snapshot, probe });
  const cause = event === undefined ? undefined : refusalCause(event.message ?? '');
  if (!killed && !hasLasted(instance, { cause, snapshot })) return undefined;
  const target = targetIn(instance, probe);
  const meant = meantPort(instance, { set, snapshot });
  const isElsewhere = target !== undefined && meant !== undefined && portNumber(target, container) !== meant;
  const code = codeFor({ cause, killed, isElsewhere, probe });
  return {
    declared: instance,
    probe,
    target,
    code,
    killed,
    instance,
    sure: code !== 'PROBE_TOO_EARLY' && !(killed && isUnheard(instance, snapshot)),
    ...(cause === undefined ? {} : { cause }),
    ...(event === undefined ? {} : { event }),
    ...(meant === undefined ? {} : { meant }),
  };
}

function hasLasted(
  { status }: Instance,
  { cause, snapshot }: { cause: RefusalCause | undefined; snapshot: Snapshot },
): boolean {
  const ranMs = sinceMs(snapshot, status.state?.running?.startedAt) ?? Number.POSITIVE_INFINITY;
  if (cause === undefined) return ranMs >= silentMs;
  const answered =
    cause === 'path' || cause === 'credentials' || cause === 'command' || cause.startsWith('tls');
  return ranMs >= (answered ? answeredMs : startMs);
}

/** By what it declares, else by what it says, else by who leads to it. */
function meantPort({ container, pod }: Instance, around: Around): number | undefined {
  const declares = (container.ports ?? []).length > 0;
  const says = declares ? undefined : listeningPort(around.snapshot.logOf(pod, container.name)?.lines ?? []);
  return says ?? servedPort(container, around);
}

function codeFor({
  cause,
  killed,
  isElsewhere,
  probe,
}: {
  cause: RefusalCause | undefined;
  killed: boolean;
  isElsewhere: boolean;
  probe: ProbeName;
}): ProbeCode {
  switch (cause) {
    case 'path':
    case 'credentials':
      return 'PROBE_WRONG_PATH';
    case 'tls-wanted':
    case 'tls-unknown':
      return 'PROBE_WRONG_SCHEME';
    case 'command':
      return 'PROBE_COMMAND_MISSING';
    case 'port-name':
      return 'PROBE_PORT_UNKNOWN';
    case 'timeout':
      return 'PROBE_TIMES_OUT';
    case 'refused':
      if (isElsewhere) return 'PROBE_WRONG_PORT';
      return killed ? 'PROBE_TOO_EARLY' : 'PROBE_FAILS';
    case 'unwell':
    case undefined:
      return killed && probe === 'startup' ? 'PROBE_TOO_EARLY' : 'PROBE_FAILS';
  }
}

function draftOf(trouble: ProbeTrouble, { set, snapshot }: Around): Draft<ProbeCode> {
  const { declared, probe, target, code, event, instance, sure, killed } = trouble;
  const { container, at } = declared;
  const line =
    instance === undefined
      ? undefined
      : lastWord(snapshot.logOf(instance.pod, container.name)?.lines ?? [])?.line;
  const isUnwell = code === 'PROBE_FAILS' || code === 'PROBE_TIMES_OUT';
  const fixes = fixesOfProbe(trouble, { set, snapshot });
  const { summary, question } = textOfProbe({
    code,
    probe,
    container: container.name,
    killed,
    target,
    meant: trouble.meant,
    cause: trouble.cause,
  });
  return {
    code,
    severity: sure || killed ? severityOf(trouble, set) : 'warning',
    object: refOf(set.object),
    summary,
    evidence: [
      quoteField(
        `${at}.${probe}Probe${target === undefined ? '' : `.${target.by}`}`,
        shownProbe(container[`${probe}Probe`], target),
      ),
      ...(event === undefined ? [] : [quoteEvent(event)]),
      ...(event !== undefined || instance === undefined
        ? []
        : [quoteField(`Pod/${instance.pod.metadata.name} ${container.name} ready`, instance.status.ready)]),
      ...(isUnwell && line !== undefined ? [quoteLine(container.name, line)] : []),
    ],
    confidence: sure ? 'certain' : killed ? 'likely' : 'possible',
    fixes,
    ...(fixes.length > 0 ? {} : { question }),
    dependsOn: isUnwell
      ? distinct([
          ...peersIn(line ?? '', { snapshot, set }).map(({ service }) => service),
          ...settingsPeers(container.name, { snapshot, set }),
        ])
      : [],
    depth: isUnwell ? 1 : 2,
  };
}

/** A liveness probe that cannot be asked harms nobody yet; what it kills again and again is ready only in between. */
function severityOf({ code, probe, killed, instance }: ProbeTrouble, set: PodSet): 'critical' | 'warning' {
  if (code === 'PROBE_PORT_UNKNOWN' && probe === 'liveness') return 'warning';
  return killed && instance?.status.ready === true ? 'critical' : harmTo(set);
}

function shownProbe(probe: JsonObject | undefined, target: ProbeTarget | undefined): JsonObject {
  return (target === undefined ? undefined : memberOf(probe, target.by)) ?? {};
}
