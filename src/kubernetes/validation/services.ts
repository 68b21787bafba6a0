import { BlockList, isIP } from 'node:net';
import { type Json, type JsonObject, textOf } from '../../core/json.ts';
import { labelNameFaults, subdomainFaults } from '../names.ts';
import { portOrName } from './containers.ts';
import { labelProblems } from './metadata.ts';
import {
  duplicate,
  type FieldProblem,
  forbidden,
  invalid,
  invalidForm,
  isSame,
  listOf,
  objectOf,
  oneOf,
  portNumber,
  type Rules,
  required,
} from './problem.ts';

export const serviceRules: Rules = (object, old) => {
  const spec = objectOf(object, 'spec');
  const type = textOf(spec, 'type');
  return [
    ...portsProblems(spec, { type }),
    ...labelProblems('spec.selector', objectOf(spec, 'selector')),
    ...oneOf('spec.sessionAffinity', { value: spec['sessionAffinity'], supported: ['ClientIP', 'None'] }),
    ...oneOf('spec.type', {
      value: spec['type'],
      supported: ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'],
    }),
    ...addressProblems(spec, { type }),
    ...trafficProblems(spec, { type }),
    ...(old === undefined ? [] : clusterIpKept(spec, objectOf(old, 'spec'))),
  ];
};

function portsProblems(spec: JsonObject, { type }: { type: string }): FieldProblem[] {
  const ports = listOf(spec, 'ports');
  const isHeadless = spec['clusterIP'] === 'None';
  const problems: FieldProblem[] = [];
  if (ports.length === 0 && !isHeadless && type !== 'ExternalName') problems.push(required('spec.ports'));
  const names = new Set<string>();
  const used = new Set<string>();
  for (const [index, port] of ports.entries()) {
    const at = `spec.ports[${index}]`;
    const name = textOf(port, 'name');
    if (name === '') {
      if (ports.length > 1) problems.push(required(`${at}.name`));
    } else if (names.has(name)) problems.push(duplicate(`${at}.name`, name));
    else problems.push(...invalidForm(`${at}.name`, { value: name, faults: labelNameFaults(name) }));
    names.add(name);
    problems.push(
      ...portNumber(`${at}.port`, port['port']),
      ...oneOf(`${at}.protocol`, { value: port['protocol'], supported: ['SCTP', 'TCP', 'UDP'] }),
      ...portOrName(`${at}.targetPort`, port['targetPort']),
    );
    if (type === 'ClusterIP' && port['nodePort'] !== undefined && port['nodePort'] !== 0) {
      problems.push(forbidden(`${at}.nodePort`, "may not be used when `type` is 'ClusterIP'"));
    }
    const key = JSON.stringify([port['protocol'], port['port']]);
    if (used.has(key)) problems.push(duplicate(at, internalPort(port)));
    used.add(key);
  }
  return problems;
}

// The server prints its own internal struct here, with Go's names.
function internalPort(port: JsonObject): JsonObject {
  return {
    Name: '',
    Protocol: port['protocol'] ?? 'TCP',
    AppProtocol: null,
    Port: port['port'] ?? 0,
    TargetPort: 0,
    NodePort: 0,
  };
}

function addressProblems(spec: JsonObject, { type }: { type: string }): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const ips = Array.isArray(spec['clusterIPs'])
    ? spec['clusterIPs']
    : textOf(spec, 'clusterIP') === ''
      ? []
      : [spec['clusterIP']];
  if (type === 'ExternalName') {
    if (ips.length > 0)
      problems.push(forbidden('spec.clusterIPs', 'may not be set for ExternalName services'));
    const name = textOf(spec, 'externalName').replace(/\.$/, '');
    if (name === '') problems.push(required('spec.externalName'));
    else problems.push(...invalidForm('spec.externalName', { value: name, faults: subdomainFaults(name) }));
    return problems;
  }
  for (const [index, ip] of ips.entries()) {
    if (ip !== 'None') problems.push(...ipProblems(`spec.clusterIPs[${index}]`, ip));
  }
  for (const [index, ip] of list(spec['externalIPs']).entries()) {
    problems.push(...ipProblems(`spec.externalIPs[${index}]`, ip));
  }
  for (const [index, cidr] of list(spec['loadBalancerSourceRanges']).entries()) {
    // The capital is the server's.
    problems.push(...cidrProblems(`spec.LoadBalancerSourceRanges[${index}]`, cidr));
  }
  return problems;
}

function trafficProblems(spec: JsonObject, { type }: { type: string }): FieldProblem[] {
  const external = spec['externalTrafficPolicy'];
  const isOpen = type === 'NodePort' || type === 'LoadBalancer' || list(spec['externalIPs']).length > 0;
  const problems = oneOf('spec.externalTrafficPolicy', { value: external, supported: ['Cluster', 'Local'] });
  if (!isOpen && external !== undefined) {
    const detail = 'may only be set for externally-accessible services';
    problems.push(invalid('spec.externalTrafficPolicy', { value: external, detail }));
  }
  return [
    ...problems,
    ...oneOf('spec.internalTrafficPolicy', {
      value: spec['internalTrafficPolicy'],
      supported: ['Cluster', 'Local'],
    }),
  ];
}

/** A service keeps the address it was given, unless it becomes an ExternalName or was one. */
function clusterIpKept(spec: JsonObject, old: JsonObject): FieldProblem[] {
  const before = textOf(old, 'clusterIP');
  if (before === '' || spec['type'] === 'ExternalName' || old['type'] === 'ExternalName') return [];
  const now = textOf(spec, 'clusterIP');
  // Left out, the server fills it in again.
  if (now === '' || isSame(now, before)) return [];
  const value = list(spec['clusterIPs']).length > 0 ? list(spec['clusterIPs']) : [now];
  return [invalid('spec.clusterIPs[0]', { value, detail: 'may not change once set' })];
}

function ipProblems(field: string, value: Json | undefined): FieldProblem[] {
  if (typeof value === 'string' && isIP(value) > 0) return [];
  return [invalid(field, { value, detail: 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)' })];
}

export function cidrProblems(field: string, value: Json | undefined): FieldProblem[] {
  if (typeof value === 'string' && readCidr(value) !== undefined) return [];
  return [
    invalid(field, { value, detail: 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)' }),
  ];
}

interface Cidr {
  address: string;
  bits: number;
  family: 'ipv4' | 'ipv6';
}

function readCidr(text: string): Cidr | undefined {
  const [address = '', length = '', ...more] = text.split('/');
  const version = isIP(address);
  const bits = Number(length);
  if (more.length > 0 || version === 0 || !/^\d{1,3}$/.test(length)) return undefined;
  return bits > (version === 4 ? 32 : 128)
    ? undefined
    : { address, bits, family: version === 4 ? 'ipv4' : 'ipv6' };
}

/** True when the inner block is a real part of the outer one. */
export function isStrictSubset(inner: string, outer: string): boolean {
  const [small, large] = [readCidr(inner), readCidr(outer)];
  if (small === undefined || large === undefined || small.family !== large.family) return false;
  const block = new BlockList();
  block.addSubnet(large.address, large.bits, large.family);
  return small.bits > large.bits && block.check(small.address, small.family);
}

export function list(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : [];
}
