import type { Fix } from '../../../core/finding.ts';
import { isObject } from '../../../core/json.ts';
import type { Ref } from '../../../core/ref.ts';
import { isKind } from '../../../kubernetes/kinds.ts';
import { type KubeObject, refOf } from '../../../kubernetes/object.ts';
import { type Draft, defineAnalyzer } from '../../analyzer.ts';
import { type ConfigReference, configReferences } from '../../containers/config-references.ts';
import { instancesOf, isWanted } from '../../containers/instances.ts';
import { causeOfLack } from '../../containers/missing-object.ts';
import { quoteEvent, quoteField } from '../../evidence.ts';
import { patchFix } from '../../fixes.ts';
import { pointerOf } from '../../json-pointer.ts';
import { type PodSet, podSetKinds } from '../../pod-sets.ts';
import { makersOfSecret } from '../../secret-makers.ts';
import { isSlip, meantName } from '../../slip.ts';
import { keyOf, type Snapshot } from '../../snapshot.ts';
import { harmTo } from '../../workloads/harm.ts';
import { wayBack } from '../../workloads/roll-back.ts';

/** ConfigMaps and Secrets, and keys in them, that pods need and that are not there. Optional ones are no fault. */
export const missingConfigAnalyzer = defineAnalyzer({
  id: 'missing-config',
  needs: [...podSetKinds, 'ConfigMap', 'Secret', 'Event', 'ControllerRevision'],
  codes: {
    SECRET_MISSING: {
      row: 'container-config',
      means: 'Pods need a Secret that does not exist.',
      decided:
        'A container or volume names it, not optionally, Secrets were read and it is not among them. A warning while all pods still run with what they were started with.',
      fixed: 'The Secret, or the right name where it was misspelled.',
    },
    CONFIG_MAP_MISSING: {
      row: 'container-config',
      means: 'Pods need a ConfigMap that does not exist.',
      decided:
        'A container or volume names it, not optionally, ConfigMaps were read and it is not among them. A warning while all pods still run with what they were started with.',
      fixed: 'The ConfigMap, or the right name where it was misspelled.',
    },
    SECRET_KEY_MISSING: {
      row: 'container-config',
      means: 'Pods need a key of a Secret that it does not have.',
      decided: 'A variable or a volume item names the key, not optionally; the Secret was read and lacks it.',
      fixed: 'The key in the Secret, or the right key in the workload where it was misspelled.',
    },
    CONFIG_MAP_KEY_MISSING: {
      row: 'container-config',
      means: 'Pods need a key of a ConfigMap that it does not have.',
      decided:
        'A variable or a volume item names the key, not optionally; the ConfigMap was read and lacks it.',
      fixed: 'The key in the ConfigMap, or the right key in the workload where it was misspelled.',
    },
  },

  analyze(snapshot) {
    const lacks = new Map<string, Lack>();
    for (const set of snapshot.podSets) {
      for (const reference of configReferences(set.spec, set.at))
        for (const lack of lacksOf(reference, { set, snapshot })) {
          const id = `${keyOf(lack.object)}/${lack.key ?? ''}`;
          const known = lacks.get(id);
          if (known === undefined) lacks.set(id, lack);
          else known.uses.push(...lack.uses);
        }
    }
    return [...lacks.values()].map(lack => draftOf(lack, snapshot));
  },
});

interface Use {
  set: PodSet;
  reference: ConfigReference;
  /** Of the name or the key that is not there. */
  at: string;
}

interface Lack {
  object: Ref & { kind: 'ConfigMap' | 'Secret' };
  /** Absent: the whole object is not there. */
  key?: string;
  uses: Use[];
}

