import { imageName, imageTag } from '../kubernetes/images.ts';
import { matches, type World } from './world.ts';

/** Why an image is not handed out, as a container runtime tells of it. */
export interface PullFault {
  code: 'NotFound' | 'Unknown';
  text: string;
}

/** A registry does not tell what it lacks from what it does not show. */
export const accessDenied: PullFault = {
  code: 'Unknown',
  text: 'pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed',
};

/**
 * Why no registry of the world has the image; undefined: one has it, as every image where the world says nothing of its
 * registry. A tag `does-not-exist` never exists, in any world.
 */
export function absenceOf({ registry, missing }: World, image: string): PullFault | undefined {
  const tag = imageTag(image);
  const unknownTag: PullFault = { code: 'NotFound', text: `${image}: not found` };
  if (tag === 'does-not-exist' || missing.some(pattern => matches(pattern, image))) return unknownTag;
  if (registry === undefined) return undefined;
  const name = imageName(image);
  const tags = Object.hasOwn(registry, name) ? registry[name] : undefined;
  if (tags !== undefined) return tags.some(pattern => matches(pattern, tag)) ? undefined : unknownTag;
  // The first part of a name is a host where it could be no folder.
  const host = /^(?:[^/]*[.:][^/]*|localhost)(?=\/)/.exec(name)?.[0];
  if (host === undefined || Object.keys(registry).some(each => each.startsWith(`${host}/`)))
    return accessDenied;
  const address = `https://${host}/v2${name.slice(host.length)}/manifests/${tag}`;
  const cause = `dial tcp: lookup ${host.replace(/:\d+$/, '')}: no such host`;
  return { code: 'Unknown', text: `failed to do request: Head "${address}": ${cause}` };
}
