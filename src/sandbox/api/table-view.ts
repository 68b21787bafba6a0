import type { JsonObject } from '../../core/json.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { customTable } from '../../kubernetes/table/custom.ts';
import { tableFor } from '../../kubernetes/table.ts';
import type { Cluster } from '../cluster.ts';
import { apiVersionOf, type Resource } from '../resource.ts';
import { badRequest } from '../status.ts';
import { metadataText, objectText } from './text.ts';

export type Include = 'None' | 'Metadata' | 'Object';

export function includeOf(query: URLSearchParams): Include {
  const asked = query.get('includeObject') ?? 'Metadata';
  if (asked === 'None' || asked === 'Metadata' || asked === 'Object') return asked;
  throw badRequest(
    `Unable to convert to Table as requested: includeObject: Invalid value: ${JSON.stringify(asked)}: must be 'Metadata', 'Object', 'None', or empty`,
  );
}

/** A Table as text. Without columns for what follows the first event of a watch. */
export function tableText(
  cluster: Cluster,
  table: {
    resource: Resource;
    objects: readonly KubeObject[];
    metadata: JsonObject;
    include: Include;
    columns: boolean;
  },
): string {
  const { resource, objects, include } = table;
  const nowMs = cluster.clock.now();
  const { columnDefinitions, rows } = resource.custom
    ? customTable(resource.columns ?? [], { objects, nowMs })
    : tableFor({ kind: resource.kind, apiVersion: printedVersion(resource), objects, nowMs });
  const rowTexts = rows.map((cells, index) => {
    const object = objects[index];
    const text = JSON.stringify(cells);
    if (object === undefined || include === 'None') return `{"cells":${text},"object":null}`;
    const shown = include === 'Object' ? objectText(resource, object) : metadataText(object);
    return `{"cells":${text},"object":${shown}}`;
  });
  // Of kinds without columns of their own a real server sends null for no rows.
  const isPlain = !resource.custom && columnDefinitions[1]?.name === 'Created At';
  const rowsText = isPlain && rowTexts.length === 0 ? 'null' : `[${rowTexts.join(',')}]`;
  const definitions = table.columns ? JSON.stringify(columnDefinitions) : 'null';
  return `{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":${JSON.stringify(table.metadata)},"columnDefinitions":${definitions},"rows":${rowsText}}`;
}

/** Events are printed from the form in which they are stored, whichever they are asked for in. */
function printedVersion(resource: Resource): string {
  return resource.plural === 'events' ? 'v1' : apiVersionOf(resource);
}
