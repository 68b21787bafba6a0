import { isObject, type Json, type JsonObject, textOf } from '../../core/json.ts';
import { labelNameFaults, portNameFaults, subdomainFaults } from '../names.ts';
import { readQuantity } from '../quantities.ts';
import {
  atLeast,
  between,
  duplicate,
  type FieldProblem,
  forbidden,
  invalid,
  invalidForm,
  listOf,
  notFound,
  objectOf,
  oneOf,
  portNumber,
  required,
} from './problem.ts';

const protocols = ['SCTP', 'TCP', 'UDP'];

/** The containers of one pod spec; names are unique over both lists. */
export function containerProblems(field: string, spec: JsonObject): FieldProblem[] {
  const containers = listOf(spec, 'containers');
  const volumes = new Set(listOf(spec, 'volumes').map(volume => textOf(volume, 'name')));
  const names = new Set<string>();
  const problems: FieldProblem[] = containers.length === 0 ? [required(`${field}.containers`)] : [];
  for (const list of ['containers', 'initContainers']) {
    for (const [index, container] of listOf(spec, list).entries()) {
      const at = `${field}.${list}[${index}]`;
      const name = textOf(container, 'name');
      if (name === '') problems.push(required(`${at}.name`));
      else problems.push(...invalidForm(`${at}.name`, { value: name, faults: labelNameFaults(name) }));
      problems.push(...oneContainer(at, { container, volumes, isInit: list === 'initContainers' }));
      if (name !== '' && names.has(name)) problems.push(duplicate(`${at}.name`, name));
      names.add(name);
    }
  }
  return problems;
}

function oneContainer(
  at: string,
  { container, volumes, isInit }: { container: JsonObject; volumes: Set<string>; isInit: boolean },
): FieldProblem[] {
  return [
    ...imageProblems(at, container),
    ...portProblems(at, container),
    ...listOf(container, 'env').flatMap((env, index) => envProblems(`${at}.env[${index}]`, env)),
    ...mountProblems(at, { container, volumes }),
    ...(['livenessProbe', 'readinessProbe', 'startupProbe'] as const).flatMap(name => {
      const probe = container[name];
      if (!isObject(probe)) return [];
      if (isInit && container['restartPolicy'] !== 'Always') {
        return [
          forbidden(`${at}.${name}`, 'may not be set for init containers without restartPolicy=Always'),
        ];
      }
      return probeProblems(`${at}.${name}`, { probe, mustSucceedOnce: name !== 'readinessProbe' });
    }),
    ...resourceProblems(`${at}.resources`, objectOf(container, 'resources')),
    ...userProblems(`${at}.securityContext`, objectOf(container, 'securityContext')),
  ];
}

function imageProblems(at: string, container: JsonObject): FieldProblem[] {
  const image = textOf(container, 'image');
  const problems: FieldProblem[] = [];
  if (image === '') problems.push(required(`${at}.image`));
  else if (image !== image.trim()) {
    problems.push(
      invalid(`${at}.image`, { value: image, detail: 'must not have leading or trailing whitespace' }),
    );
  }
  return [
    ...problems,
    ...oneOf(`${at}.terminationMessagePolicy`, {
      value: container['terminationMessagePolicy'],
      supported: ['File', 'FallbackToLogsOnError'],
    }),
    ...oneOf(`${at}.imagePullPolicy`, {
      value: container['imagePullPolicy'],
      supported: ['Always', 'IfNotPresent', 'Never'],
    }),
  ];
}

function portProblems(at: string, container: JsonObject): FieldProblem[] {
  const names = new Set<string>();
  return listOf(container, 'ports').flatMap((port, index) => {
    const field = `${at}.ports[${index}]`;
    const name = textOf(port, 'name');
    const problems: FieldProblem[] = [];
    if (name !== '') {
      const faults = portNameFaults(name);
      problems.push(...invalidForm(`${field}.name`, { value: name, faults }));
      if (faults.length === 0 && names.has(name)) problems.push(duplicate(`${field}.name`, name));
      names.add(name);
    }
    const number = port['containerPort'];
    if (number === undefined || number === 0) problems.push(required(`${field}.containerPort`));
    else problems.push(...portNumber(`${field}.containerPort`, number));
    return [
      ...problems,
      ...portNumber(`${field}.hostPort`, port['hostPort']),
      ...oneOf(`${field}.protocol`, { value: port['protocol'], supported: protocols }),
    ];
  });
}

const valueSources = ['fieldRef', 'resourceFieldRef', 'configMapKeyRef', 'secretKeyRef', 'fileKeyRef'];

