import { bareModel, type GrafanaReader } from '../../../clients/grafana/reader.ts';
import type { Change } from '../../../core/change.ts';
import { VigieError } from '../../../core/errors.ts';
import { newId } from '../../../core/ids.ts';
import { isSameJson, type JsonObject, objectsIn, textOf } from '../../../core/json.ts';
import { type AskedPanel, mistakeIn, withPanels } from '../../../metrics/dashboard-panels.ts';
import { withMark } from '../../../metrics/mark.ts';
import { readTime } from '../../../metrics/time-range.ts';
import type { ToolContext } from '../../../toolkit/tool.ts';

/** A person has to read what changes in it; the largest that people keep are some hundred kB. */
const modelChars = 1024 * 1024;
const uidPattern = /^[A-Za-z0-9_-]{1,40}$/;
/** Of a dashboard that nobody gave a time: what Grafana itself begins with. */
const emptyModel: JsonObject = { panels: [], schemaVersion: 39, time: { from: 'now-6h', to: 'now' } };

interface AskedMark {
  text: string;
  at?: string | undefined;
  until?: string | undefined;
  tags: string[];
}

interface Asked {
  uid?: string | undefined;
  title?: string | undefined;
  panels?: AskedPanel[] | undefined;
  dashboard?: Record<string, unknown> | undefined;
  mark?: AskedMark | undefined;
  folder?: string | undefined;
  message?: string | undefined;
}

export async function planDashboard(asked: Asked, { systems, now }: ToolContext): Promise<Change[]> {
  const { panels, mark } = asked;
  const [dashboard] = objectsIn([asked.dashboard]);
  if ([panels, dashboard, mark].filter(each => each !== undefined).length !== 1)
    throw wrong('panels', 'give one of panels, the whole dashboard, or mark');
  const grafana = await systems.grafana();
  if (mark !== undefined) {
    const uid = await uidOf(asked, { grafana, title: asked.title ?? '' });
    if ((await grafana.dashboard(uid)) === undefined)
      throw new VigieError('NOT_FOUND', `${grafana.shown} has no dashboard of that uid or title to mark.`);
    return [planMark(mark, { uid, grafana, now })];
  }
  for (const [index, { query }] of (panels ?? []).entries()) {
    const mistake = mistakeIn(query);
    if (mistake !== undefined) throw wrong(`panels.${index}.query`, mistake);
  }
  const title = asked.title ?? textOf(dashboard, 'title');
  const uid = await uidOf(asked, { grafana, title });
  const found = await grafana.dashboard(uid);
  if (found === undefined && title === '')
    throw new VigieError('NOT_FOUND', `${grafana.shown} has no dashboard of that uid.`, {
      hint: 'A new one needs a title.',
    });
  const model = {
    ...(dashboard === undefined
      ? withPanels(found?.model ?? emptyModel, panels ?? [])
      : bareModel(dashboard)),
    ...(title === '' ? {} : { title }),
  };
  if (JSON.stringify(model).length > modelChars)
    throw wrong('dashboard', `is larger than ${modelChars} characters`);
  const folder = asked.folder ?? found?.folder ?? '';
  if (found !== undefined && found.folder === folder && isSameJson(found.model, model)) return [];
  return [
    {
      kind: 'metrics-dashboard',
      does: 'save',
      target: { kind: 'Dashboard', name: uid },
      at: grafana.shown,
      folder,
      dashboard: model,
      ...(found === undefined ? {} : { version: found.version }),
      message: asked.message ?? 'Saved by vigie',
    },
  ];
}

function planMark(
  { text, at = 'now', until, tags }: AskedMark,
  { uid, grafana, now }: { uid: string; grafana: GrafanaReader; now: Date },
): Change {
  const timeOf = (field: string, written: string): Date => {
    const seconds = readTime(written, now.getTime() / 1000);
    if (seconds === undefined) throw wrong(field, 'must be like 1h (ago) or 2026-01-31T12:00:00Z');
    return new Date(seconds * 1000);
  };
  const from = timeOf('mark.at', at);
  const end = until === undefined ? undefined : timeOf('mark.until', until);
  if (end !== undefined && end <= from) throw wrong('mark.until', 'must be after at');
  const mark = newId();
  return {
    kind: 'metrics-annotation',
    does: 'create',
    target: { kind: 'Annotation', name: mark },
    at: grafana.shown,
    dashboard: uid,
    annotation: {
      text: withMark(text, mark),
      tags,
      from: from.toISOString(),
      ...(end === undefined ? {} : { until: end.toISOString() }),
    },
  };
}

/** The one that is meant; one that was drawn where a title is new. */
async function uidOf(
  { uid, dashboard }: Asked,
  { grafana, title }: { grafana: GrafanaReader; title: string },
): Promise<string> {
  const named = uid ?? textOf(dashboard, 'uid');
  if (named !== '') {
    // It becomes a part of a path.
    if (!uidPattern.test(named)) throw wrong('dashboard.uid', 'must be letters, digits, - and _, at most 40');
    return named;
  }
  if (title === '') throw wrong('title', 'name the uid of a dashboard, or a title');
  const [first, ...others] = await grafana.uidsOf(title);
  if (others.length > 0) throw wrong('uid', 'several dashboards have that title: name one by its uid');
  if (first === undefined) return `vigie-${newId()}`;
  if (uidPattern.test(first)) return first;
  throw wrong('uid', 'the uid of that dashboard is none that can be asked for');
}

function wrong(field: string, message: string): VigieError {
  return new VigieError('INVALID_INPUT', `${field}: ${message}`, {
    details: { issues: [{ field, message }] },
  });
}
