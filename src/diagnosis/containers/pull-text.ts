import { imageName, imageTag } from '../../kubernetes/images.ts';
import { type PullCause, registryOf } from './pull-cause.ts';

export type PullCode =
  | 'IMAGE_NOT_FOUND'
  | 'IMAGE_PULL_DENIED'
  | 'PULL_SECRET_MISSING'
  | 'REGISTRY_UNREACHABLE'
  | 'PULL_RATE_LIMITED'
  | 'IMAGE_WRONG_PLATFORM'
  | 'IMAGE_NAME_INVALID'
  | 'IMAGE_NEVER_PULLED'
  | 'IMAGE_PULL_FAILED';

/**
 * What a failed pull is called, and what has to be answered to mend it.
 * @param pull secret: the name of one that should hold credentials and is not there; others: how many workloads wait for the same
 */
export function textOfPull({
  cause,
  image,
  secret,
  others,
}: {
  cause: PullCause;
  image: string;
  secret: string | undefined;
  others: number;
}): { code: PullCode; summary: string; question: string } {
  const more = others > 0 ? ` (${others} more workloads wait for it)` : '';
  const registry = registryOf(image);
  if (secret !== undefined)
    return {
      code: 'PULL_SECRET_MISSING',
      summary: `the Secret ${secret} does not exist, without which ${registry} does not hand out ${image}${more}`,
      question: `Which credentials for ${registry} should Secret ${secret} hold?`,
    };
  switch (cause) {
    case 'absent':
      return {
        code: 'IMAGE_NOT_FOUND',
        summary: `${registry} has no image ${imageName(image)} with tag ${imageTag(image) || 'or digest'}`,
        question: `Which tag of ${imageName(image)} exists and is meant?`,
      };
    case 'denied':
      return {
        code: 'IMAGE_PULL_DENIED',
        summary: `${registry} does not hand out ${image}: it wants credentials, or has no such repository`,
        question: `Is ${imageName(image)} the right name, and which imagePullSecret may pull it?`,
      };
    case 'limited':
      return {
        code: 'PULL_RATE_LIMITED',
        summary: `${registry} refuses pulls, there were too many${more}`,
        question: `Which credentials or mirror should pull from ${registry}?`,
      };
    case 'unreachable':
    case 'certificate':
      return {
        code: 'REGISTRY_UNREACHABLE',
        summary: `${registry} ${cause === 'certificate' ? 'is not trusted by the nodes, or speaks plain HTTP' : 'does not answer the nodes'}${more}`,
        question: `Is ${registry} the right name, and can the nodes reach and trust it?`,
      };
    case 'platform':
      return {
        code: 'IMAGE_WRONG_PLATFORM',
        summary: `${image} is not made for the architecture of the node`,
        question: `Is there an image for that architecture, or which nodes should run it?`,
      };
    case 'name':
      return {
        code: 'IMAGE_NAME_INVALID',
        summary: `${image} is no valid name of an image${/[A-Z]/.test(imageName(image)) ? ': it must be lower case' : ''}`,
        question: 'Which image is meant?',
      };
    case 'never':
      return {
        code: 'IMAGE_NEVER_PULLED',
        summary: `${image} is not on the node, and the pull policy Never forbids to fetch it`,
        question: `Should the nodes fetch ${image}, or will somebody put it there?`,
      };
    case 'unknown':
      return {
        code: 'IMAGE_PULL_FAILED',
        summary: `${image} cannot be pulled`,
        question: `What does the node need to pull ${image}?`,
      };
  }
}
