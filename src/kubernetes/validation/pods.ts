import { canonicalJson, isObject, type JsonObject, textOf } from '../../core/json.ts';
import { labelNameFaults, subdomainFaults } from '../names.ts';
import { containerProblems, userProblems } from './containers.ts';
import { labelProblems } from './metadata.ts';
import {
  atLeast,
  between,
  duplicate,
  type FieldProblem,
  forbidden,
  invalid,
  invalidForm,
  isSame,
  listOf,
  notSupported,
  objectOf,
  oneOf,
  type Rules,
  required,
} from './problem.ts';

export const podRules: Rules = (object, old) => {
  const spec = objectOf(object, 'spec');
  const problems = podSpecProblems('spec', spec);
  return old === undefined ? problems : [...problems, ...podChangeProblems(spec, objectOf(old, 'spec'))];
};

const maxDeadlineSeconds = 2 ** 31 - 1;

/** The rules of a pod spec, in a pod or in a template. */
export function podSpecProblems(field: string, spec: JsonObject): FieldProblem[] {
  const account = textOf(spec, 'serviceAccountName');
  const host = textOf(spec, 'hostname');
  return [
    ...volumeProblems(field, spec),
    ...containerProblems(field, spec),
    ...oneOf(`${field}.restartPolicy`, {
      value: spec['restartPolicy'],
      supported: ['Always', 'OnFailure', 'Never'],
    }),
    ...oneOf(`${field}.dnsPolicy`, {
      value: spec['dnsPolicy'],
      supported: ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'],
    }),
    ...labelProblems(`${field}.nodeSelector`, objectOf(spec, 'nodeSelector')),
    ...userProblems(`${field}.securityContext`, objectOf(spec, 'securityContext')),
    ...(account === ''
      ? []
      : invalidForm(`${field}.serviceAccountName`, { value: account, faults: subdomainFaults(account) })),
    ...between(`${field}.activeDeadlineSeconds`, {
      value: spec['activeDeadlineSeconds'],
      low: 1,
      high: maxDeadlineSeconds,
    }),
    ...(host === '' ? [] : invalidForm(`${field}.hostname`, { value: host, faults: labelNameFaults(host) })),
    ...listOf(spec, 'tolerations').flatMap((toleration, index) =>
      tolerationProblems(`${field}.tolerations[${index}]`, toleration),
    ),
    ...listOf(spec, 'topologySpreadConstraints').flatMap((constraint, index) =>
      spreadProblems(`${field}.topologySpreadConstraints[${index}]`, constraint),
    ),
  ];
}

function volumeProblems(field: string, spec: JsonObject): FieldProblem[] {
  const names = new Set<string>();
  return listOf(spec, 'volumes').flatMap((volume, index) => {
    const at = `${field}.volumes[${index}]`;
    const name = textOf(volume, 'name');
    const problems: FieldProblem[] = [];
    if (name === '') problems.push(required(`${at}.name`));
    else if (names.has(name)) problems.push(duplicate(`${at}.name`, name));
    else problems.push(...invalidForm(`${at}.name`, { value: name, faults: labelNameFaults(name) }));
    names.add(name);
    const sources = Object.keys(volume).filter(source => source !== 'name' && isObject(volume[source]));
    for (const extra of sources.slice(1)) {
      problems.push(forbidden(`${at}.${extra}`, 'may not specify more than 1 volume type'));
    }
    return [...problems, ...sourceProblems(at, volume)];
  });
}

// What each volume source cannot do without.
const neededOfSource = {
  persistentVolumeClaim: 'claimName',
  secret: 'secretName',
  configMap: 'name',
  hostPath: 'path',
} as const;

function sourceProblems(at: string, volume: JsonObject): FieldProblem[] {
  return Object.entries(neededOfSource).flatMap(([source, name]) => {
    const value = volume[source];
    return isObject(value) && textOf(value, name) === '' ? [required(`${at}.${source}.${name}`)] : [];
  });
}