function lacksOf(reference: ConfigReference, { set, snapshot }: { set: PodSet; snapshot: Snapshot }): Lack[] {
  const { kind, name, keys, at } = reference;
  const object = { kind, name, namespace: set.namespace };
  const found = snapshot.get(object);
  if (found === undefined) {
    if (snapshot.lacks(object)) return [{ object, uses: [{ set, reference, at }] }];
    // Who may not look is told by the kubelet, which may.
    const said = toldOf(set, { name, snapshot }) ?? '';
    if (said.includes(`${kind.toLowerCase()} "${name}" not found`))
      return [{ object, uses: [{ set, reference, at }] }];
    return keys
      .filter(({ key }) => said.includes(`couldn't find key ${key} in ${kind} ${set.namespace}/${name}`))
      .map(({ key, at: place }) => ({ object, key, uses: [{ set, reference, at: place }] }));
  }
  const there = keysOf(found);
  return keys
    .filter(({ key }) => key !== '' && !there.includes(key))
    .map(({ key, at: place }) => ({ object, key, uses: [{ set, reference, at: place }] }));
}

function keysOf(object: KubeObject): string[] {
  return ['data', 'binaryData', 'stringData'].flatMap(field => {
    const held = object[field];
    return isObject(held) ? Object.keys(held) : [];
  });
}

function draftOf(lack: Lack, snapshot: Snapshot): Draft<keyof typeof codeOf> {
  const { object, key, uses } = lack;
  const { kind, name } = object;
  const users = [...new Set(uses.map(({ set }) => set))];
  const code = codeFor(lack);
  const first = uses.find(({ set }) => isHurt(set)) ?? uses.find(({ set }) => isWanted(set)) ?? uses[0];
  const meant = meantBy(lack, snapshot);
  const told = first === undefined ? undefined : toldOf(first.set, { name: key ?? name, snapshot });
  const there = key === undefined ? [] : keysOf(snapshot.get(object) ?? noObject);
  const fixes = fixesFor(lack, { meant, snapshot });
  return {
    code,
    severity: users.some(isHurt) ? 'critical' : users.some(isWanted) ? 'warning' : 'note',
    object: first === undefined ? object : causeOfLack(object, refOf(first.set.object)),
    summary:
      key === undefined
        ? `${kind} ${name} does not exist, and ${usersText(users)} cannot start without it`
        : `${kind} ${name} has no key ${key}, and ${usersText(users)} cannot start without it`,
    evidence: [
      ...(told === undefined ? [] : [told]),
      ...(first === undefined
        ? []
        : [
            quoteField(`${first.set.object.kind}/${first.set.object.metadata.name} ${first.at}`, key ?? name),
          ]),
      ...(key === undefined || snapshot.get(object) === undefined
        ? []
        : [quoteField(`keys of ${kind} ${name}`, there.slice(0, 8).join(', ') || 'none')]),
    ],
    ...(meant === undefined ? {} : { cause: `${meant} is there: a slip in the name?` }),
    confidence: 'certain',
    fixes,
    ...(fixes.length > 0 ? {} : { question: questionFor(lack, meant) }),
    breaks: users.map(({ object: user }) => refOf(user)),
    dependsOn: kind === 'Secret' ? makersOfSecret(object, snapshot) : [],
    depth: 2,
  };
}

const codeOf = {
  SECRET_MISSING: true,
  CONFIG_MAP_MISSING: true,
  SECRET_KEY_MISSING: true,
  CONFIG_MAP_KEY_MISSING: true,
} as const;

function codeFor({ object, key }: Lack): keyof typeof codeOf {
  if (object.kind === 'Secret') return key === undefined ? 'SECRET_MISSING' : 'SECRET_KEY_MISSING';
  return key === undefined ? 'CONFIG_MAP_MISSING' : 'CONFIG_MAP_KEY_MISSING';
}

const noObject: KubeObject = { apiVersion: 'v1', kind: '', metadata: { name: '' } };

/** Too few of the pods serve that are wanted, or that a schedule has made. */
function isHurt(set: PodSet): boolean {
  return isWanted(set) && (set.wanted > 0 || set.pods.some(isStuck)) && harmTo(set) === 'critical';
}

