import { VigieError } from '../../core/errors.ts';
import { isObject, type JsonObject, objectsIn, textIn, textsIn } from '../../core/json.ts';
import { nearestNames } from '../../core/nearest.ts';
import { trusted } from '../../core/trusted-text.ts';
import { splitApiVersion } from '../../kubernetes/object.ts';
import { parseObject } from './answers.ts';
import type { Channel } from './channel.ts';
import { discover } from './discover.ts';
import { isNotModified } from './errors.ts';
import { readLegacyKinds } from './legacy-discovery.ts';
import { type ApiPath, serverPath } from './paths.ts';
import type { ResourceKind } from './resource-kind.ts';

// Kinds come and go with CustomResourceDefinitions; asking again costs an "unmodified" answer.
const freshMs = 60_000;
// An unknown kind is asked for again at once, since it may be new, but not by everybody who mistypes.
const recheckMs = 5_000;
// After a definition was written its kind is served within a second or two, on several API servers somewhat later.
const newsMs = 15_000;
// The largest clusters serve some hundreds; more is made to exhaust.
const mostKinds = 10_000;

const aggregated =
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;q=0.9';

interface Part {
  etag: string | undefined;
  kinds: ResourceKind[];
  /** Served by something that did not answer, as `apps/v1`: what kinds these have is not known. */
  unlisted: string[];
}

interface Held {
  core: Part;
  groups: Part;
  at: number;
}

/** What the cluster serves, kept for a minute and shared by all calls of a connection. */
export class Discovery {
  #held: Held | undefined;
  #newsUntil = 0;

  /** A definition of kinds was just written: for a while an unknown kind is asked for again each time. */
  expectNews(): void {
    this.#newsUntil = Date.now() + newsMs;
  }

  /** Every kind in every version, the preferred version of each first. */
  async kinds(channel: Channel): Promise<readonly ResourceKind[]> {
    const held = await this.#within(channel, freshMs);
    return [...held.core.kinds, ...held.groups.kinds];
  }

  /** Versions, as `apps/v1`, of which it is not known what they serve. */
  async unlisted(channel: Channel): Promise<readonly string[]> {
    const held = await this.#within(channel, freshMs);
    return [...held.core.unlisted, ...held.groups.unlisted];
  }

  /**
   * Finds a kind by what people call it: `deploy`, `deployments`, `Deployment`, `deployments.apps`,
   * `deployments.v1.apps`. @throws VigieError UNKNOWN_KIND with the nearest names, SERVER_ERROR where the kind may be of
   * a group that could not be listed
   */
  async resolve(
    channel: Channel,
    { kind, apiVersion }: { kind: string; apiVersion: string | undefined },
  ): Promise<ResourceKind> {
    for (const ageMs of [freshMs, Date.now() < this.#newsUntil ? 0 : recheckMs]) {
      const { core, groups } = await this.#within(channel, ageMs);
      const found = findKind([...core.kinds, ...groups.kinds], { kind, apiVersion });
      if (found !== undefined) return found;
    }
    const { core, groups } = await this.#within(channel, freshMs);
    const unlisted = [...core.unlisted, ...groups.unlisted].find(each =>
      mayServe(each, { kind, apiVersion }),
    );
    if (unlisted !== undefined) throw unlistedKind(unlisted, { kind });
    throw unknownKind([...core.kinds, ...groups.kinds], { kind, apiVersion });
  }

  async #within(channel: Channel, ageMs: number): Promise<Held> {
    const held = this.#held;
    if (held !== undefined && Date.now() - held.at < ageMs) return held;
    const [core, groups] = await Promise.all([
      readPart(channel, { path: serverPath('api'), held: held?.core }),
      readPart(channel, { path: serverPath('apis'), held: held?.groups }),
    ]);
    this.#held = { core, groups, at: Date.now() };
    return this.#held;
  }
}

async function readPart(
  channel: Channel,
  { path, held }: { path: ApiPath; held: Part | undefined },
): Promise<Part> {
  const answer = await channel.read(discover(path, { accept: aggregated, etag: held?.etag }));
  if (isNotModified(answer.status) && held !== undefined) return held;
  const body = parseObject(answer.body, 'the discovery');
  const etag = answer.headers.etag;
  if (body.kind === 'APIGroupDiscoveryList') return { etag, ...aggregatedKinds(body) };
  const { kinds, unlisted } = await readLegacyKinds(channel, body);
  return { etag: undefined, kinds: kinds.slice(0, mostKinds), unlisted };
}

