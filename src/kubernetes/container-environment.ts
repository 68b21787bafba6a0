import { isObject, type JsonObject, memberOf, plainText, textOf } from '../core/json.ts';
import type { Container, Pod } from './kinds/pod.ts';
import { type ConfigKind, notFoundText, type ObjectSource, podField, readConfig } from './pod-config.ts';
import { readQuantity } from './quantities.ts';

/** The variables of a container, and, where a kubelet could not make them, why in its words. */
export interface Environment {
  variables: ReadonlyMap<string, string>;
  fault?: string;
}

/**
 * The environment variables that a kubelet would give a container if it started it now: envFrom first, then env, with
 * `$(NAME)` filled in. Variables of services, and those of the image itself, are not among them. A container that runs
 * keeps what it was started with, whatever has changed since.
 */
export function containerEnvironment(
  source: ObjectSource,
  { pod, container }: { pod: Pod; container: Container },
): Environment {
  const variables = new Map<string, string>();
  for (const from of container.envFrom ?? []) {
    const kind = isObject(from['secretRef']) ? 'Secret' : 'ConfigMap';
    const reference = memberOf(from, kind === 'Secret' ? 'secretRef' : 'configMapRef');
    const name = textOf(reference, 'name');
    const config = readConfig(source, { pod, kind, name });
    if (config === undefined && reference?.['optional'] !== true)
      return { variables, fault: notFoundText(kind, name) };
    for (const [key, value] of config ?? [])
      variables.set(`${textOf(from, 'prefix')}${key}`, value.toString());
  }
  for (const entry of container.env ?? []) {
    const name = textOf(entry, 'name');
    const from = memberOf(entry, 'valueFrom');
    const value =
      from === undefined
        ? expand(textOf(entry, 'value'), variables)
        : valueFrom(source, { pod, container, from });
    if (isFault(value)) return { variables, fault: value.fault };
    if (value !== undefined) variables.set(name, value);
  }
  return { variables };
}

type Fault = { fault: string };

function isFault(value: string | Fault | undefined): value is Fault {
  return typeof value === 'object';
}

/** Undefined for an optional key that is missing: the variable is then not set at all. */
function valueFrom(
  source: ObjectSource,
  { pod, container, from }: { pod: Pod; container: Container; from: JsonObject },
): string | Fault | undefined {
  const field = memberOf(from, 'fieldRef');
  if (field !== undefined) return podField(pod, textOf(field, 'fieldPath'));
  const resource = memberOf(from, 'resourceFieldRef');
  if (resource !== undefined) return resourceField(container, resource);
  const kind: ConfigKind = isObject(from['secretKeyRef']) ? 'Secret' : 'ConfigMap';
  const reference = memberOf(from, kind === 'Secret' ? 'secretKeyRef' : 'configMapKeyRef');
  const name = textOf(reference, 'name');
  const key = textOf(reference, 'key');
  const config = readConfig(source, { pod, kind, name });
  const value = config?.get(key);
  if (value !== undefined) return value.toString();
  if (reference?.['optional'] === true) return undefined;
  if (config === undefined) return { fault: notFoundText(kind, name) };
  return { fault: `couldn't find key ${key} in ${kind} ${pod.metadata.namespace ?? ''}/${name}` };
}

/** `limits.memory` of this container in units of the divisor, rounded up; 0 where it is not set. */
export function resourceField(container: Container, reference: JsonObject): string {
  const [list = '', ...rest] = textOf(reference, 'resource').split('.');
  const set = list === 'requests' ? container.resources?.requests : container.resources?.limits;
  const amount = readQuantity(plainText(set?.[rest.join('.')] ?? '0')) ?? 0n;
  const divisor = readQuantity(plainText(reference['divisor'] ?? '1')) ?? 0n;
  const unit = divisor === 0n ? 1_000_000_000n : divisor;
  return `${(amount + unit - 1n) / unit}`;
}

/** `$(NAME)` becomes the value of a variable set before, `$$(NAME)` the text `$(NAME)`; an unknown name stays as it is. */
function expand(text: string, variables: ReadonlyMap<string, string>): string {
  return text.replace(/\$\$|\$\(([^)]*)\)/g, (whole, name: string | undefined) =>
    name === undefined ? '$' : (variables.get(name) ?? whole),
  );
}
