/** What a URL path names. */
export type Target =
  | {
      kind: 'resource';
      group: string;
      version: string;
      plural: string;
      namespace: string | undefined;
      name: string | undefined;
      subresource: string | undefined;
      /** What follows the subresource (`proxy/…`). */
      rest: string[];
    }
  | { kind: 'groupVersion'; group: string; version: string }
  | { kind: 'group'; group: string }
  | { kind: 'other'; path: string };

/** Subresources of a namespace itself; any other word there is a resource inside it. */
const namespaceSubresources = new Set(['status', 'finalize']);

/** Takes a path apart. A segment that is no valid escape is kept as it came: it will name nothing. */
export function parsePath(path: string): Target {
  const segments = path.split('/').slice(1).map(decode);
  if (segments.at(-1) === '') segments.pop();
  const [root, ...rest] = segments;
  if (root === 'api' && rest[0] === 'v1') return inVersion({ group: '', version: 'v1' }, rest.slice(1));
  if (root === 'apis') {
    const [group, version, ...inside] = rest;
    if (group !== undefined && version === undefined) return { kind: 'group', group };
    if (group !== undefined && version !== undefined) return inVersion({ group, version }, inside);
  }
  return { kind: 'other', path: `/${segments.join('/')}` };
}

function inVersion(where: { group: string; version: string }, segments: string[]): Target {
  if (segments.length === 0) return { kind: 'groupVersion', ...where };
  const [first, second, third] = segments;
  const inNamespace =
    first === 'namespaces' &&
    second !== undefined &&
    third !== undefined &&
    !namespaceSubresources.has(third);
  const [plural, name, subresource, ...rest] = inNamespace ? segments.slice(2) : segments;
  return {
    kind: 'resource',
    ...where,
    plural: plural ?? '',
    namespace: inNamespace ? second : undefined,
    name,
    subresource,
    rest,
  };
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
