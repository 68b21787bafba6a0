import type { KubeObject } from '../../../src/kubernetes/object.ts';

/** Where objects of a kind are created. Plurals follow one rule for every kind that the corpus has. */
export function pathOf({ apiVersion, kind, metadata: { namespace } }: KubeObject): string {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const lower = kind.toLowerCase();
  const plural =
    lower.endsWith('y') && !lower.endsWith('ay')
      ? `${lower.slice(0, -1)}ies`
      : lower.endsWith('s')
        ? lower === 'endpoints'
          ? lower
          : `${lower}es`
        : `${lower}s`;
  return `${root}${namespace === undefined ? '' : `/namespaces/${namespace}`}/${plural}`;
}
