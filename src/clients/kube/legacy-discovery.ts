import { VigieError } from '../../core/errors.ts';
import { inParallel } from '../../core/in-parallel.ts';
import { isObject, type JsonObject, objectsIn, textIn, textsIn } from '../../core/json.ts';
import { parseObject } from './answers.ts';
import type { Channel } from './channel.ts';
import { discover } from './discover.ts';
import { serverPath } from './paths.ts';
import type { ResourceKind } from './resource-kind.ts';

// One request a group and version: a cluster has some dozens.
const mostVersions = 300;
const versionsAtOnce = 4;
// The core group has one version; what is named otherwise has no path of its own.
const nameOfVersion = /^(?:v1|[a-z0-9][a-z0-9.-]{0,252}\/[a-z0-9]{1,63})$/;

interface Listed {
  kinds: ResourceKind[];
  /** The versions, as `apps/v1`, whose kinds are not known. */
  unlisted: string[];
}

/** The kinds behind an APIVersions or APIGroupList, asked for one group and version at a time. */
export async function readLegacyKinds(channel: Channel, body: JsonObject): Promise<Listed> {
  const named = body.kind === 'APIVersions' ? textsIn(body.versions) : groupVersions(body);
  const versions = named.filter(version => nameOfVersion.test(version));
  const parts = await inParallel(versions.slice(0, mostVersions), {
    atOnce: versionsAtOnce,
    task: apiVersion => readVersion(channel, apiVersion),
  });
  return {
    kinds: parts.flatMap(({ kinds }) => kinds),
    unlisted: [...parts.flatMap(({ unlisted }) => unlisted), ...versions.slice(mostVersions)],
  };
}

async function readVersion(channel: Channel, apiVersion: string): Promise<Listed> {
  const path = apiVersion.includes('/')
    ? serverPath('apis', ...apiVersion.split('/'))
    : serverPath('api', apiVersion);
  try {
    const answer = await channel.read(discover(path));
    return { kinds: kindsOf(parseObject(answer.body, 'the discovery'), apiVersion), unlisted: [] };
  } catch (error) {
    // One broken aggregated server must not hide what the others serve.
    if (!(error instanceof VigieError)) throw error;
    if (error.code === 'UNKNOWN_KIND') return { kinds: [], unlisted: [] };
    if (['SERVER_ERROR', 'FORBIDDEN'].includes(error.code)) return { kinds: [], unlisted: [apiVersion] };
    throw error;
  }
}

/** The preferred version of each group first. */
function groupVersions(list: JsonObject): string[] {
  return objectsIn(list.groups).flatMap(group => {
    const preferred = isObject(group.preferredVersion) ? textIn(group.preferredVersion.groupVersion) : '';
    const all = objectsIn(group.versions).map(version => textIn(version.groupVersion));
    return [...new Set([preferred, ...all])].filter(version => version !== '');
  });
}

function kindsOf(list: JsonObject, apiVersion: string): ResourceKind[] {
  const resources = objectsIn(list.resources);
  return resources
    .filter(resource => !textIn(resource.name).includes('/'))
    .map(resource => {
      const name = textIn(resource.name);
      const below = resources.map(other => textIn(other.name)).filter(other => other.startsWith(`${name}/`));
      return {
        kind: textIn(resource.kind),
        apiVersion,
        resource: name,
        namespaced: resource.namespaced === true,
        verbs: textsIn(resource.verbs),
        shortNames: textsIn(resource.shortNames),
        subresources: below.map(other => other.slice(name.length + 1)),
      };
    });
}
