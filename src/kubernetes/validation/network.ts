import { isIP } from 'node:net';
import { isObject, type JsonObject, textOf } from '../../core/json.ts';
import { subdomainFaults } from '../names.ts';
import { portOrName } from './containers.ts';
import { selectorProblems } from './metadata.ts';
import {
  type FieldProblem,
  forbidden,
  invalid,
  invalidForm,
  listOf,
  objectOf,
  oneOf,
  type Rules,
  required,
} from './problem.ts';
import { cidrProblems, isStrictSubset, list } from './services.ts';

export const ingressRules: Rules = object => {
  const spec = objectOf(object, 'spec');
  const problems: FieldProblem[] = [];
  const rules = listOf(spec, 'rules');
  if (rules.length === 0 && !isObject(spec['defaultBackend'])) {
    const detail = 'either `defaultBackend` or `rules` must be specified';
    problems.push(invalid('spec', { value: null, detail }));
  }
  if (isObject(spec['defaultBackend']))
    problems.push(...backendProblems('spec.defaultBackend', spec['defaultBackend']));
  problems.push(...rules.flatMap((rule, index) => ruleProblems(`spec.rules[${index}]`, rule)));
  for (const [index, tls] of listOf(spec, 'tls').entries()) {
    for (const [at, host] of list(tls['hosts']).entries()) {
      problems.push(...hostProblems(`spec.tls[${index}].hosts[${at}]`, typeof host === 'string' ? host : ''));
    }
  }
  const ingressClass = textOf(spec, 'ingressClassName');
  if (ingressClass === '') return problems;
  const faults = subdomainFaults(ingressClass);
  return [...problems, ...invalidForm('spec.ingressClassName', { value: ingressClass, faults })];
};

function ruleProblems(at: string, rule: JsonObject): FieldProblem[] {
  const host = textOf(rule, 'host');
  const problems: FieldProblem[] = [];
  if (isIP(host) > 0) {
    problems.push(invalid(`${at}.host`, { value: host, detail: 'must be a DNS name, not an IP address' }));
  } else if (host !== '') problems.push(...hostProblems(`${at}.host`, host));
  if (!isObject(rule['http'])) return problems;
  const paths = listOf(rule['http'], 'paths');
  if (paths.length === 0) problems.push(required(`${at}.http.paths`));
  return [...problems, ...paths.flatMap((path, index) => pathProblems(`${at}.http.paths[${index}]`, path))];
}

function hostProblems(field: string, host: string): FieldProblem[] {
  const name = host.startsWith('*.') ? host.slice(2) : host;
  return invalidForm(field, { value: host, faults: subdomainFaults(name) });
}

// Sequences that a proxy may read as another path than the one that was approved.
const badParts = ['//', '/./', '/../', '%2f', '%2F'];

function pathProblems(at: string, { path, pathType, backend }: JsonObject): FieldProblem[] {
  const text = typeof path === 'string' ? path : '';
  const problems: FieldProblem[] = [];
  if (pathType === undefined || pathType === null)
    problems.push(required(`${at}.pathType`, 'pathType must be specified'));
  else {
    problems.push(
      ...oneOf(`${at}.pathType`, {
        value: pathType,
        supported: ['Exact', 'ImplementationSpecific', 'Prefix'],
      }),
    );
  }
  if (pathType === 'Exact' || pathType === 'Prefix') {
    if (!text.startsWith('/'))
      problems.push(invalid(`${at}.path`, { value: text, detail: 'must be an absolute path' }));
    for (const part of badParts) {
      if (text.includes(part))
        problems.push(invalid(`${at}.path`, { value: text, detail: `must not contain '${part}'` }));
    }
  }
  return [...problems, ...backendProblems(`${at}.backend`, isObject(backend) ? backend : {})];
}

