import { VigieError } from '../../core/errors.ts';
import { inParallel } from '../../core/in-parallel.ts';
import { isObject, type JsonObject } from '../../core/json.ts';
import { parseObject } from './answers.ts';
import type { Channel } from './channel.ts';
import { discover } from './discover.ts';
import { objectsIn, textOf, textsIn } from './json-parts.ts';
import { serverPath } from './paths.ts';
import type { ResourceKind } from './resource-kind.ts';

// One request a group and version: a cluster has some dozens.
const mostVersions = 300;
const versionsAtOnce = 4;

/** The kinds behind an APIVersions or APIGroupList, asked for one group and version at a time. */
export async function readLegacyKinds(channel: Channel, body: JsonObject): Promise<ResourceKind[]> {
  const versions = body.kind === 'APIVersions' ? textsIn(body.versions) : groupVersions(body);
  const parts = await inParallel(versions.slice(0, mostVersions), {
    atOnce: versionsAtOnce,
    task: apiVersion => readVersion(channel, apiVersion),
  });
  return parts.flat();
}

async function readVersion(channel: Channel, apiVersion: string): Promise<ResourceKind[]> {
  const path = apiVersion.includes('/')
    ? serverPath('apis', ...apiVersion.split('/'))
    : serverPath('api', apiVersion);
  try {
    const answer = await channel.read(discover(path));
    return kindsOf(parseObject(answer.body, 'the discovery'), apiVersion);
  } catch (error) {
    // One broken aggregated server must not hide what the others serve.
    if (error instanceof VigieError && ['SERVER_ERROR', 'UNKNOWN_KIND', 'FORBIDDEN'].includes(error.code))
      return [];
    throw error;
  }
}

/** The preferred version of each group first. */
function groupVersions(list: JsonObject): string[] {
  return objectsIn(list.groups).flatMap(group => {
    const preferred = isObject(group.preferredVersion) ? textOf(group.preferredVersion.groupVersion) : '';
    const all = objectsIn(group.versions).map(version => textOf(version.groupVersion));
    return [...new Set([preferred, ...all])].filter(version => version !== '');
  });
}

function kindsOf(list: JsonObject, apiVersion: string): ResourceKind[] {
  const resources = objectsIn(list.resources);
  return resources
    .filter(resource => !textOf(resource.name).includes('/'))
    .map(resource => {
      const name = textOf(resource.name);
      const below = resources.map(other => textOf(other.name)).filter(other => other.startsWith(`${name}/`));
      return {
        kind: textOf(resource.kind),
        apiVersion,
        resource: name,
        namespaced: resource.namespaced === true,
        verbs: textsIn(resource.verbs),
        shortNames: textsIn(resource.shortNames),
        subresources: below.map(other => other.slice(name.length + 1)),
      };
    });
}
