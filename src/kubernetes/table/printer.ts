import type { Json } from '../../core/json.ts';
import { ageOf } from '../duration.ts';
import type { LabelSelector } from '../kinds/label-selector.ts';
import type { PodTemplate } from '../kinds/pod.ts';
import { isKind, type KnownKind, type ObjectOf } from '../kinds.ts';
import type { KubeObject } from '../object.ts';

/** One column as meta.k8s.io/v1 Table names it. priority 0 always shows, above only with `-o wide`. */
export interface ColumnDefinition {
  name: string;
  type: 'string' | 'integer' | 'boolean' | 'date';
  format: string;
  description: string;
  priority: number;
}

/** How one kind is shown: its columns, and the cells of one object in their order. */
export interface Printer {
  kind: string;
  columns: readonly ColumnDefinition[];
  cells(object: KubeObject, nowMs: number): Json[];
}

/** A printer of one kind. An object of another kind under it is a fault of the caller and shows its name only. */
export function definePrinter<K extends KnownKind>(
  kind: K,
  show: { columns: readonly ColumnDefinition[]; cells(object: ObjectOf<K>, nowMs: number): Json[] },
): Printer {
  return {
    kind,
    columns: show.columns,
    cells: (object, nowMs) => (isKind(object, kind) ? show.cells(object, nowMs) : [object.metadata.name]),
  };
}

export function column(name: string, description: string): ColumnDefinition {
  return { name, type: 'string', format: '', description, priority: 0 };
}

/** A column that shows with `-o wide` only. */
export function wideColumn(name: string, description: string): ColumnDefinition {
  return { ...column(name, description), priority: 1 };
}

export const nameColumn: ColumnDefinition = { ...column('Name', 'Name of the object.'), format: 'name' };
export const ageColumn = column('Age', 'Time since the object was created.');
export const containerColumns = [
  wideColumn('Containers', 'Names of the containers in the template.'),
  wideColumn('Images', 'Images of the containers in the template.'),
];
export const selectorColumn = wideColumn('Selector', 'Which pods it selects.');

export function integerColumn(name: string, description: string): ColumnDefinition {
  return { ...column(name, description), type: 'integer' };
}

export function age(object: KubeObject, nowMs: number): string {
  return ageOf(object.metadata.creationTimestamp, nowMs);
}

export function containerCells(template: PodTemplate): Json[] {
  const { containers } = template.spec;
  return [containers.map(c => c.name).join(','), containers.map(c => c.image ?? '').join(',')];
}

export function formatLabels(labels: Record<string, string> | undefined): string {
  const pairs = Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`);
  return pairs.length === 0 ? '<none>' : pairs.sort().join(',');
}

/** A selector as one line, keys sorted; `<none>` when it is empty or absent. */
export function formatSelector(selector: LabelSelector | undefined): string {
  const equal = Object.entries(selector?.matchLabels ?? {}).map(([key, value]) => ({
    key,
    text: `${key}=${value}`,
  }));
  const others = (selector?.matchExpressions ?? []).map(({ key, operator, values }) => ({
    key,
    text: formatRequirement(key, { operator, values: (values ?? []).toSorted().join(',') }),
  }));
  const parts = [...equal, ...others].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return parts.length === 0 ? '<none>' : parts.map(part => part.text).join(',');
}

function formatRequirement(key: string, { operator, values }: { operator: string; values: string }): string {
  if (operator === 'Exists') return key;
  if (operator === 'DoesNotExist') return `!${key}`;
  return `${key} ${operator === 'In' ? 'in' : 'notin'} (${values})`;
}

/** At most three of a list, then how many more there are; `empty` for none. */
export function firstThree(values: readonly string[], empty: string): string {
  if (values.length === 0) return empty;
  const shown = values.slice(0, 3).join(',');
  return values.length > 3 ? `${shown} + ${values.length - 3} more...` : shown;
}

/** A quantity or int-or-string as text; absent reads as `whenAbsent`. */
export function quantityText(value: Json | undefined, whenAbsent: string): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : whenAbsent;
}