function backendProblems(at: string, backend: JsonObject): FieldProblem[] {
  const { service, resource } = backend;
  if (isObject(service) && isObject(resource)) {
    return [invalid(at, { value: '', detail: 'cannot set both resource and service backends' })];
  }
  if (!isObject(service)) {
    return isObject(resource)
      ? []
      : [invalid(at, { value: '', detail: 'resource or service backend is required' })];
  }
  const problems: FieldProblem[] = textOf(service, 'name') === '' ? [required(`${at}.service.name`)] : [];
  const { name, number } = objectOf(service, 'port');
  const [hasName, hasNumber] = [name !== undefined && name !== '', number !== undefined && number !== 0];
  if (hasName && hasNumber) {
    problems.push(invalid(at, { value: '', detail: 'cannot set both port name & port number' }));
  } else if (hasName) problems.push(...portOrName(`${at}.service.port.name`, name));
  else if (hasNumber) problems.push(...portOrName(`${at}.service.port.number`, number));
  else problems.push(required(at, 'port name or number is required'));
  return problems;
}

export const networkPolicyRules: Rules = object => {
  const spec = objectOf(object, 'spec');
  const problems = selectorProblems('spec.podSelector', objectOf(spec, 'podSelector'));
  for (const [direction, peers] of [
    ['ingress', 'from'],
    ['egress', 'to'],
  ] as const) {
    for (const [index, rule] of listOf(spec, direction).entries()) {
      const at = `spec.${direction}[${index}]`;
      problems.push(
        ...listOf(rule, 'ports').flatMap((port, number) => policyPort(`${at}.ports[${number}]`, port)),
        ...listOf(rule, peers).flatMap((peer, number) => peerProblems(`${at}.${peers}[${number}]`, peer)),
      );
    }
  }
  for (const [index, type] of list(spec['policyTypes']).entries()) {
    problems.push(...oneOf(`spec.policyTypes[${index}]`, { value: type, supported: ['Ingress', 'Egress'] }));
  }
  return problems;
};

function policyPort(at: string, { port, endPort, protocol }: JsonObject): FieldProblem[] {
  const problems = oneOf(`${at}.protocol`, { value: protocol, supported: ['TCP', 'UDP', 'SCTP'] });
  if (port !== undefined) problems.push(...portOrName(`${at}.port`, port));
  if (typeof endPort !== 'number') return problems;
  if (typeof port !== 'number')
    return [...problems, required(`${at}.port`, 'must be specified when `endPort` is set')];
  if (endPort >= port) return problems;
  return [
    ...problems,
    invalid(`${at}.endPort`, { value: port, detail: 'must be greater than or equal to `port`' }),
  ];
}

function peerProblems(at: string, peer: JsonObject): FieldProblem[] {
  const { podSelector, namespaceSelector, ipBlock } = peer;
  const problems: FieldProblem[] = [];
  if (isObject(podSelector)) problems.push(...selectorProblems(`${at}.podSelector`, podSelector));
  if (isObject(namespaceSelector))
    problems.push(...selectorProblems(`${at}.namespaceSelector`, namespaceSelector));
  if (!isObject(ipBlock)) {
    return podSelector === undefined && namespaceSelector === undefined
      ? [...problems, required(at, 'must specify a peer')]
      : problems;
  }
  if (podSelector !== undefined || namespaceSelector !== undefined) {
    problems.push(forbidden(at, 'may not specify both ipBlock and another peer'));
  }
  const cidr = textOf(ipBlock, 'cidr');
  const cidrFaults =
    cidr === '' ? [required(`${at}.ipBlock.cidr`)] : cidrProblems(`${at}.ipBlock.cidr`, cidr);
  problems.push(...cidrFaults);
  for (const [index, except] of list(ipBlock['except']).entries()) {
    const field = `${at}.ipBlock.except[${index}]`;
    const faults = cidrProblems(field, except);
    problems.push(...faults);
    if (faults.length + cidrFaults.length > 0 || typeof except !== 'string') continue;
    if (!isStrictSubset(except, cidr)) {
      problems.push(invalid(field, { value: except, detail: 'must be a strict subset of `cidr`' }));
    }
  }
  return problems;
}
