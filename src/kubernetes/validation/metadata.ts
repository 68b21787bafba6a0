import { isObject, type JsonObject } from '../../core/json.ts';
import {
  labelKeyFaults,
  labelNameFaults,
  labelValueFaults,
  pathSegmentFaults,
  subdomainFaults,
} from '../names.ts';
import type { KubeObject, OwnerReference } from '../object.ts';
import { type FieldProblem, forbidden, immutable, invalid, invalidForm, required } from './problem.ts';

// Kinds whose names are single labels, because a DNS name is made of them.
const labelNamed = new Set(['Namespace', 'Service']);
// Kinds whose names may hold anything a path can.
const pathNamed = new Set(['Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding']);

// The server's limit for all annotations of an object together.
const maxAnnotationBytes = 256 * 1024;

/** Name, labels, annotations and finalizers; with `old`, what may not change about them. */
export function metadataProblems(object: KubeObject, old: KubeObject | undefined): FieldProblem[] {
  const { metadata } = object;
  const problems: FieldProblem[] = [];
  if ((metadata.name ?? '') === '') {
    if ((metadata.generateName ?? '') === '') {
      problems.push(required('metadata.name', 'name or generateName is required'));
    }
  } else if (old === undefined) problems.push(...nameProblems(object));
  problems.push(
    ...labelProblems('metadata.labels', metadata.labels),
    ...annotationProblems(metadata.annotations),
  );
  for (const [index, finalizer] of (metadata.finalizers ?? []).entries()) {
    const faults = labelKeyFaults(finalizer);
    if (faults.length > 0) problems.push(...invalidForm('metadata.finalizers', { value: finalizer, faults }));
    else if (!finalizer.includes('/') && !standardFinalizers.has(finalizer)) {
      problems.push(
        invalid(`metadata.finalizers[${index}]`, {
          value: finalizer,
          detail: 'name is neither a standard finalizer name nor is it fully qualified',
        }),
      );
    }
  }
  problems.push(...ownerProblems(metadata.ownerReferences ?? []));
  if (old !== undefined) problems.push(...changeProblems(object, old));
  return problems;
}

function ownerProblems(owners: readonly OwnerReference[]): FieldProblem[] {
  const field = 'metadata.ownerReferences';
  const problems = owners.flatMap(owner =>
    (['apiVersion', 'kind', 'name', 'uid'] as const)
      .filter(name => !owner[name])
      .map(name => {
        const detail = name === 'apiVersion' ? 'version must not be empty' : 'must not be empty';
        return invalid(`${field}.${name}`, { value: '', detail });
      }),
  );
  const [first, second] = owners.filter(({ controller }) => controller === true);
  if (first === undefined || second === undefined) return problems;
  const detail = `Only one reference can have Controller set to true. Found "true" in references for ${first.kind}/${first.name} and ${second.kind}/${second.name}`;
  return [...problems, invalid(field, { value: owners.map(owner => ({ ...owner })), detail })];
}

const standardFinalizers = new Set(['kubernetes', 'orphan', 'foregroundDeletion']);

function nameProblems({ kind, metadata: { name } }: KubeObject): FieldProblem[] {
  const field = 'metadata.name';
  const faults = pathNamed.has(kind)
    ? pathSegmentFaults(name)
    : labelNamed.has(kind)
      ? labelNameFaults(name)
      : subdomainFaults(name);
  if (kind === 'Service' && name.includes('.'))
    return [invalid(field, { value: name, detail: 'must not contain dots' })];
  // A CronJob gives its jobs eleven characters more than its own name.
  const maxCronJobName = 52;
  if (kind === 'CronJob' && name.length > maxCronJobName) {
    return [invalid(field, { value: name, detail: `must be no more than ${maxCronJobName} characters` })];
  }
  return invalidForm(field, { value: name, faults });
}

/** The keys and values of a map of labels. */
export function labelProblems(
  field: string,
  labels: Readonly<Record<string, unknown>> | JsonObject | undefined,
): FieldProblem[] {
  const entries = Object.entries(labels ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return entries.flatMap(([key, value]) => {
    const text = typeof value === 'string' ? value : '';
    return [
      ...invalidForm(field, { value: key, faults: labelKeyFaults(key) }),
      ...invalidForm(field, { value: text, faults: labelValueFaults(text) }),
    ];
  });
}

/** The requirements of a LabelSelector: keys, values and operators. */
export function selectorProblems(field: string, selector: JsonObject): FieldProblem[] {
  const labels = isObject(selector['matchLabels']) ? selector['matchLabels'] : {};
  const expressions = Array.isArray(selector['matchExpressions'])
    ? selector['matchExpressions'].filter(isObject)
    : [];
  return [
    ...labelProblems(`${field}.matchLabels`, labels),
    ...expressions.flatMap((expression, index) =>
      expressionProblems(`${field}.matchExpressions[${index}]`, expression),
    ),
  ];
}

function expressionProblems(field: string, expression: JsonObject): FieldProblem[] {
  const { key, operator, values } = expression;
  const count = Array.isArray(values) ? values.length : 0;
  const problems: FieldProblem[] = [];
  if (operator === 'In' || operator === 'NotIn') {
    if (count === 0)
      problems.push(required(`${field}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (count > 0) {
      problems.push(
        forbidden(`${field}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"),
      );
    }
  } else
    problems.push(invalid(`${field}.operator`, { value: operator, detail: 'not a valid selector operator' }));
  const text = typeof key === 'string' ? key : '';
  return [...problems, ...invalidForm(`${field}.key`, { value: text, faults: labelKeyFaults(text) })];
}

function annotationProblems(annotations: Record<string, string> | undefined): FieldProblem[] {
  const field = 'metadata.annotations';
  let bytes = 0;
  const problems = Object.entries(annotations ?? {}).flatMap(([key, value]) => {
    bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
    return invalidForm(field, { value: key, faults: labelKeyFaults(key.toLowerCase()) });
  });
  if (bytes <= maxAnnotationBytes) return problems;
  return [
    ...problems,
    {
      field,
      reason: 'FieldValueInvalid',
      message: `Too long: may not be more than ${maxAnnotationBytes} bytes`,
    },
  ];
}

function changeProblems({ metadata }: KubeObject, old: KubeObject): FieldProblem[] {
  const problems = (['name', 'namespace', 'uid', 'creationTimestamp'] as const).flatMap(name =>
    // A client need not repeat what the server gave.
    metadata[name] === undefined
      ? []
      : immutable(`metadata.${name}`, { value: metadata[name], old: old.metadata[name] ?? metadata[name] }),
  );
  if (old.metadata.deletionTimestamp === undefined) return problems;
  const known = new Set(old.metadata.finalizers);
  const added = (metadata.finalizers ?? []).filter(finalizer => !known.has(finalizer));
  if (added.length === 0) return problems;
  const list = `[]string{${added.map(finalizer => JSON.stringify(finalizer)).join(', ')}}`;
  return [
    ...problems,
    forbidden(
      'metadata.finalizers',
      `no new finalizers can be added if the object is being deleted, found new finalizers ${list}`,
    ),
  ];
}
