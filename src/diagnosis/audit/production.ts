import type { KubeObject } from '../../kubernetes/object.ts';

const word = /(?:^|[-_.])(?:prod|prd|production|live)(?:$|[-_.\d])/i;
/** The last part of labels that name a stage, by custom. */
const stages: readonly string[] = ['environment', 'env', 'stage', 'tier'];

/** Whether a name says that what is there serves people: `prod-eu`, `shop-production`. */
export function soundsLikeProduction(name: string): boolean {
  return word.test(name);
}

/** By its name, or by a label that says which stage it is. */
export function isProductionNamespace({ metadata }: KubeObject): boolean {
  const named = Object.entries(metadata.labels ?? {}).some(
    ([key, value]) => stages.includes(key.slice(key.lastIndexOf('/') + 1)) && soundsLikeProduction(value),
  );
  return named || soundsLikeProduction(metadata.name);
}
