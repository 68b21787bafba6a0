import { textOf } from '../../../core/json.ts';
import { imageTag } from '../../../kubernetes/images.ts';
import { containersIn, podIn } from '../pod-parts.ts';
import type { Rule } from '../rule.ts';
import { docs } from '../sources.ts';

const source = docs('Images, image names', 'concepts/containers/images/#image-names');
const question = 'Which version is meant? Name its tag, or better its digest.';

const hasDigest = (image: string): boolean => image.includes('@');
const lastPart = (image: string): string => image.slice(image.lastIndexOf('/') + 1);

/** What runs must be what was tested. */
export const imageRules: readonly Rule[] = [
  {
    id: 'image-untagged',
    title: 'Image without a tag or digest',
    severity: 'medium',
    appliesTo: 'pods',
    source,
    why: 'Without either, latest is pulled: each start may bring another program, and there is no way back.',
    check: object =>
      imagesIn(object).flatMap(({ image, path, name }) =>
        image === '' || hasDigest(image) || lastPart(image).includes(':')
          ? []
          : [{ path, message: `container ${name} runs ${image}, with no tag and no digest`, question }],
      ),
  },
  {
    id: 'image-latest',
    title: 'Image tagged latest',
    severity: 'medium',
    appliesTo: 'pods',
    source,
    why: 'The tag moves: each start may bring another program, and a roll back brings the same.',
    check: object =>
      imagesIn(object).flatMap(({ image, path, name }) =>
        hasDigest(image) || !lastPart(image).includes(':') || imageTag(image) !== 'latest'
          ? []
          : [{ path, message: `container ${name} runs ${image}`, question }],
      ),
  },
];

function imagesIn(object: Parameters<Rule['check']>[0]) {
  const pod = podIn(object);
  if (pod === undefined) return [];
  return containersIn(pod).map(({ container, name, at }) => ({
    image: textOf(container, 'image'),
    path: `${at}.image`,
    name,
  }));
}
