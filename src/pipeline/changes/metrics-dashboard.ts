import type { Dashboard, GrafanaReader } from '../../clients/grafana/reader.ts';
import type { MetricsDashboard } from '../../core/change.ts';
import { isSameJson, type JsonObject, memberOf, textOf, textsIn } from '../../core/json.ts';
import { differences } from '../../core/json-diff.ts';
import type { Outcome } from '../../core/outcome.ts';
import type { Preview, Risk } from '../../core/preview.ts';
import { describeRef } from '../../core/ref.ts';
import { cleanLine } from '../../core/text.ts';
import { annotationChanges, panelChanges, queryMistakes } from '../../metrics/dashboard-panels.ts';
import type { Applied, ChangeKind, Looking, Prospect } from './kind.ts';
import { lookUntil } from './look-until.ts';
import { movedSince, refuseElsewhere } from './refuse-moved.ts';

/** Of mistakes in queries that are told; more are counted. */
const toldMistakes = 10;
const mistakeChars = 300;

/**
 * A dashboard is saved as a whole, in the place of the version that was read. Grafana has no dry run; it refuses a save in
 * the place of a version that is not the newest.
 */
export const metricsDashboard: ChangeKind<MetricsDashboard> = {
  name: 'metrics-dashboard',
  idempotent: true,

  riskOf({ does }, { after }): Risk {
    if (does === 'delete') return { level: 'high', reasons: ['deletes a dashboard'] };
    const removed = textsIn(after?.['panels']).filter(line => line.startsWith('removed:'));
    return removed.length > 0
      ? { level: 'high', reasons: [`removes panels (${removed.length})`] }
      : { level: 'medium', reasons: ['changes what people see'] };
  },

  async preview(change, looking): Promise<Prospect> {
    const found = await (await grafanaOf(change, looking)).dashboard(change.target.name);
    const common: Omit<Prospect, 'operation'> = {
      change,
      target: change.target,
      warnings: [],
      alongside: [],
      undo: { possible: true },
      serverChecked: 'Grafana has no dry run; the queries of its panels were read here',
      volatile: [],
    };
    if (isAsWanted(change, found)) return { ...common, operation: 'none' };
    refuseMoved(change, found);
    const { at, folder, dashboard } = change;
    const before =
      found === undefined
        ? {}
        : {
            uid: found.uid,
            resourceVersion: String(found.version),
            before: { grafana: at, folder: found.folder, model: found.model },
          };
    if (change.does === 'delete') return { ...common, operation: 'delete', ...before };
    const mistakes = queryMistakes(dashboard);
    const annotations = annotationChanges(found?.model ?? {}, dashboard);
    const more = mistakes.length - toldMistakes;
    return {
      ...common,
      operation: found === undefined ? 'create' : 'update',
      ...before,
      after: {
        grafana: at,
        folder,
        panels: panelChanges(found?.model ?? {}, dashboard),
        ...(annotations.length === 0 ? {} : { annotations }),
        model: dashboard,
      },
      warnings: [
        ...mistakes.slice(0, toldMistakes).map(line => cleanLine(line, mistakeChars)),
        ...(more > 0 ? [`and ${more} more queries with mistakes`] : []),
      ],
    };
  },

  async apply(change, { systems }, writing): Promise<Applied> {
    const grafana = await grafanaOf(change, { systems });
    const found = await grafana.dashboard(change.target.name);
    const { name: uid } = change.target;
    if (isAsWanted(change, found))
      return found === undefined ? {} : { uid, resourceVersion: String(found.version) };
    refuseMoved(change, found);
    const writer = await systems.grafanaWriter();
    await writing.beforeWrite();
    if (change.does === 'delete') {
      await writer.remove(uid);
      return {};
    }
    const { folder, dashboard, version, message } = change;
    const saved = await writer.save({
      uid,
      folder,
      model: dashboard,
      ...(version === undefined ? {} : { version }),
      message,
    });
    return { uid, resourceVersion: String(saved) };
  },

  async find(change, looking) {
    const found = await (await grafanaOf(change, looking)).dashboard(change.target.name);
    return found === undefined ? undefined : { uid: found.uid, resourceVersion: String(found.version) };
  },

  async observe(change, looking) {
    const found = await (await grafanaOf(change, looking)).dashboard(change.target.name);
    return isAsWanted(change, found) || isSaved(change, found);
  },

  async verify(change, looking, waiting): Promise<Outcome> {
    const grafana = await grafanaOf(change, looking);
    const name = describeRef(change.target);
    return lookUntil(waiting, async () => {
      const found = await grafana.dashboard(change.target.name);
      if (isAsWanted(change, found) || isSaved(change, found))
        return {
          state: 'verified',
          evidence: [
            found === undefined
              ? `${name} is gone.`
              : `${name} reads back as it was saved, version ${found.version}.`,
          ],
        };
      const seen =
        found === undefined ? 'not there' : `there as version ${found.version}, with another content`;
      const line = `${name} is ${seen}.`;
      return { saying: line, late: async () => [line] };
    });
  },

  invert(change, preview: Preview, applied) {
    const { before } = preview;
    const model = memberOf(before, 'model');
    const { kind, target, at } = change;
    // A save whose answer was lost made the next version, unless somebody else was there meanwhile; that is then a conflict.
    const version = Number(applied?.resourceVersion ?? (change.version ?? 0) + 1);
    if (change.does === 'save' && model === undefined)
      return [{ ...change, does: 'delete', version, message: 'Undone by vigie' }];
    return [
      {
        kind,
        does: 'save',
        target,
        at,
        folder: textOf(before, 'folder'),
        dashboard: model ?? change.dashboard,
        ...(change.does === 'delete' ? {} : { version }),
        message: 'Undone by vigie',
      },
    ];
  },
};

/** @throws VigieError CONFLICT where the environment has another Grafana than the one that was shown */
async function grafanaOf(
  change: MetricsDashboard,
  { systems }: Pick<Looking, 'systems'>,
): Promise<GrafanaReader> {
  const reader = await systems.grafana();
  refuseElsewhere(change.target, { planned: change.at, has: reader.shown });
  return reader;
}

function isAsWanted({ does, folder, dashboard }: MetricsDashboard, found: Dashboard | undefined): boolean {
  if (does === 'delete') return found === undefined;
  return found !== undefined && found.folder === folder && isSameJson(found.model, dashboard);
}

/** A newer version that has all of it: some Grafanas add fields that their own editor would add. */
function isSaved(
  { does, folder, dashboard, version }: MetricsDashboard,
  found: Dashboard | undefined,
): boolean {
  if (does === 'delete' || found === undefined || found.version <= (version ?? 0)) return false;
  return found.folder === folder && holds(found.model, dashboard);
}

function holds(model: JsonObject, wanted: JsonObject): boolean {
  return differences(model, wanted).every(({ after }) => after === undefined);
}

function refuseMoved({ target, version }: MetricsDashboard, found: Dashboard | undefined): void {
  if (version !== found?.version) throw movedSince(target);
}