function tolerationProblems(at: string, toleration: JsonObject): FieldProblem[] {
  const [key, value] = [textOf(toleration, 'key'), textOf(toleration, 'value')];
  const operator = textOf(toleration, 'operator');
  const effect = textOf(toleration, 'effect');
  const problems: FieldProblem[] = [];
  if (key === '' && operator !== 'Exists') {
    const detail = 'operator must be Exists when `key` is empty, which means "match all values and all keys"';
    problems.push(invalid(`${at}.operator`, { value: operator, detail }));
  }
  if (toleration['tolerationSeconds'] !== undefined && effect !== 'NoExecute') {
    const detail = "effect must be 'NoExecute' when `tolerationSeconds` is set";
    problems.push(invalid(`${at}.effect`, { value: effect, detail }));
  }
  if (operator === 'Exists' && value !== '') {
    problems.push(
      invalid(`${at}.operator`, { value, detail: "value must be empty when `operator` is 'Exists'" }),
    );
  } else if (operator !== '') {
    problems.push(...oneOf(`${at}.operator`, { value: operator, supported: ['Equal', 'Exists'] }));
  }
  if (effect === '') return problems;
  return [
    ...problems,
    ...oneOf(`${at}.effect`, { value: effect, supported: ['NoSchedule', 'PreferNoSchedule', 'NoExecute'] }),
  ];
}

function spreadProblems(at: string, constraint: JsonObject): FieldProblem[] {
  const skew = constraint['maxSkew'];
  const problems: FieldProblem[] = [];
  if (typeof skew !== 'number' || skew <= 0) {
    problems.push(invalid(`${at}.maxSkew`, { value: skew ?? 0, detail: 'must be greater than zero' }));
  }
  if (textOf(constraint, 'topologyKey') === '')
    problems.push(required(`${at}.topologyKey`, 'can not be empty'));
  const supported = ['DoNotSchedule', 'ScheduleAnyway'];
  const when = textOf(constraint, 'whenUnsatisfiable');
  if (!supported.includes(when))
    problems.push(notSupported(`${at}.whenUnsatisfiable`, { value: when, supported }));
  return problems;
}

const podChange =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

/** A pod keeps its spec, but for images, a deadline and more tolerations. The node is set by binding, not by update. */
function podChangeProblems(spec: JsonObject, old: JsonObject): FieldProblem[] {
  for (const list of ['containers', 'initContainers']) {
    if (listOf(spec, list).length !== listOf(old, list).length) {
      return [forbidden(`spec.${list}`, 'pod updates may not add or remove containers')];
    }
  }
  const problems: FieldProblem[] = [];
  const kept = new Set(listOf(spec, 'tolerations').map(canonicalJson));
  if (!listOf(old, 'tolerations').every(toleration => kept.has(canonicalJson(toleration)))) {
    problems.push(
      forbidden('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds'),
    );
  }
  const [deadline, before] = [spec['activeDeadlineSeconds'], old['activeDeadlineSeconds']];
  problems.push(...atLeast('spec.activeDeadlineSeconds', { value: deadline, least: 0 }));
  if (typeof before === 'number' && (typeof deadline !== 'number' || deadline > before)) {
    const detail = 'must be less than or equal to previous value';
    problems.push(invalid('spec.activeDeadlineSeconds', { value: deadline ?? null, detail }));
  }
  return isSame(fixedPart(spec), fixedPart(old)) ? problems : [...problems, forbidden('spec', podChange)];
}

function fixedPart(spec: JsonObject): JsonObject {
  const { activeDeadlineSeconds: _, tolerations: __, ...rest } = spec;
  const withoutImages = (list: string) =>
    listOf(spec, list).map(container => ({ ...container, image: undefined }));
  return {
    ...rest,
    containers: withoutImages('containers'),
    initContainers: withoutImages('initContainers'),
  };
}
