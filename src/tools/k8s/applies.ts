import type { K8sApply } from '../../core/change.ts';
import { VigieError } from '../../core/errors.ts';
import { isObject } from '../../core/json.ts';
import { describeRef } from '../../core/ref.ts';
import { trusted } from '../../core/trusted-text.ts';
import { splitApiVersion } from '../../kubernetes/object.ts';
import type { EnvironmentView, ToolContext } from '../../toolkit/tool.ts';
import { invalid, type ManifestObject, readManifest } from './manifest.ts';
import { inOrder } from './manifest-order.ts';

/**
 * One apply for each object of a manifest, in the order they need each other.
 * @throws VigieError INVALID_MANIFEST, UNKNOWN_KIND, OUT_OF_BOUNDS
 */
export async function appliesOf(
  asked: { manifest: string; namespace: string | undefined; force: boolean },
  { kube, environment }: Pick<ToolContext, 'kube' | 'environment'>,
): Promise<K8sApply[]> {
  const { namespace, force } = asked;
  const objects = await readManifest(asked.manifest);
  const changes: K8sApply[] = [];
  for (const object of objects) {
    const namespaced = await isNamespaced(object, { kube, objects });
    const target = placed(object, { namespaced, namespace, environment });
    changes.push({ kind: 'k8s-apply', target, manifest: withNamespace(object, target.namespace), force });
  }
  refuseDoubles(changes, objects);
  return inOrder(changes);
}

/** Whether objects of this kind live in namespaces: as the cluster says, or the CRD that the manifest brings along. */
async function isNamespaced(
  object: ManifestObject,
  at: { kube: ToolContext['kube']; objects: readonly ManifestObject[] },
): Promise<boolean> {
  const brought = at.objects.find(other => definesKindOf(other, object));
  if (brought !== undefined) {
    const { spec } = brought.manifest;
    return isObject(spec) && spec['scope'] === 'Namespaced';
  }
  return (await at.kube.resolve(object.kind, object.apiVersion)).namespaced;
}

function definesKindOf(other: ManifestObject, object: ManifestObject): boolean {
  const { spec } = other.manifest;
  if (other.kind !== 'CustomResourceDefinition' || !isObject(spec) || !isObject(spec['names'])) return false;
  return spec['names']['kind'] === object.kind && splitApiVersion(object.apiVersion).group === spec['group'];
}

function placed(
  object: ManifestObject,
  at: { namespaced: boolean; namespace: string | undefined; environment: EnvironmentView },
): K8sApply['target'] {
  const { kind, name, apiVersion } = object;
  const { environment } = at;
  if (!at.namespaced) {
    if (!environment.clusterScoped) {
      throw new VigieError(
        'OUT_OF_BOUNDS',
        `${kind}/${name} belongs to no namespace, and ${environment.name} may change only what does`,
        {
          hint: 'Whoever owns vigie.yaml can set clusterScoped: true there.',
          details: { allowed: allowedIn(environment) },
        },
      );
    }
    // Some tools write a namespace into cluster-scoped objects; the server would refuse the path made from it.
    return { kind, name, apiVersion };
  }
  const only = environment.namespaces?.length === 1 ? environment.namespaces[0] : undefined;
  const namespace = object.namespace ?? at.namespace ?? only;
  if (namespace === undefined) {
    throw invalid(`${kind}/${name} names no namespace; say which in the document or the namespace argument`, {
      line: object.line,
    });
  }
  if (at.namespace !== undefined && namespace !== at.namespace) {
    throw invalid(`${kind}/${name} names the namespace ${namespace}, the call says ${at.namespace}`, {
      line: object.line,
    });
  }
  if (environment.namespaces !== undefined && !environment.namespaces.includes(namespace)) {
    throw new VigieError(
      'OUT_OF_BOUNDS',
      `${kind}/${name}: the namespace ${namespace} is not part of ${environment.name}`,
      {
        hint: trusted`Its namespaces are: ${environment.namespaces}.`,
        details: { allowed: allowedIn(environment), line: object.line },
      },
    );
  }
  return { kind, name, apiVersion, namespace };
}

function allowedIn(environment: EnvironmentView): string[] {
  return [...(environment.namespaces ?? [])];
}

function withNamespace(object: ManifestObject, namespace: string | undefined): ManifestObject['manifest'] {
  const { metadata } = object.manifest;
  const { namespace: _written, ...others } = isObject(metadata) ? metadata : {};
  return {
    ...object.manifest,
    metadata: namespace === undefined ? others : { ...others, namespace },
  };
}

function refuseDoubles(changes: readonly K8sApply[], objects: readonly ManifestObject[]): void {
  const seen = new Set<string>();
  for (const [index, { target }] of changes.entries()) {
    // The version is no part of an object's identity: apps/v1 and apps/v1beta1 are one Deployment.
    const { group } = splitApiVersion(target.apiVersion ?? '');
    const key = [group, target.kind, target.namespace ?? '', target.name].join('\n');
    if (seen.has(key))
      throw invalid(`The manifest holds ${describeRef(target)} twice`, { line: objects[index]?.line ?? 1 });
    seen.add(key);
  }
}
