import { listOf, memberOf, textOf } from '../../../core/json.ts';
import type { KubeObject } from '../../../kubernetes/object.ts';
import { lateFields, servesResource } from '../../../kubernetes/releases.ts';
import { removalOf } from '../../../kubernetes/removals.ts';
import { kindInfo } from '../../../kubernetes/schema.ts';
import type { AuditView, Rule } from '../rule.ts';
import { docs } from '../sources.ts';

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';
// Its version stands at the top level, and a manifest that is longer is not worth reading.
const manifestChars = 300_000;

/** Kinds whose fields stayed as they were: the version is all that changes. */
const sameFields = new Set([
  'CronJob',
  'Lease',
  'PriorityClass',
  'StorageClass',
  'CSIDriver',
  'RuntimeClass',
  'Role',
  'ClusterRole',
  'RoleBinding',
  'ClusterRoleBinding',
  'NetworkPolicy',
]);

/** Whether objects survive an upgrade, or fit an older cluster. */
export const versionRules: readonly Rule[] = [
  {
    id: 'api-removed',
    title: 'Version of the API that goes away',
    severity: 'high',
    appliesTo: 'all',
    source: docs('Deprecated API migration guide', 'reference/using-api/deprecation-guide/'),
    why: 'After the upgrade its manifest is refused, and whoever applies it fails.',
    check(object, view) {
      const found = versionsOf(object, view).find(
        ({ apiVersion }) => removalOf(apiVersion, object.kind) !== undefined,
      );
      const removal = found === undefined ? undefined : removalOf(found.apiVersion, object.kind);
      if (found === undefined || removal === undefined) return [];
      const { apiVersion, path } = found;
      const { removed, use } = removal;
      const when = removed <= view.targetMinor ? 'is not served by' : 'goes after';
      const version = removed <= view.targetMinor ? view.targetMinor : removed - 1;
      return [
        {
          path,
          message: `${apiVersion} of ${object.kind} ${when} 1.${version}`,
          ...(removed <= view.targetMinor ? {} : { severity: 'low' as const }),
          ...(path === 'apiVersion' && use !== undefined && !view.live && sameFields.has(object.kind)
            ? { patch: { apiVersion: use } }
            : {
                question:
                  use === undefined ? 'What takes its place? Nothing of the API does.' : whereQuestion(use),
              }),
        },
      ];
    },
  },
  {
    id: 'api-too-new',
    title: 'Newer than the version it is to run on',
    severity: 'high',
    appliesTo: 'all',
    filesOnly: true,
    source: docs('API overview, API versioning', 'reference/using-api/#api-versioning'),
    why: 'The server refuses the kind, or drops the field without a word.',
    check(object, view) {
      const { apiVersion, kind } = object;
      const info = kindInfo(apiVersion, kind);
      if (info !== undefined && !servesResource(view.targetMinor, `${info.group}/${info.plural}`))
        return [
          {
            path: 'kind',
            message: `1.${view.targetMinor} does not serve ${kind} of ${apiVersion}`,
            question: 'Which version is it to run on?',
          },
        ];
      return lateFields(view.targetMinor, object).map(({ path, known }) => ({
        path,
        severity: 'medium' as const,
        message: `1.${view.targetMinor} ${known ? 'keeps it only behind a feature gate' : 'does not know this field'}`,
        question: 'Can it do without?',
      }));
    },
  },
];

function whereQuestion(use: string): string {
  return `Where is its manifest? It has to be written as ${use}, whose fields may differ.`;
}

/** The object's own version, and on a cluster those that somebody wrote it in: it is served in all. */
function versionsOf(object: KubeObject, view: AuditView): { apiVersion: string; path: string }[] {
  const own = { apiVersion: object.apiVersion, path: 'apiVersion' };
  if (!view.live) return [own];
  const applied = appliedVersion(object.metadata.annotations?.[lastApplied]);
  const writers = listOf(object.metadata, 'managedFields').flatMap((entry, index) => {
    const apiVersion = textOf(entry, 'apiVersion');
    // Of a version that the server does not know any more nobody can have written lately.
    const gone = (removalOf(apiVersion, object.kind)?.removed ?? 0) <= (view.serverMinor ?? 0);
    return gone ? [] : [{ apiVersion, path: `metadata.managedFields[${index}].apiVersion` }];
  });
  return [{ apiVersion: applied, path: `metadata.annotations[${lastApplied}]` }, own, ...writers];
}

/** Annotations are anybody's text. */
function appliedVersion(manifest: string | undefined): string {
  if (manifest === undefined || manifest.length > manifestChars) return '';
  try {
    return textOf(memberOf({ manifest: JSON.parse(manifest) }, 'manifest'), 'apiVersion');
  } catch {
    return '';
  }
}
