import { isObject, type Json, type JsonObject, textOf } from '../../core/json.ts';
import { matchesLabels, requirementsOf } from '../selectors.ts';
import { labelProblems, selectorProblems } from './metadata.ts';
import { podSpecProblems } from './pods.ts';
import {
  atLeast,
  type FieldProblem,
  forbidden,
  immutable,
  invalid,
  isSame,
  notSupported,
  objectOf,
  type Rules,
  required,
} from './problem.ts';

export const deploymentRules: Rules = (object, old) => {
  const spec = objectOf(object, 'spec');
  const counts = ['replicas', 'minReadySeconds', 'revisionHistoryLimit', 'progressDeadlineSeconds'];
  const problems = [
    ...selectorOf(spec, { kind: 'deployment' }),
    ...counts.flatMap(name => atLeast(`spec.${name}`, { value: spec[name], least: 0 })),
    ...templateProblems(spec, ['Always']),
    ...deploymentStrategy(spec),
  ];
  const [deadline, ready] = [spec['progressDeadlineSeconds'], spec['minReadySeconds'] ?? 0];
  if (typeof deadline === 'number' && typeof ready === 'number' && deadline <= ready) {
    const detail = 'must be greater than minReadySeconds';
    problems.push(invalid('spec.progressDeadlineSeconds', { value: deadline, detail }));
  }
  return [...problems, ...selectorKept(spec, old)];
};

export const replicaSetRules: Rules = (object, old) => {
  const spec = objectOf(object, 'spec');
  return [
    ...['replicas', 'minReadySeconds'].flatMap(name =>
      atLeast(`spec.${name}`, { value: spec[name], least: 0 }),
    ),
    ...selectorOf(spec, { kind: 'deployment' }),
    ...templateProblems(spec, ['Always']),
    ...selectorKept(spec, old),
  ];
};

export const daemonSetRules: Rules = (object, old) => {
  const spec = objectOf(object, 'spec');
  const strategy = objectOf(spec, 'updateStrategy');
  const supported = ['RollingUpdate', 'OnDelete'];
  const problems = [
    ...selectorOf(spec, { kind: 'daemonset' }),
    ...templateProblems(spec, ['Always']),
    ...['minReadySeconds', 'revisionHistoryLimit'].flatMap(name =>
      atLeast(`spec.${name}`, { value: spec[name], least: 0 }),
    ),
  ];
  if (!supported.includes(textOf(strategy, 'type'))) {
    problems.push(notSupported('spec.updateStrategy', { value: strategyValue(strategy), supported }));
  }
  const { maxUnavailable, maxSurge } = objectOf(strategy, 'rollingUpdate');
  const at = 'spec.updateStrategy.rollingUpdate';
  if (isNone(maxUnavailable) && isNone(maxSurge)) {
    problems.push(required(`${at}.maxUnavailable`, 'cannot be 0 when maxSurge is 0'));
  } else if (
    maxUnavailable !== undefined &&
    !isNone(maxUnavailable) &&
    maxSurge !== undefined &&
    !isNone(maxSurge)
  ) {
    problems.push(
      invalid(`${at}.maxSurge`, {
        value: maxSurge,
        detail: 'may not be set when maxUnavailable is non-zero',
      }),
    );
  }
  return [...selectorKept(spec, old), ...problems];
};

const changeableOfStatefulSet = new Set([
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
]);

export const statefulSetRules: Rules = (object, old) => {
  const spec = objectOf(object, 'spec');
  const policy = textOf(spec, 'podManagementPolicy');
  const strategy = objectOf(spec, 'updateStrategy');
  const problems: FieldProblem[] = [];
  if (policy !== 'OrderedReady' && policy !== 'Parallel') {
    const detail = "must be 'OrderedReady' or 'Parallel'";
    problems.push(invalid('spec.podManagementPolicy', { value: policy, detail }));
  }
  const type = textOf(strategy, 'type');
  if (type !== 'RollingUpdate' && type !== 'OnDelete') {
    const detail = "must be 'RollingUpdate' or 'OnDelete'";
    problems.push(invalid('spec.updateStrategy', { value: strategyValue(strategy), detail }));
  }
  problems.push(
    ...atLeast('spec.updateStrategy.rollingUpdate.partition', {
      value: objectOf(strategy, 'rollingUpdate')['partition'],
      least: 0,
    }),
    ...['replicas', 'minReadySeconds'].flatMap(name =>
      atLeast(`spec.${name}`, { value: spec[name], least: 0 }),
    ),
    ...selectorOf(spec, { kind: 'statefulset' }),
    ...templateProblems(spec, ['Always']),
  );
  const before = objectOf(old, 'spec');
  const isChanged = (name: string) =>
    !changeableOfStatefulSet.has(name) && !isSame(claims(spec[name]), claims(before[name]));
  if (old !== undefined && [...new Set([...Object.keys(spec), ...Object.keys(before)])].some(isChanged)) {
    problems.push(
      forbidden(
        'spec',
        "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
      ),
    );
  }
  return problems;
};

