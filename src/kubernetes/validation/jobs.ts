import { type JsonObject, textOf } from '../../core/json.ts';
import {
  atLeast,
  type FieldProblem,
  immutable,
  invalid,
  objectOf,
  oneOf,
  type Rules,
  required,
} from './problem.ts';
import { templateProblems } from './workloads.ts';

export const jobRules: Rules = (object, old) => {
  const spec = objectOf(object, 'spec');
  const problems = jobSpecProblems('spec', spec);
  if (old === undefined) return problems;
  const before = objectOf(old, 'spec');
  if (spec['selector'] === undefined && before['selector'] !== undefined) {
    // Told twice, by the rules of any job and by those of a change.
    problems.unshift(...withoutSelector(spec), ...withoutSelector(spec));
  }
  if (spec['completionMode'] !== 'Indexed') {
    problems.push(
      ...immutable('spec.completions', { value: spec['completions'], old: before['completions'] }),
    );
  }
  for (const name of [
    'selector',
    'completionMode',
    'podFailurePolicy',
    'backoffLimitPerIndex',
    'managedBy',
  ]) {
    problems.push(...immutable(`spec.${name}`, { value: spec[name], old: before[name] }));
  }
  const [template, was] = [objectOf(spec, 'template'), objectOf(before, 'template')];
  if (before['suspend'] !== true)
    return [...problems, ...immutable('spec.template', { value: template, old: was })];
  // A job that has not begun may still be given other nodes.
  const kept = (of: JsonObject): JsonObject => {
    const {
      nodeSelector: _,
      affinity: __,
      tolerations: ___,
      schedulingGates: ____,
      ...rest
    } = objectOf(of, 'spec');
    return rest;
  };
  return [...problems, ...immutable('spec.template.spec', { value: kept(template), old: kept(was) })];
};

/** A new job is given a selector; an update must repeat it. */
function withoutSelector(spec: JsonObject): FieldProblem[] {
  const value = objectOf(objectOf(objectOf(spec, 'template'), 'metadata'), 'labels');
  const detail = '`selector` does not match template `labels`';
  return [required('spec.selector'), invalid('spec.template.metadata.labels', { value, detail })];
}

const jobCounts = [
  'parallelism',
  'completions',
  'activeDeadlineSeconds',
  'backoffLimit',
  'ttlSecondsAfterFinished',
];

function jobSpecProblems(field: string, spec: JsonObject): FieldProblem[] {
  const problems = jobCounts.flatMap(name => atLeast(`${field}.${name}`, { value: spec[name], least: 0 }));
  problems.push(
    ...oneOf(`${field}.completionMode`, {
      value: spec['completionMode'],
      supported: ['NonIndexed', 'Indexed'],
    }),
  );
  if (spec['completionMode'] === 'Indexed' && spec['completions'] === undefined) {
    problems.push(required(`${field}.completions`, 'when completion mode is Indexed'));
  }
  const template = templateProblems(spec, ['OnFailure', 'Never']).map(problem => ({
    ...problem,
    field: problem.field.replace(/^spec/, field),
  }));
  const pod = objectOf(objectOf(spec, 'template'), 'spec');
  // Always is what a template gets that says nothing, so the server calls it a missing value.
  const policy = `${field}.template.spec.restartPolicy`;
  if (pod['restartPolicy'] !== 'Always') return [...problems, ...template];
  return [
    ...problems,
    ...template.filter(problem => problem.field !== policy),
    required(policy, 'valid values: "OnFailure", "Never"'),
  ];
}

export const cronJobRules: Rules = object => {
  const spec = objectOf(object, 'spec');
  const schedule = textOf(spec, 'schedule');
  const problems: FieldProblem[] = [];
  if (schedule === '') problems.push(required('spec.schedule'));
  else problems.push(...scheduleProblems(schedule));
  problems.push(
    ...atLeast('spec.startingDeadlineSeconds', { value: spec['startingDeadlineSeconds'], least: 0 }),
    ...oneOf('spec.concurrencyPolicy', {
      value: spec['concurrencyPolicy'],
      supported: ['Allow', 'Forbid', 'Replace'],
    }),
    ...['successfulJobsHistoryLimit', 'failedJobsHistoryLimit'].flatMap(name =>
      atLeast(`spec.${name}`, { value: spec[name], least: 0 }),
    ),
    ...timeZoneProblems(textOf(spec, 'timeZone')),
  );
  return [
    ...problems,
    ...jobSpecProblems('spec.jobTemplate.spec', objectOf(objectOf(spec, 'jobTemplate'), 'spec')),
  ];
};

function timeZoneProblems(timeZone: string): FieldProblem[] {
  if (timeZone === '' || isTimeZone(timeZone)) return [];
  return [invalid('spec.timeZone', { value: timeZone, detail: `unknown time zone ${timeZone}` })];
}

function isTimeZone(timeZone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone !== '';
  } catch {
    // The list of zones holds no aliases, so asking for one is the only way to know.
    return false;
  }
}

const scheduleFields = [
  { low: 0, high: 59, names: [] },
  { low: 0, high: 23, names: [] },
  { low: 1, high: 31, names: [] },
  {
    low: 1,
    high: 12,
    names: ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'],
  },
  { low: 0, high: 6, names: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] },
];
const macros = /^@(yearly|annually|monthly|weekly|daily|midnight|hourly|every \S+)$/;

function scheduleProblems(value: string): FieldProblem[] {
  const field = 'spec.schedule';
  if (value.includes('TZ')) {
    return [
      invalid(field, { value, detail: 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead' }),
    ];
  }
  if (macros.test(value)) return [];
  const parts = value.trim().split(/\s+/);
  if (parts.length !== scheduleFields.length) {
    const detail = `expected exactly ${scheduleFields.length} fields, found ${parts.length}: [${parts.join(' ')}]`;
    return [invalid(field, { value, detail })];
  }
  for (const [index, part] of parts.entries()) {
    const fault = part
      .split(',')
      .map(range => rangeFault(range, scheduleFields[index] ?? { low: 0, high: 0, names: [] }))
      .find(found => found !== undefined);
    if (fault !== undefined) return [invalid(field, { value, detail: fault })];
  }
  return [];
}

function rangeFault(
  range: string,
  { low, high, names }: { low: number; high: number; names: readonly string[] },
): string | undefined {
  const [span = '', step, ...more] = range.split('/');
  if (more.length > 0) return `too many slashes: ${range}`;
  if (step !== undefined && !/^\d+$/.test(step))
    return `failed to parse int from ${step}: strconv.Atoi: parsing "${step}": invalid syntax`;
  if (step !== undefined && Number(step) === 0) return `step of range should be a positive number: ${range}`;
  if (span === '*' || span === '?') return undefined;
  const ends = span.split('-');
  if (ends.length > 2) return `too many hyphens: ${range}`;
  const numbers: number[] = [];
  for (const end of ends) {
    const named = names.indexOf(end.toLowerCase());
    if (named >= 0) numbers.push(named + low);
    else if (/^\d+$/.test(end)) numbers.push(Number(end));
    else return `failed to parse int from ${end}: strconv.Atoi: parsing "${end}": invalid syntax`;
  }
  const [first = 0, last = first] = numbers;
  if (first < low) return `beginning of range (${first}) below minimum (${low}): ${range}`;
  if (last > high) return `end of range (${last}) above maximum (${high}): ${range}`;
  return first > last ? `beginning of range (${first}) beyond end of range (${last}): ${range}` : undefined;
}
