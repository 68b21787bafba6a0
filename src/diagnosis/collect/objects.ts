import type { ListQuery, ResourceKind } from '../../clients/kube/reader.ts';
import { inParallel } from '../../core/in-parallel.ts';
import { groupOf, isKnownKind } from '../../kubernetes/kinds.ts';
import { type KubeObject, splitApiVersion } from '../../kubernetes/object.ts';
import { listWhole } from './list-whole.ts';
import { type Look, notAllowed, noteUnread, requestsAtOnce, unlessUnread } from './look.ts';
import { trimmed } from './trim.ts';

// A page holds whole objects until they are trimmed: fewer at once need less memory, and cost a tenth more time.
const pageSize = 250;

/** What every server since 1.28 serves, beside the kinds with a narrow type: who does not list it keeps it from us. */
const alwaysServed: ReadonlySet<string> = new Set([
  'Role',
  'ClusterRole',
  'LimitRange',
  'CSIDriver',
  'ValidatingWebhookConfiguration',
  'MutatingWebhookConfiguration',
]);

/**
 * The kinds that are read as they were asked for by name, and the names that the server does not serve. What it must have
 * and does not list, or may have in a group whose server does not answer, is not absent but noted as not read.
 */
export async function servedKinds(
  look: Look,
  wanted: Iterable<string>,
): Promise<{ served: ResourceKind[]; absent: string[] }> {
  const kinds = await look.kube.kinds();
  const unlisted = new Set(
    (await look.kube.unlistedVersions()).map(version => splitApiVersion(version).group),
  );
  const served: ResourceKind[] = [];
  const absent: string[] = [];
  for (const name of wanted) {
    const fits = kinds.filter(kind => kind.kind === name && isOurs(kind));
    const [first] = fits;
    if (first !== undefined) served.push(first);
    else if (isKnownKind(name) || alwaysServed.has(name) || unlisted.has(groupsOfCustom[name] ?? 'none'))
      noteUnread(look, { kind: name, why: 'the server does not list what serves it' });
    else absent.push(name);
  }
  return { served, absent };
}

/** Names of kinds are not unique: a custom Event, Service or Gateway of another group is something else. */
const groupsOfCustom: Readonly<Record<string, string>> = {
  Gateway: 'gateway.networking.k8s.io',
  GatewayClass: 'gateway.networking.k8s.io',
  HTTPRoute: 'gateway.networking.k8s.io',
  GRPCRoute: 'gateway.networking.k8s.io',
  TLSRoute: 'gateway.networking.k8s.io',
  TCPRoute: 'gateway.networking.k8s.io',
  UDPRoute: 'gateway.networking.k8s.io',
  ReferenceGrant: 'gateway.networking.k8s.io',
  Certificate: 'cert-manager.io',
  CertificateRequest: 'cert-manager.io',
  Issuer: 'cert-manager.io',
  ClusterIssuer: 'cert-manager.io',
};

function isOurs({ kind, apiVersion }: ResourceKind): boolean {
  const { group } = splitApiVersion(apiVersion);
  if (isKnownKind(kind)) return group === groupOf(kind);
  return !Object.hasOwn(groupsOfCustom, kind) || groupsOfCustom[kind] === group;
}

/** Every object of these kinds, trimmed while it is read. */
export async function readObjects(look: Look, kinds: readonly ResourceKind[]): Promise<KubeObject[]> {
  const lists = await inParallel(kinds, {
    atOnce: requestsAtOnce,
    task: kind => (kind.kind === 'Secret' ? readSecrets(look, kind) : readKind(look, { kind })),
  });
  return lists.flat();
}

/** What was read until an error stays: it is there, and what is missing is not known. */
export async function readKind(
  look: Look,
  { kind, query = {} }: { kind: ResourceKind; query?: Partial<ListQuery> },
): Promise<KubeObject[]> {
  const { namespace } = kind.namespaced ? look : { namespace: undefined };
  const objects: KubeObject[] = [];
  const refused = { unread: new Set<string>() };
  await unlessUnread(look, {
    kind: kind.kind,
    ...(query.namespace === undefined ? {} : { namespace: query.namespace }),
    read: async () => {
      const asked = { kind: kind.kind, apiVersion: kind.apiVersion, limit: pageSize, writers: true } as const;
      const place = namespace === undefined ? {} : { namespace };
      await listWhole(look, {
        query: { ...asked, ...place, ...query },
        refused,
        into: objects,
        take: page => page.map(trimmed),
      });
    },
  });
  for (const each of refused.unread) noteUnread(look, { kind: kind.kind, namespace: each, why: notAllowed });
  return objects;
}

const helmType = 'helm.sh/release.v1';

/** A Helm release is a Secret of up to a megabyte, of which its labels tell all that is looked at. */
async function readSecrets(look: Look, kind: ResourceKind): Promise<KubeObject[]> {
  const secrets = await readKind(look, { kind, query: { fieldSelector: `type!=${helmType}` } });
  // Where the first could not be read neither can these, and it is said once.
  if (look.unread.some(unread => unread.kind === 'Secret' && unread.namespace === undefined)) return secrets;
  const quiet = { ...look, unread: [] };
  const releases = await readKind(quiet, {
    kind,
    query: { fieldSelector: `type=${helmType}`, metadataOnly: true },
  });
  return [...secrets, ...releases.map(release => ({ ...release, type: helmType }))];
}
