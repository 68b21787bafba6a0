import { type JsonObject, listOf, memberOf, textOf } from '../../core/json.ts';
import type { PodTemplate } from '../../kubernetes/kinds/pod.ts';
import { declaredIn } from './instances.ts';

/** A place in a pod spec that names a ConfigMap or a Secret without which its containers do not start. */
export interface ConfigReference {
  kind: 'ConfigMap' | 'Secret';
  name: string;
  /** The keys that it names; none: whatever there is. */
  keys: readonly { key: string; at: string }[];
  /** `spec.template.spec.containers[0].env[2].valueFrom.secretKeyRef.name`. */
  at: string;
  /** Where it is read: a container that lacks it is not created, a volume that lacks it holds up all of the pod. */
  from: 'env' | 'volume';
  container?: string;
}

/** The cluster publishes these in every namespace by itself, a moment after it is made. */
const published = new Set(['kube-root-ca.crt', 'openshift-service-ca.crt']);

/** The references of a pod spec that are not optional, in its own order. */
export function configReferences(spec: PodTemplate['spec'], at: string): ConfigReference[] {
  const found = [
    ...declaredIn(spec, at).flatMap(({ container, at: place }) => [
      ...(container.env ?? []).flatMap((entry, index) =>
        inVariable(memberOf(entry, 'valueFrom'), `${place}.env[${index}].valueFrom`, container.name),
      ),
      ...(container.envFrom ?? []).flatMap((entry, index) =>
        inSource(entry, `${place}.envFrom[${index}]`, container.name),
      ),
    ]),
    ...(spec.volumes ?? []).flatMap((volume, index) => inVolume(volume, `${at}.volumes[${index}]`)),
  ];
  return found.filter(({ name }) => name !== '' && !published.has(name));
}

function inVariable(from: JsonObject | undefined, at: string, container: string): ConfigReference[] {
  return (['secretKeyRef', 'configMapKeyRef'] as const).flatMap(field => {
    const reference = memberOf(from, field);
    if (reference === undefined || reference['optional'] === true) return [];
    const keys = [{ key: textOf(reference, 'key'), at: `${at}.${field}.key` }];
    const kind = field === 'secretKeyRef' ? 'Secret' : 'ConfigMap';
    return [
      { kind, name: textOf(reference, 'name'), keys, at: `${at}.${field}.name`, from: 'env', container },
    ];
  });
}

function inSource(entry: JsonObject, at: string, container: string): ConfigReference[] {
  return (['secretRef', 'configMapRef'] as const).flatMap(field => {
    const reference = memberOf(entry, field);
    if (reference === undefined || reference['optional'] === true) return [];
    const kind = field === 'secretRef' ? 'Secret' : 'ConfigMap';
    return [
      { kind, name: textOf(reference, 'name'), keys: [], at: `${at}.${field}.name`, from: 'env', container },
    ];
  });
}

function inVolume(volume: JsonObject, at: string): ConfigReference[] {
  const projected = memberOf(volume, 'projected');
  if (projected !== undefined)
    return listOf(projected, 'sources').flatMap((source, index) =>
      inFiles(source, { at: `${at}.projected.sources[${index}]`, secretName: 'name' }),
    );
  return inFiles(volume, { at, secretName: 'secretName' });
}

function inFiles(
  holder: JsonObject,
  { at, secretName }: { at: string; secretName: string },
): ConfigReference[] {
  return (['secret', 'configMap'] as const).flatMap(field => {
    const reference = memberOf(holder, field);
    if (reference === undefined || reference['optional'] === true) return [];
    const member = field === 'secret' ? secretName : 'name';
    const keys = listOf(reference, 'items').map((item, index) => ({
      key: textOf(item, 'key'),
      at: `${at}.${field}.items[${index}].key`,
    }));
    const kind = field === 'secret' ? 'Secret' : 'ConfigMap';
    return [{ kind, name: textOf(reference, member), keys, at: `${at}.${field}.${member}`, from: 'volume' }];
  });
}
