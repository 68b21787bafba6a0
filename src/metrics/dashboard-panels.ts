import { isSameJson, type Json, type JsonObject, memberOf, objectsIn, textOf } from '../core/json.ts';
import { checkQuery } from './promql/check.ts';

/** Rows within rows are none of Grafana's. */
const mostDepth = 3;
/** A dashboard is 24 columns wide; two panels stand side by side. */
const panelSize = { w: 12, h: 8 };

/** A panel that draws one query. */
export interface AskedPanel {
  title: string;
  query: string;
  /** As Grafana names units: `bytes`, `s`, `percentunit`. Absent: none. */
  unit?: string | undefined;
}

/** The panels of a dashboard, those of closed rows too, without the rows. */
function panelsOf(model: JsonObject, depth = 0): JsonObject[] {
  if (depth > mostDepth) return [];
  return objectsIn(model['panels']).flatMap(panel =>
    textOf(panel, 'type') === 'row' ? panelsOf(panel, depth + 1) : [panel],
  );
}

/** What comes, changes and goes, a panel a line; a panel is known by its title, else by its id. */
export function panelChanges(before: JsonObject, after: JsonObject): string[] {
  return changesOf(byName(before), byName(after));
}

/** What a dashboard asks for to mark times on all its panels, by name: what comes, changes and goes. */
export function annotationChanges(before: JsonObject, after: JsonObject): string[] {
  const named = (model: JsonObject) =>
    new Map(
      objectsIn(memberOf(model, 'annotations')?.['list']).map(
        query => [textOf(query, 'name'), query] as const,
      ),
    );
  return changesOf(named(before), named(after));
}

function changesOf(old: ReadonlyMap<string, JsonObject>, now: ReadonlyMap<string, JsonObject>): string[] {
  return [
    ...[...now].flatMap(([name, part]) => {
      const was = old.get(name);
      if (was === undefined) return [`added: ${name}`];
      return isSameJson(was, part) ? [] : [`changed: ${name}`];
    }),
    ...[...old.keys()].filter(name => !now.has(name)).map(name => `removed: ${name}`),
  ];
}

function byName(model: JsonObject): Map<string, JsonObject> {
  const named = new Map<string, JsonObject>();
  for (const panel of panelsOf(model)) {
    const title = textOf(panel, 'title');
    const id = `panel ${JSON.stringify(panel['id'] ?? null)}`;
    named.set(title === '' || named.has(title) ? `${title} (${id})`.trim() : title, panel);
  }
  return named;
}

/** What is wrong with the PromQL of a dashboard, a line each; queries of other data sources are left out. */
export function queryMistakes(model: JsonObject): string[] {
  return panelsOf(model).flatMap(panel =>
    objectsIn(panel['targets']).flatMap(target => {
      const query = textOf(target, 'expr');
      const source = textOf(memberOf(target, 'datasource') ?? memberOf(panel, 'datasource'), 'type');
      if (query === '' || (source !== '' && source !== 'prometheus')) return [];
      const message = mistakeIn(query);
      return message === undefined ? [] : [`The query of ${textOf(panel, 'title')}: ${message}`];
    }),
  );
}

/** What is wrong with a query of a dashboard, whose variables stand for what nobody knows yet. */
export function mistakeIn(query: string): string | undefined {
  const { mistake } = checkQuery(withoutVariables(query));
  return mistake?.message;
}

/** Between brackets a variable is a time, elsewhere a name or a text. */
function withoutVariables(query: string): string {
  const variable = /\$\{\w+(?::\w+)?\}|\$\w+|\[\[\w+\]\]/g;
  return query
    .replace(/\[([^\][]*\$[^\][]*)\]/g, (_, within: string) => `[${within.replace(variable, '5m')}]`)
    .replace(variable, 'x');
}

/** A dashboard with these panels: one of the same title is replaced where it stands, others come below. */
export function withPanels(model: JsonObject, asked: readonly AskedPanel[]): JsonObject {
  const panels = objectsIn(model['panels']);
  let id = Math.max(
    0,
    ...panelsOf(model).map(each => numberIn(each['id'])),
    ...panels.map(each => numberIn(each['id'])),
  );
  let bottom = Math.max(0, ...panels.map(each => bottomOf(each)));
  let column = 0;
  const changed = [...panels];
  for (const panel of asked) {
    const at = changed.findIndex(
      each => textOf(each, 'title') === panel.title && textOf(each, 'type') !== 'row',
    );
    const there = changed[at];
    if (there !== undefined) {
      changed[at] = { ...there, ...drawn(panel, there) };
      continue;
    }
    id += 1;
    changed.push({ id, ...drawn(panel, {}), gridPos: { x: column * panelSize.w, y: bottom, ...panelSize } });
    column = 1 - column;
    if (column === 0) bottom += panelSize.h;
  }
  return { ...model, panels: changed };
}

function drawn({ title, query, unit }: AskedPanel, there: JsonObject): JsonObject {
  const config = memberOf(there, 'fieldConfig') ?? { overrides: [] };
  const defaults = memberOf(config, 'defaults') ?? {};
  return {
    type: textOf(there, 'type') || 'timeseries',
    title,
    targets: [{ refId: 'A', expr: query }],
    fieldConfig: { ...config, defaults: unit === undefined ? defaults : { ...defaults, unit } },
  };
}

function bottomOf(panel: JsonObject): number {
  const place = memberOf(panel, 'gridPos');
  return numberIn(place?.['y']) + numberIn(place?.['h']);
}

function numberIn(value: Json | undefined): number {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : 0;
}
