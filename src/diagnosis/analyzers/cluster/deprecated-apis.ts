import { textOf } from '../../../core/json.ts';
import type { CustomResourceDefinition } from '../../../kubernetes/kinds/cluster.ts';
import { type KubeObject, refOf } from '../../../kubernetes/object.ts';
import { type Removal, removalOf } from '../../../kubernetes/removals.ts';
import { schemaVersion } from '../../../kubernetes/schema.ts';
import { type Draft, defineAnalyzer } from '../../analyzer.ts';
import { minorOf, serverMinor } from '../../cluster/server-minor.ts';
import { quoteField } from '../../evidence.ts';

// A cluster is upgraded one minor version at a time: what goes with the next two has to be planned now.
const minorsAhead = 2;
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';
// Whole manifests stand in it; its version and kind are at its top level, and a longer one is not worth reading.
const manifestChars = 300_000;

/** Kinds that people write, of those that ever had another version. */
const written = [
  'Deployment',
  'DaemonSet',
  'ReplicaSet',
  'StatefulSet',
  'Ingress',
  'IngressClass',
  'NetworkPolicy',
  'CronJob',
  'HorizontalPodAutoscaler',
  'PodDisruptionBudget',
  'StorageClass',
  'PriorityClass',
  'Role',
  'ClusterRole',
  'RoleBinding',
  'ClusterRoleBinding',
  'CustomResourceDefinition',
  'APIService',
  'ValidatingWebhookConfiguration',
  'MutatingWebhookConfiguration',
  'FlowSchema',
  'PriorityLevelConfiguration',
  'RuntimeClass',
  'ValidatingAdmissionPolicy',
  'VolumeAttributesClass',
  'ServiceCIDR',
  'ResourceClaimTemplate',
  'DeviceClass',
] as const;

type Code = 'API_VERSION_REMOVED' | 'CRD_VERSION_OLD';

interface Use {
  object: KubeObject;
  apiVersion: string;
  /** Where it stands. */
  at: string;
}

/** Versions of the API that somebody writes and that go away, or went. */
export const deprecatedApisAnalyzer = defineAnalyzer<Code>({
  id: 'deprecated-apis',
  needs: [...written, 'Node'],
  codes: {
    API_VERSION_REMOVED: {
      row: 'deprecated-api',
      means:
        'Somebody writes objects in a version of the API that is gone, or goes within two minor versions.',
      decided:
        "The manifest that kubectl applied last, or one of the object's writers, names the version. One that goes later is a note.",
      fixed: 'Write the manifest in the newer version; the objects themselves are stored in it already.',
    },
    CRD_VERSION_OLD: {
      row: 'deprecated-api',
      means: 'A custom kind has objects in a version that its maker deprecated or no longer serves.',
      decided:
        'The definition lists as stored a version that it deprecates or does not serve. One that is deprecated and nowhere stored is a note.',
      fixed:
        'Write the objects anew in the storage version, then take the old one out of status.storedVersions.',
    },
  },

  analyze(snapshot) {
    const minor = serverMinor(snapshot)?.minor ?? minorOf(schemaVersion()) ?? 0;
    const uses = written.flatMap(kind => snapshot.list(kind)).flatMap(object => usesIn(object, minor));
    const groups = Map.groupBy(uses, ({ object, apiVersion }) => `${apiVersion} ${object.kind}`);
    return [
      ...[...groups.values()].flatMap(group => draftOf(group, minor)),
      ...snapshot.of('CustomResourceDefinition').flatMap(oldVersion),
    ];
  },
});

function usesIn(object: KubeObject, minor: number): Use[] {
  const manifest = object.metadata.annotations?.[lastApplied];
  const applied = manifest === undefined ? '' : appliedVersion(manifest);
  const found: Use[] = [
    { object, apiVersion: applied, at: `annotations[${lastApplied}].apiVersion` },
    { object, apiVersion: object.apiVersion, at: 'apiVersion' },
  ];
  for (const [index, entry] of (object.metadata.managedFields ?? []).entries()) {
    const apiVersion = textOf(entry, 'apiVersion');
    // Of versions that the server does not know any more nobody can have written lately.
    if ((removalOf(apiVersion, object.kind)?.removed ?? 0) > minor)
      found.push({
        object,
        apiVersion,
        at: `managedFields[${index}] of ${textOf(entry, 'manager')}, apiVersion`,
      });
  }
  const [first] = found.filter(({ apiVersion }) => removalOf(apiVersion, object.kind) !== undefined);
  return first === undefined ? [] : [first];
}

/** Annotations are anybody's text. */
function appliedVersion(manifest: string): string {
  if (manifest.length > manifestChars) return '';
  try {
    return textOf(JSON.parse(manifest), 'apiVersion');
  } catch {
    return '';
  }
}

function draftOf(group: readonly Use[], minor: number): Draft<Code>[] {
  const [first] = group;
  const removal = first === undefined ? undefined : removalOf(first.apiVersion, first.object.kind);
  if (first === undefined || removal === undefined) return [];
  const { object, apiVersion, at } = first;
  const count =
    group.length === 1 ? `it is written` : `it and ${group.length - 1} more of its kind are written`;
  return [
    {
      code: 'API_VERSION_REMOVED',
      severity: removal.removed <= minor + minorsAhead ? 'warning' : 'note',
      object: refOf(object),
      summary: `${count} as ${apiVersion}, which ${whenOf(removal, minor)}`,
      evidence: [quoteField(at, apiVersion)],
      confidence: 'certain',
      fixes: [],
      question:
        removal.use === undefined
          ? 'What takes its place? Nothing of the API does.'
          : `Where is its manifest? It has to be written as ${removal.use}.`,
      depth: 2,
    },
  ];
}

function whenOf({ removed }: Removal, minor: number): string {
  return removed <= minor ? `is gone since 1.${removed}` : `goes with 1.${removed}`;
}

function oldVersion(definition: CustomResourceDefinition): Draft<Code>[] {
  const { versions = [] } = definition.spec;
  const stored = definition.status?.storedVersions ?? [];
  const unserved = stored.find(each => versions.find(({ name }) => name === each)?.served !== true);
  const deprecated = versions.filter(({ served, deprecated: is }) => served === true && is === true);
  const inUse = deprecated.find(({ name }) => stored.includes(name));
  const old = unserved ?? inUse?.name ?? deprecated[0]?.name;
  if (old === undefined) return [];
  return [
    {
      code: 'CRD_VERSION_OLD',
      severity: unserved === undefined && inUse === undefined ? 'note' : 'warning',
      object: refOf(definition),
      summary:
        unserved === undefined
          ? `its version ${old} is deprecated${inUse === undefined ? '' : ', and objects may be stored in it'}`
          : `objects may be stored as ${old}, which it serves no longer`,
      evidence: [quoteField('status.storedVersions', [...stored])],
      confidence: 'certain',
      fixes: [],
      question:
        'Are all its objects written anew in the version that is stored now? Then the old one can go.',
      depth: 2,
    },
  ];
}
