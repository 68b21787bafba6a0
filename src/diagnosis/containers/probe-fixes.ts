import type { Fix } from '../../core/finding.ts';
import { isSameJson, type Json } from '../../core/json.ts';
import type { Event } from '../../kubernetes/kinds/event.ts';
import { refOf } from '../../kubernetes/object.ts';
import { patchFix } from '../fixes.ts';
import { pointerOf } from '../json-pointer.ts';
import type { PodSet } from '../pod-sets.ts';
import type { Snapshot } from '../snapshot.ts';
import { wayBack } from '../workloads/roll-back.ts';
import { type Declared, declaredIn, type Instance } from './instances.ts';
import type { ProbeName } from './probe-kills.ts';
import type { RefusalCause } from './probe-refusal.ts';
import { type ProbeTarget, probeNames, schemeOf, servedPort, targetIn } from './probe-target.ts';
import type { ProbeCode } from './probe-text.ts';

/** A probe that does not pass. */
export interface ProbeTrouble {
  declared: Declared;
  probe: ProbeName;
  target: ProbeTarget | undefined;
  code: ProbeCode;
  cause?: RefusalCause;
  /** The port that it should ask. */
  meant?: number;
  event?: Event;
  instance?: Instance;
  killed: boolean;
  sure: boolean;
}

export interface Around {
  set: PodSet;
  snapshot: Snapshot;
}

/** The way back, or what the cluster itself tells to ask instead. */
export function fixesOfProbe(
  { declared, probe, target, code, meant, cause }: ProbeTrouble,
  { set, snapshot }: Around,
): Fix[] {
  const { container } = declared;
  const written = container[`${probe}Probe`];
  const workload = set.object;
  const back = wayBack(workload, {
    snapshot,
    without: spec =>
      declaredIn(spec, '').some(
        each =>
          each.container.name === container.name &&
          !isSameJson(each.container[`${probe}Probe`] ?? null, written ?? null),
      ),
  });
  if (back.length > 0 || workload.kind === 'Pod' || workload.kind === 'Job' || target === undefined)
    return back;
  const setTo = (member: string, value: string | number) => {
    // The probes of a container that ask the same place have the same fault.
    const patch = probeNames
      .filter(name => isSameJson(placeIn(declared, name), placeIn(declared, probe)))
      .map(name => ({
        op: 'add',
        path: `${pointerOf(declared.at)}/${name}Probe/${target.by}/${member}`,
        value,
      }));
    const probes = patch.length > 1 ? 'probes' : `${probe} probe`;
    const does = `Let the ${probes} of ${container.name} in ${workload.kind}/${workload.metadata.name} ask ${member} ${value}`;
    return [patchFix(refOf(workload), { patch, does })];
  };
  // Events and logs choose the finding; what is written into a workload stands in the workload.
  if (code === 'PROBE_PORT_UNKNOWN' || code === 'PROBE_WRONG_PORT')
    return meant !== undefined && servedPort(container, { set, snapshot }) === meant
      ? setTo('port', meant)
      : [];
  const scheme = cause === 'tls-unknown' ? 'HTTP' : 'HTTPS';
  return code === 'PROBE_WRONG_SCHEME' && schemeOf(target, container) === scheme
    ? setTo('scheme', scheme)
    : [];
}

function placeIn(declared: Declared, probe: ProbeName): Json {
  const target = targetIn(declared, probe);
  return target === undefined ? null : [target.by, target.port ?? null];
}