function aggregatedKinds(list: JsonObject): Pick<Part, 'kinds' | 'unlisted'> {
  const kinds: ResourceKind[] = [];
  const unlisted: string[] = [];
  for (const group of objectsIn(list.items)) {
    const groupName = isObject(group.metadata) ? textIn(group.metadata.name) : '';
    for (const version of objectsIn(group.versions)) {
      const apiVersion =
        groupName === '' ? textIn(version.version) : `${groupName}/${textIn(version.version)}`;
      const resources = objectsIn(version.resources);
      // What an aggregated server last listed may still be there; a stale version without it says nothing.
      if (version.freshness === 'Stale' && resources.length === 0) unlisted.push(apiVersion);
      for (const resource of resources) {
        if (kinds.length >= mostKinds) return { kinds, unlisted };
        kinds.push({
          kind: isObject(resource.responseKind) ? textIn(resource.responseKind.kind) : '',
          apiVersion,
          resource: textIn(resource.resource),
          namespaced: resource.scope === 'Namespaced',
          verbs: textsIn(resource.verbs),
          shortNames: textsIn(resource.shortNames),
          subresources: objectsIn(resource.subresources).map(sub => textIn(sub.subresource)),
        });
      }
    }
  }
  return { kinds, unlisted };
}

/** Whether a kind that is listed nowhere may be one of a version that could not be listed. */
function mayServe(
  unlisted: string,
  { kind, apiVersion }: { kind: string; apiVersion: string | undefined },
): boolean {
  const [, ...qualifier] = kind.split('.');
  const { group } = splitApiVersion(unlisted);
  return (
    (apiVersion === undefined || splitApiVersion(apiVersion).group === group) &&
    qualifies({ apiVersion: unlisted }, qualifier.join('.'))
  );
}

function unlistedKind(apiVersion: string, { kind }: { kind: string }): VigieError {
  return new VigieError(
    'SERVER_ERROR',
    `The cluster could not list what ${apiVersion.slice(0, 80)} serves, so it is not known whether there is a kind ${JSON.stringify(kind.slice(0, 80))}`,
    { retryable: true, hint: 'See which of its API servers does not answer: kubectl get apiservices' },
  );
}

function findKind(
  kinds: readonly ResourceKind[],
  { kind, apiVersion }: { kind: string; apiVersion: string | undefined },
): ResourceKind | undefined {
  const [name = '', ...qualifier] = kind.split('.');
  const wanted = name.toLowerCase();
  const fits = kinds.filter(
    candidate =>
      (apiVersion === undefined || candidate.apiVersion === apiVersion) &&
      qualifies(candidate, qualifier.join('.')),
  );
  // A full name wins over a short one: somebody's custom resource may have chosen `po`.
  return (
    fits.find(candidate => candidate.kind === name) ??
    fits.find(candidate => candidate.resource === wanted || candidate.kind.toLowerCase() === wanted) ??
    fits.find(candidate => candidate.shortNames.includes(wanted))
  );
}

/** `apps`, or `v1.apps`; empty fits all. */
function qualifies(candidate: Pick<ResourceKind, 'apiVersion'>, qualifier: string): boolean {
  if (qualifier === '') return true;
  const { group, version } = splitApiVersion(candidate.apiVersion);
  return (
    qualifier === group || qualifier === `${version}.${group}` || (group === '' && qualifier === version)
  );
}

function unknownKind(
  kinds: readonly ResourceKind[],
  { kind, apiVersion }: { kind: string; apiVersion: string | undefined },
): VigieError {
  const shown = kind.slice(0, 80);
  const elsewhere = apiVersion === undefined ? undefined : findKind(kinds, { kind, apiVersion: undefined });
  if (elsewhere !== undefined) {
    return new VigieError(
      'UNKNOWN_KIND',
      `The cluster serves no ${shown} in ${String(apiVersion).slice(0, 80)}`,
      {
        hint: trusted`It serves ${elsewhere.kind} in ${elsewhere.apiVersion}.`,
        details: { nearest: [`${elsewhere.kind} (${elsewhere.apiVersion})`] },
      },
    );
  }
  // By all that people may have typed, told by the kind's own name.
  const kindOf = new Map(
    kinds.flatMap(candidate =>
      [candidate.kind, candidate.resource, ...candidate.shortNames].map(
        name => [name, candidate.kind] as const,
      ),
    ),
  );
  const nearest = [...new Set(nearestNames(shown, kindOf.keys()).map(name => kindOf.get(name) ?? name))];
  return new VigieError('UNKNOWN_KIND', `The cluster serves no kind ${JSON.stringify(shown)}`, {
    ...(nearest.length === 0 ? {} : { hint: trusted`Did you mean ${nearest}?` }),
    details: { nearest },
  });
}