function envProblems(at: string, env: JsonObject): FieldProblem[] {
  const name = textOf(env, 'name');
  const problems: FieldProblem[] = [];
  if (name === '') problems.push(required(`${at}.name`));
  else if (!/^[ -<>-~]+$/.test(name)) {
    const detail =
      "a valid environment variable name must consist only of printable ASCII characters other than '='";
    problems.push(invalid(`${at}.name`, { value: name, detail }));
  }
  const source = env['valueFrom'];
  if (!isObject(source)) return problems;
  const field = `${at}.valueFrom`;
  const given = valueSources.filter(kind => source[kind] !== undefined);
  if (given.length === 0) {
    const detail =
      'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`';
    return [...problems, invalid(field, { value: '', detail })];
  }
  if (textOf(env, 'value') !== '') {
    problems.push(invalid(field, { value: '', detail: 'may not be specified when `value` is not empty' }));
  } else if (given.length > 1) {
    problems.push(
      invalid(field, { value: '', detail: 'may not have more than one field specified at a time' }),
    );
  }
  for (const kind of ['configMapKeyRef', 'secretKeyRef']) {
    const ref = source[kind];
    if (!isObject(ref)) continue;
    const target = textOf(ref, 'name');
    problems.push(
      ...invalidForm(`${field}.${kind}.name`, { value: target, faults: subdomainFaults(target) }),
    );
    if (textOf(ref, 'key') === '') problems.push(required(`${field}.${kind}.key`));
  }
  return problems;
}

function mountProblems(
  at: string,
  { container, volumes }: { container: JsonObject; volumes: Set<string> },
): FieldProblem[] {
  const paths = new Set<string>();
  return listOf(container, 'volumeMounts').flatMap((mount, index) => {
    const field = `${at}.volumeMounts[${index}]`;
    const [name, path] = [textOf(mount, 'name'), textOf(mount, 'mountPath')];
    const problems: FieldProblem[] = [];
    if (name === '') problems.push(required(`${field}.name`));
    if (!volumes.has(name) || name === '') problems.push(notFound(`${field}.name`, name));
    if (path === '') problems.push(required(`${field}.mountPath`));
    else if (paths.has(path))
      problems.push(invalid(`${field}.mountPath`, { value: path, detail: 'must be unique' }));
    paths.add(path);
    return problems;
  });
}

const handlers = ['exec', 'httpGet', 'tcpSocket', 'grpc'];

function probeProblems(
  at: string,
  { probe, mustSucceedOnce }: { probe: JsonObject; mustSucceedOnce: boolean },
): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const given = handlers.filter(name => isObject(probe[name]));
  if (given.length === 0) problems.push(required(at, 'must specify a handler type'));
  for (const [index, name] of given.entries()) {
    const handler = objectOf(probe, name);
    if (index > 0) problems.push(forbidden(`${at}.${name}`, 'may not specify more than 1 handler type'));
    else if (name === 'exec') {
      if (!Array.isArray(handler['command']) || handler['command'].length === 0) {
        problems.push(required(`${at}.exec.command`));
      }
    } else problems.push(...handlerProblems(`${at}.${name}`, handler));
  }
  for (const name of [
    'initialDelaySeconds',
    'timeoutSeconds',
    'periodSeconds',
    'successThreshold',
    'failureThreshold',
  ]) {
    problems.push(...atLeast(`${at}.${name}`, { value: probe[name], least: 0 }));
  }
  const successes = probe['successThreshold'];
  if (mustSucceedOnce && typeof successes === 'number' && successes > 1) {
    problems.push(invalid(`${at}.successThreshold`, { value: successes, detail: 'must be 1' }));
  }
  return problems;
}

function handlerProblems(at: string, handler: JsonObject): FieldProblem[] {
  return [
    ...portOrName(`${at}.port`, handler['port']),
    ...oneOf(`${at}.scheme`, { value: handler['scheme'], supported: ['HTTP', 'HTTPS'] }),
  ];
}

/** A port by number or by the name it has in the container. */
export function portOrName(field: string, port: Json | undefined): FieldProblem[] {
  if (typeof port === 'string') return invalidForm(field, { value: port, faults: portNameFaults(port) });
  return portNumber(field, port);
}

function resourceProblems(at: string, resources: JsonObject): FieldProblem[] {
  const limits = objectOf(resources, 'limits');
  const requests = objectOf(resources, 'requests');
  const problems: FieldProblem[] = [];
  for (const [name, value] of Object.entries(limits))
    problems.push(...amountProblems(`${at}.limits[${name}]`, value));
  for (const [name, value] of Object.entries(requests)) {
    problems.push(...amountProblems(`${at}.requests[${name}]`, value));
    const [request, limit] = [amountOf(value), amountOf(limits[name])];
    if (request !== undefined && limit !== undefined && request > limit) {
      const detail = `must be less than or equal to ${name} limit of ${textOf(limits, name)}`;
      problems.push(invalid(`${at}.requests`, { value, detail }));
    }
  }
  return problems;
}

/** An amount may not be negative. */
export function amountProblems(field: string, value: Json | undefined): FieldProblem[] {
  const amount = amountOf(value);
  if (amount === undefined || amount >= 0n) return [];
  return [invalid(field, { value, detail: 'must be greater than or equal to 0' })];
}

export function amountOf(value: Json | undefined): bigint | undefined {
  return typeof value === 'string' || typeof value === 'number' ? readQuantity(value) : undefined;
}

const maxId = 2 ** 31 - 1;

/** User and group ids. */
export function userProblems(at: string, context: JsonObject): FieldProblem[] {
  return ['fsGroup', 'runAsUser', 'runAsGroup'].flatMap(name =>
    between(`${at}.${name}`, { value: context[name], low: 0, high: maxId }),
  );
}
