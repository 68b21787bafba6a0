import { failure } from '../status.ts';

/** How the caller wants objects shown. */
export type Shown = 'whole' | 'table' | 'metadata';

interface MediaRange {
  type: string;
  parameters: Map<string, string>;
}

function parseAccept(header: string): MediaRange[] {
  return header.split(',').map(part => {
    const [type = '', ...parameters] = part.split(';').map(piece => piece.trim());
    const pairs = parameters.map((parameter): [string, string] => {
      const [name = '', value = ''] = parameter.split('=');
      return [name, value];
    });
    return { type: type.toLowerCase(), parameters: new Map(pairs) };
  });
}

const jsonRanges = new Set(['application/json', '*/*']);

/**
 * The first form of the Accept header that the sandbox can answer in. It answers in JSON alone: a caller that names
 * protobuf or YAML too gets JSON, one that names nothing else gets 406.
 */
export function chooseShown(header: string | undefined): Shown {
  if (header === undefined || header.trim() === '') return 'whole';
  for (const { type, parameters } of parseAccept(header)) {
    if (!jsonRanges.has(type)) continue;
    const as = parameters.get('as');
    if (as === undefined) return 'whole';
    if (parameters.get('g') !== 'meta.k8s.io' || parameters.get('v') !== 'v1') continue;
    if (as === 'Table') return 'table';
    if (as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList') return 'metadata';
  }
  throw failure(406, {
    reason: 'NotAcceptable',
    message: '406: Not Acceptable\n\nAvailable representations: application/json',
    details: {},
  });
}

/** Whether the caller asks for the whole discovery in one document (apidiscovery.k8s.io/v2). */
export function wantsAggregatedDiscovery(header: string | undefined): boolean {
  return parseAccept(header ?? '').some(
    ({ type, parameters }) =>
      type === 'application/json' &&
      parameters.get('g') === 'apidiscovery.k8s.io' &&
      parameters.get('v') === 'v2' &&
      parameters.get('as') === 'APIGroupDiscoveryList',
  );
}
