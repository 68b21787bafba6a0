import type { Json } from '../core/json.ts';
import { groupOf, isKnownKind } from './kinds.ts';
import { type KubeObject, splitApiVersion } from './object.ts';
import { printers } from './table/index.ts';
import { age, type ColumnDefinition, column, nameColumn, type Printer } from './table/printer.ts';
import { rarePrinters } from './table/rare.ts';

export interface TableCells {
  columnDefinitions: readonly ColumnDefinition[];
  /** One row an object, in the order given; one cell a column. */
  rows: Json[][];
}

/**
 * The columns and cells that an API server sends for a list of one kind, `-o wide` ones included (kubectl leaves
 * them out by their priority). nowMs is the moment that ages count to. A built-in kind without columns of its own
 * shows its name and creation time, a custom resource its name and age.
 */
export function tableFor(input: {
  kind: string;
  apiVersion: string;
  objects: readonly KubeObject[];
  nowMs: number;
}): TableCells {
  const { kind, objects, nowMs } = input;
  const { group } = splitApiVersion(input.apiVersion);
  if (kind === 'Event' && group === 'events.k8s.io') {
    return tableFor({ kind, apiVersion: 'v1', objects: objects.map(coreEvent), nowMs });
  }
  const printer = rareByKind.get(`${input.apiVersion}/${kind}`) ?? printerFor(kind, group);
  return {
    columnDefinitions: printer.columns,
    rows: objects.map(object => printer.cells(object, nowMs)),
  };
}

const printerByKind = new Map(printers.map(printer => [printer.kind, printer]));
const rareByKind = new Map(rarePrinters.map(printer => [printer.kind, printer]));

function printerFor(kind: string, group: string): Printer {
  const known = isKnownKind(kind) && groupOf(kind) === group ? printerByKind.get(kind) : undefined;
  return known ?? (isBuiltInGroup(group) ? plainPrinter : customPrinter);
}

/** A group of a custom resource has a dot; those of Kubernetes itself have none or end in k8s.io. */
function isBuiltInGroup(group: string): boolean {
  return !group.includes('.') || group.endsWith('.k8s.io');
}

const plainPrinter: Printer = {
  kind: '*',
  columns: [nameColumn, { ...column('Created At', 'When the object was created.'), type: 'date' }],
  cells: object => [object.metadata.name, object.metadata.creationTimestamp ?? null],
};

const customPrinter: Printer = {
  kind: '*',
  columns: [nameColumn, { ...column('Age', 'Time since the object was created.'), type: 'date' }],
  cells: (object, nowMs) => [object.metadata.name, age(object, nowMs)],
};

/** events.k8s.io/v1 names the fields of the core event otherwise; the table is the same. */
function coreEvent(event: KubeObject): KubeObject {
  return {
    ...event,
    apiVersion: 'v1',
    involvedObject: event['regarding'] ?? {},
    message: event['note'],
    firstTimestamp: event['deprecatedFirstTimestamp'],
    lastTimestamp: event['deprecatedLastTimestamp'],
    count: event['deprecatedCount'],
    source: event['deprecatedSource'],
    reportingComponent: event['reportingController'],
  };
}
