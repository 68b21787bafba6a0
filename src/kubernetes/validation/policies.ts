import { isObject, type JsonObject, textOf } from '../../core/json.ts';
import { amountOf, amountProblems } from './containers.ts';
import { selectorProblems } from './metadata.ts';
import {
  atLeast,
  duplicate,
  type FieldProblem,
  forbidden,
  immutable,
  invalid,
  isSame,
  listOf,
  objectOf,
  oneOf,
  type Rules,
  required,
} from './problem.ts';
import { countOrPercent, notOverAll } from './workloads.ts';

export const autoscalerRules: Rules = object => {
  const spec = objectOf(object, 'spec');
  const { minReplicas, maxReplicas } = spec;
  const max = typeof maxReplicas === 'number' ? maxReplicas : 0;
  const problems: FieldProblem[] = [];
  const metrics = listOf(spec, 'metrics');
  if (typeof minReplicas === 'number' && minReplicas < 1) {
    problems.push(...atLeast('spec.minReplicas', { value: minReplicas, least: 1 }));
  }
  if (max < 1) problems.push(required('spec.maxReplicas', 'must be set and greater than 0'));
  if (typeof minReplicas === 'number' && max < minReplicas) {
    const detail = 'must be greater than or equal to `minReplicas`';
    problems.push(invalid('spec.maxReplicas', { value: max, detail }));
  }
  problems.push(
    ...targetRef(objectOf(spec, 'scaleTargetRef')),
    ...metrics.flatMap((metric, index) => metricProblems(`spec.metrics[${index}]`, metric)),
  );
  const canBeZero = metrics.some(({ type }) => type === 'Object' || type === 'External');
  if (minReplicas === 0 && !canBeZero) {
    const detail = 'must specify at least one Object or External metric to support scaling to zero replicas';
    problems.push(forbidden('spec.metrics', detail));
  }
  const behavior = objectOf(spec, 'behavior');
  for (const direction of ['scaleUp', 'scaleDown']) {
    const rules = behavior[direction];
    if (isObject(rules)) problems.push(...behaviorProblems(`spec.behavior.${direction}`, rules));
  }
  return problems;
};

function targetRef(ref: JsonObject): FieldProblem[] {
  const problems = ['kind', 'name']
    .filter(name => textOf(ref, name) === '')
    .map(name => required(`spec.scaleTargetRef.${name}`));
  if (textOf(ref, 'apiVersion') === '') {
    const detail = 'apiVersion must specify API group';
    problems.push(invalid('spec.scaleTargetRef.apiVersion', { value: '', detail }));
  }
  return problems;
}

const metricSources: Record<string, string> = {
  ContainerResource: 'containerResource',
  External: 'external',
  Object: 'object',
  Pods: 'pods',
  Resource: 'resource',
};

function metricProblems(at: string, metric: JsonObject): FieldProblem[] {
  const type = textOf(metric, 'type');
  const member = Object.hasOwn(metricSources, type) ? metricSources[type] : undefined;
  if (member === undefined) {
    return oneOf(`${at}.type`, { value: type, supported: Object.keys(metricSources) });
  }
  const source = metric[member];
  if (!isObject(source)) {
    return [required(`${at}.${member}`, 'must populate information for the given metric source')];
  }
  return member === 'resource' ? resourceMetric(`${at}.resource`, source) : [];
}

function resourceMetric(at: string, source: JsonObject): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (textOf(source, 'name') === '') problems.push(required(`${at}.name`, 'must specify a resource name'));
  const target = objectOf(source, 'target');
  const type = textOf(target, 'type');
  if (type === '') problems.push(required(`${at}.target.type`, 'must specify a metric target type'));
  else if (!['Utilization', 'Value', 'AverageValue'].includes(type)) {
    const detail = 'must be either Utilization, Value, or AverageValue';
    problems.push(invalid(`${at}.target.type`, { value: type, detail }));
  }
  const utilization = target['averageUtilization'];
  if (typeof utilization === 'number' && utilization < 1) {
    problems.push(
      invalid(`${at}.target.averageUtilization`, { value: utilization, detail: 'must be greater than 0' }),
    );
  }
  if (utilization === undefined && target['averageValue'] === undefined) {
    const detail = 'must set either a target raw value or a target utilization';
    problems.push(required(`${at}.target.averageUtilization`, detail));
  }
  return problems;
}

// An hour: the longest the autoscaler looks back.
const maxWindowSeconds = 3600;
// Half an hour: the longest period of a scaling policy.
const maxPeriodSeconds = 1800;

