import { isObject } from '../../../src/core/json.ts';
import { diagnose } from '../../../src/diagnosis/diagnose.ts';
import { Snapshot, type SnapshotData } from '../../../src/diagnosis/snapshot.ts';
import { misfitOf } from '../../../src/kubernetes/fit.ts';
import { dumpOf } from './dump-of.ts';
import { faults } from './faults/index.ts';
import { judge, type Verdict } from './score.ts';
import type { Fault, Label, Place, Way } from './world.ts';

/** A world of data: what was dumped, and what a diagnosis must say of it. */
export interface DumpWorld {
  world: string;
  row: Verdict['row'];
  way: string;
  labels: readonly Label[];
  data(): SnapshotData;
}

/** The names that people give: the same fault must be found under each. */
const namings: readonly { suffix: string; namespace: string; name(base: string): string; label: string }[] = [
  { suffix: 'a', namespace: 'shop', name: base => base, label: 'app' },
  { suffix: 'b', namespace: 'team-blue', name: base => `blue-${base}`, label: 'app.kubernetes.io/name' },
  { suffix: 'c', namespace: 'prod-eu-1', name: base => `${base}-v2`, label: 'k8s-app' },
];

export function placesOf(way: Way): Place[] {
  return namings.map(({ namespace, name, label }) => ({
    namespace,
    way,
    name,
    labels: base => ({ [label]: name(base) }),
  }));
}

export function dumpWorlds(): DumpWorld[] {
  return faults.flatMap(fault => [...worldsOf(fault, 'dump'), ...worldsOf(fault, 'spec')]);
}

function worldsOf(fault: Fault, way: 'dump' | 'spec'): DumpWorld[] {
  const ways = fault.ways ?? ['sandbox', 'dump', 'recorded'];
  if (!ways.includes(way)) return [];
  return placesOf(way)
    .slice(0, way === 'spec' ? 2 : 3)
    .map((at, index) => ({
      world: `${fault.name}-${way}-${namings[index]?.suffix}`,
      row: fault.row,
      way,
      labels: fault.plant(at).labels,
      data: () => dumpOf(at, fault.plant(at), { specOnly: way === 'spec' }),
    }));
}

/** Diagnoses a dump as files are diagnosed: what does not fit its kind is left out. */
export function judgeDump(world: DumpWorld): Verdict {
  const data = world.data();
  const objects = data.objects.filter(each => {
    const { apiVersion, kind } = each;
    const given: unknown = each;
    return isObject(given) && misfitOf(given, { apiVersion, kind }) === undefined;
  });
  const { findings } = diagnose(new Snapshot({ ...data, objects }));
  return judge(world, findings);
}