function isStuck({ status }: PodSet['pods'][number]): boolean {
  return status?.phase === 'Pending';
}

// A line has room for the first.
function usersText(users: readonly PodSet[]): string {
  const [first] = users;
  const name = first === undefined ? 'nobody' : `${first.object.kind}/${first.object.metadata.name}`;
  return users.length > 1 ? `${name} and ${users.length - 1} more` : name;
}

/** What a kubelet says of it, of the newest pods. */
function toldOf(set: PodSet, { name, snapshot }: { name: string; snapshot: Snapshot }): string | undefined {
  for (const { status } of instancesOf(set, snapshot)) {
    const waiting = status.state?.waiting;
    if (waiting?.reason === 'CreateContainerConfigError' && waiting.message?.includes(name) === true)
      return quoteEvent({ reason: waiting.reason, message: waiting.message });
  }
  for (const pod of set.pods) {
    const told = snapshot
      .eventsFor(refOf(pod))
      .find(
        ({ reason, message = '' }) =>
          (reason === 'FailedMount' || reason === 'Failed') && message.includes(name),
      );
    if (told !== undefined) return quoteEvent(told);
  }
  return undefined;
}

/** A name of the same kind that has the keys that are asked for, and that its users do not use already. */
function meantBy({ object, key, uses }: Lack, snapshot: Snapshot): string | undefined {
  if (key !== undefined) return meantName(key, keysOf(snapshot.get(object) ?? noObject));
  const used = new Set(
    uses.flatMap(({ set }) =>
      configReferences(set.spec, set.at)
        .filter(({ kind }) => kind === object.kind)
        .map(({ name }) => name),
    ),
  );
  const wanted = uses.flatMap(({ reference }) => reference.keys.map(each => each.key));
  const fit = snapshot.list(object.kind, object.namespace).filter(each => {
    if (used.has(each.metadata.name) || !isSlip(object.name, each.metadata.name)) return false;
    const there = keysOf(each);
    return wanted.every(name => there.includes(name));
  });
  return meantName(
    object.name,
    fit.map(({ metadata }) => metadata.name),
  );
}

/** Where several workloads agree on a name, it is not the name that is wrong. */
function fixesFor(
  { object, key, uses }: Lack,
  { meant, snapshot }: { meant: string | undefined; snapshot: Snapshot },
): Fix[] {
  const [first] = uses;
  if (first === undefined || uses.some(({ set }) => set !== first.set)) return [];
  const workload = first.set.object;
  const back = wayBack(workload, {
    snapshot,
    without: spec =>
      configReferences(spec, '').every(
        ({ kind, name, keys }) =>
          kind !== object.kind ||
          name !== object.name ||
          (key !== undefined && keys.every(each => each.key !== key)),
      ),
  });
  if (back.length > 0) return back;
  if (meant === undefined || isKind(workload, 'Pod') || isKind(workload, 'Job')) return [];
  const patch = uses.map(({ at }) => ({ op: 'replace', path: pointerOf(at), value: meant }));
  const what = key === undefined ? object.kind : `key of ${object.kind} ${object.name}`;
  const does = `Let ${workload.kind}/${workload.metadata.name} use the ${what} that is there: ${meant}`;
  return [patchFix(refOf(workload), { patch, does })];
}

function questionFor({ object: { kind, name }, key, uses }: Lack, meant: string | undefined): string {
  if (meant !== undefined) return `Is ${meant} meant, or is ${key ?? name} still to be made?`;
  if (key !== undefined) return `What is the value of ${key}, or which key of ${kind} ${name} is meant?`;
  const keys = [...new Set(uses.flatMap(({ reference }) => reference.keys.map(each => each.key)))];
  return `What should ${kind} ${name} hold${keys.length === 0 ? '' : ` under ${keys.slice(0, 5).join(', ')}`}, or which one is meant?`;
}
