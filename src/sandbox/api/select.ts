import { VigieError } from '../../core/errors.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { isSelectable, selectedField } from '../../kubernetes/selectable-fields.ts';
import { matchesLabels, parseFieldSelector, parseLabelSelector } from '../../kubernetes/selectors.ts';
import type { Resource } from '../resource.ts';
import { badRequest } from '../status.ts';
import { servedForm } from './versions.ts';

export interface Selection {
  matches(object: KubeObject): boolean;
  /** True when no selector was given: every object matches. */
  everything: boolean;
  /** The one name that `metadata.name=` asks for. */
  name: string | undefined;
}

/** The selection that labelSelector and fieldSelector of a query describe. BadRequest for one that cannot be read. */
export function parseSelection(resource: Resource, query: URLSearchParams): Selection {
  const labelText = query.get('labelSelector') ?? '';
  const fieldText = query.get('fieldSelector') ?? '';
  const labels = refuse(() => (labelText === '' ? [] : parseLabelSelector(labelText)));
  const fields = refuse(() => (fieldText === '' ? [] : parseFieldSelector(fieldText)));
  // What stands for "and" or "is" in a selector is written with a backslash before it in a value.
  if (fields.some(({ value }) => value.includes('='))) {
    throw badRequest('invalid field selector: unescaped character in value: 61');
  }
  for (const { field } of fields) {
    if (field === 'metadata.name' || (field === 'metadata.namespace' && resource.namespaced)) continue;
    if (!isSelectable(`${resource.group}/${resource.plural}`, field))
      throw badRequest(`field label not supported: ${field}`);
  }
  return {
    everything: labels.length === 0 && fields.length === 0,
    name: fields.find(({ field, op }) => field === 'metadata.name' && op === '=')?.value,
    matches: object =>
      matchesLabels(labels, object.metadata.labels) &&
      fields.every(
        ({ field, op, value }) =>
          (selectedField(servedForm(resource, object), field) === value) === (op === '='),
      ),
  };
}

function refuse<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof VigieError && error.code === 'INVALID_INPUT') throw badRequest(error.message);
    throw error;
  }
}