function behaviorProblems(at: string, rules: JsonObject): FieldProblem[] {
  const window = rules['stabilizationWindowSeconds'];
  const problems = atLeast(`${at}.stabilizationWindowSeconds`, { value: window, least: 0 });
  if (typeof window === 'number' && window > maxWindowSeconds) {
    const detail = `must be less than or equal to ${maxWindowSeconds}`;
    problems.push(invalid(`${at}.stabilizationWindowSeconds`, { value: window, detail }));
  }
  problems.push(
    ...oneOf(`${at}.selectPolicy`, { value: rules['selectPolicy'], supported: ['Disabled', 'Max', 'Min'] }),
  );
  const policies = listOf(rules, 'policies');
  if (policies.length === 0) problems.push(required(`${at}.policies`, 'must specify at least one Policy'));
  for (const [index, { type, value, periodSeconds }] of policies.entries()) {
    const field = `${at}.policies[${index}]`;
    problems.push(...oneOf(`${field}.type`, { value: type, supported: ['Percent', 'Pods'] }));
    for (const [name, number] of Object.entries({ value, periodSeconds })) {
      if (typeof number !== 'number' || number <= 0) {
        problems.push(
          invalid(`${field}.${name}`, { value: number ?? 0, detail: 'must be greater than zero' }),
        );
      }
    }
    if (typeof periodSeconds === 'number' && periodSeconds > maxPeriodSeconds) {
      const detail = `must be less than or equal to ${maxPeriodSeconds}`;
      problems.push(invalid(`${field}.periodSeconds`, { value: periodSeconds, detail }));
    }
  }
  return problems;
}

export const disruptionBudgetRules: Rules = object => {
  const spec = objectOf(object, 'spec');
  const { minAvailable, maxUnavailable, unhealthyPodEvictionPolicy } = spec;
  const problems: FieldProblem[] = [];
  if (minAvailable !== undefined && maxUnavailable !== undefined) {
    const value = {
      MinAvailable: minAvailable,
      Selector: spec['selector'] ?? null,
      MaxUnavailable: maxUnavailable,
      UnhealthyPodEvictionPolicy: unhealthyPodEvictionPolicy ?? null,
    };
    problems.push(invalid('spec', { value, detail: 'minAvailable and maxUnavailable cannot be both set' }));
  }
  for (const [name, value] of Object.entries({ minAvailable, maxUnavailable })) {
    problems.push(...countOrPercent(`spec.${name}`, value), ...notOverAll(`spec.${name}`, value));
  }
  return [
    ...problems,
    ...selectorProblems('spec.selector', objectOf(spec, 'selector')),
    ...oneOf('spec.unhealthyPodEvictionPolicy', {
      value: unhealthyPodEvictionPolicy,
      supported: ['AlwaysAllow', 'IfHealthyBudget'],
    }),
  ];
};

export const quotaRules: Rules = object =>
  Object.entries(objectOf(objectOf(object, 'spec'), 'hard')).flatMap(([name, value]) =>
    amountProblems(`spec.hard[${name}]`, value),
  );

export const limitRangeRules: Rules = object =>
  listOf(objectOf(object, 'spec'), 'limits').flatMap((limit, index) => {
    const at = `spec.limits[${index}]`;
    const max = objectOf(limit, 'max');
    return [
      ...underMax(`${at}.min`, { values: objectOf(limit, 'min'), max, word: 'min' }),
      ...underMax(`${at}.defaultRequest`, {
        values: objectOf(limit, 'defaultRequest'),
        max,
        word: 'default request',
      }),
      ...underMax(`${at}.default`, { values: objectOf(limit, 'default'), max, word: 'default' }),
    ];
  });

function underMax(
  at: string,
  { values, max, word }: { values: JsonObject; max: JsonObject; word: string },
): FieldProblem[] {
  return Object.entries(values).flatMap(([name, value]) => {
    const [own, most] = [amountOf(value), amountOf(max[name])];
    if (own === undefined || most === undefined || own <= most) return [];
    const detail = `${word} value ${textOf(values, name)} is greater than max value ${textOf(max, name)}`;
    // For the default limit the server names the maximum, for the others the value itself.
    return [invalid(`${at}[${name}]`, { value: word === 'default' ? max[name] : value, detail })];
  });
}

export const priorityClassRules: Rules = (object, old) => {
  if (old === undefined) return [];
  const value = isSame(object['value'] ?? 0, old['value'] ?? 0)
    ? []
    : [forbidden('value', 'may not be changed in an update.')];
  const policy = { value: object['preemptionPolicy'], old: old['preemptionPolicy'] };
  return [...value, ...immutable('preemptionPolicy', policy)];
};

export const nodeRules: Rules = (object, old) => {
  const spec = objectOf(object, 'spec');
  const seen = new Set<string>();
  const problems = listOf(spec, 'taints').flatMap((taint, index) => {
    const [key, effect] = [textOf(taint, 'key'), textOf(taint, 'effect')];
    const at = `metadata.taints[${index}]`;
    const found = [
      ...(key === '' ? [invalid(`${at}.key`, { value: key, detail: 'name part must be non-empty' })] : []),
      ...oneOf(`${at}.effect`, { value: effect, supported: ['NoSchedule', 'PreferNoSchedule', 'NoExecute'] }),
    ];
    const internal = { Key: key, Value: textOf(taint, 'value'), Effect: effect, TimeAdded: null };
    const isTwice = seen.has(`${key}:${effect}`);
    seen.add(`${key}:${effect}`);
    const twice = duplicate(at, internal);
    const why = `${twice.message}: taints must be unique by key and effect pair`;
    return isTwice ? [...found, { ...twice, message: why }] : found;
  });
  const before = objectOf(old, 'spec')['podCIDR'];
  if (before === undefined || before === spec['podCIDR']) return problems;
  return [
    ...problems,
    forbidden('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid'),
  ];
};