// The status of a claim template says nothing.
function claims(value: Json | undefined): Json | undefined {
  if (!Array.isArray(value)) return value;
  return value.map(item => (isObject(item) ? { ...item, status: undefined } : item));
}

/** The pod template of a workload; policies: the restart policies its kind allows. */
export function templateProblems(spec: JsonObject, policies: readonly string[]): FieldProblem[] {
  const template = objectOf(spec, 'template');
  const labels = objectOf(objectOf(template, 'metadata'), 'labels');
  const pod = objectOf(template, 'spec');
  const policy = textOf(pod, 'restartPolicy');
  const field = 'spec.template.spec';
  const problems = [...labelProblems('spec.template.labels', labels), ...podSpecProblems(field, pod)];
  if (policy !== '' && !policies.includes(policy) && ['Always', 'OnFailure', 'Never'].includes(policy)) {
    problems.push(notSupported(`${field}.restartPolicy`, { value: policy, supported: policies }));
  }
  if (policies.includes('Always') && pod['activeDeadlineSeconds'] !== undefined) {
    problems.push(
      forbidden(`${field}.activeDeadlineSeconds`, 'activeDeadlineSeconds in ReplicaSet is not Supported'),
    );
  }
  return problems;
}

function selectorOf(spec: JsonObject, { kind }: { kind: string }): FieldProblem[] {
  const selector = spec['selector'];
  const labels = objectOf(objectOf(objectOf(spec, 'template'), 'metadata'), 'labels');
  const mismatch = invalid('spec.template.metadata.labels', {
    value: Object.keys(labels).length === 0 ? null : labels,
    detail: '`selector` does not match template `labels`',
  });
  if (!isObject(selector)) return [required('spec.selector'), mismatch];
  const problems = selectorProblems('spec.selector', selector);
  const requirements = requirementsOf(selector);
  if (requirements.length === 0) {
    return [
      ...problems,
      invalid('spec.selector', { value: {}, detail: `empty selector is invalid for ${kind}` }),
    ];
  }
  return matchesLabels(requirements, textsOf(labels)) ? problems : [...problems, mismatch];
}

function selectorKept(spec: JsonObject, old: JsonObject | undefined): FieldProblem[] {
  if (old === undefined) return [];
  return immutable('spec.selector', { value: spec['selector'], old: objectOf(old, 'spec')['selector'] });
}

function deploymentStrategy(spec: JsonObject): FieldProblem[] {
  const strategy = objectOf(spec, 'strategy');
  const at = 'spec.strategy.rollingUpdate';
  switch (textOf(strategy, 'type')) {
    case 'Recreate':
      if (strategy['rollingUpdate'] === undefined) return [];
      return [forbidden(at, "may not be specified when strategy `type` is 'Recreate'")];
    case 'RollingUpdate': {
      const { maxUnavailable, maxSurge } = objectOf(strategy, 'rollingUpdate');
      const problems = [
        ...countOrPercent(`${at}.maxUnavailable`, maxUnavailable),
        ...countOrPercent(`${at}.maxSurge`, maxSurge),
      ];
      if (isNone(maxUnavailable) && isNone(maxSurge)) {
        const detail = 'may not be 0 when `maxSurge` is 0';
        problems.push(invalid(`${at}.maxUnavailable`, { value: maxUnavailable, detail }));
      }
      return [...problems, ...notOverAll(`${at}.maxUnavailable`, maxUnavailable)];
    }
    default:
      return [
        notSupported('spec.strategy', {
          value: strategyValue(strategy),
          supported: ['Recreate', 'RollingUpdate'],
        }),
      ];
  }
}

/** A count or a percentage: neither negative nor any other text. */
export function countOrPercent(field: string, value: Json | undefined): FieldProblem[] {
  if (typeof value === 'number') return atLeast(field, { value, least: 0 });
  if (typeof value !== 'string' || /^\d+%$/.test(value)) return [];
  const detail =
    "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";
  return [invalid(field, { value, detail })];
}

/** A share of something is at most all of it. */
export function notOverAll(field: string, value: Json | undefined): FieldProblem[] {
  const all = 100;
  const found = typeof value === 'string' ? /^(\d+)%$/.exec(value) : null;
  if (found === null || Number(found[1]) <= all) return [];
  return [invalid(field, { value, detail: 'must not be greater than 100%' })];
}

function isNone(value: Json | undefined): boolean {
  return value === 0 || (typeof value === 'string' && /^0+%$/.test(value));
}

// The server prints its own internal struct here, with Go's names.
function strategyValue(strategy: JsonObject): JsonObject {
  return { Type: textOf(strategy, 'type'), RollingUpdate: null };
}

function textsOf(labels: JsonObject): Record<string, string> {
  return Object.fromEntries(
    Object.entries(labels).flatMap(([key, value]) => (typeof value === 'string' ? [[key, value]] : [])),
  );
}
