import type { Annotation } from '../../clients/grafana/annotations.ts';
import type { GrafanaReader } from '../../clients/grafana/reader.ts';
import type { MetricsAnnotation } from '../../core/change.ts';
import { VigieError } from '../../core/errors.ts';
import { newId } from '../../core/ids.ts';
import { isSameJson, type JsonObject, textOf } from '../../core/json.ts';
import type { Outcome } from '../../core/outcome.ts';
import type { Risk } from '../../core/preview.ts';
import { describeRef } from '../../core/ref.ts';
import { endsWithMark, withMark } from '../../metrics/mark.ts';
import type { Applied, ChangeKind, Looking, Prospect } from './kind.ts';
import { lookUntil } from './look-until.ts';
import { movedSince, refuseElsewhere } from './refuse-moved.ts';

/**
 * A note comes onto a dashboard, or goes. Grafana takes no id from us: the note is known again by the mark that ends its text,
 * so that none is made twice.
 */
export const metricsAnnotation: ChangeKind<MetricsAnnotation> = {
  name: 'metrics-annotation',
  idempotent: true,

  riskOf({ does }): Risk {
    return {
      level: 'low',
      reasons: [does === 'create' ? 'adds a note to a dashboard' : 'removes a note of Vigie'],
    };
  },

  async preview(change, looking): Promise<Prospect> {
    const grafana = await grafanaOf(change, looking);
    const [found, dashboard] = await Promise.all([
      annotationOf(change, grafana),
      grafana.dashboard(change.dashboard),
    ]);
    const common: Omit<Prospect, 'operation'> = {
      change,
      target: change.target,
      warnings: [],
      alongside: [],
      undo: { possible: true },
      serverChecked: 'Grafana has no dry run',
      volatile: [],
    };
    const content = { ...contentOf(change), title: textOf(dashboard?.model, 'title') };
    if (change.does === 'create') {
      if (found !== undefined) return { ...common, operation: 'none' };
      if (dashboard === undefined)
        throw new VigieError('NOT_FOUND', `${grafana.shown} has no dashboard ${change.dashboard}.`);
      return { ...common, operation: 'create', after: content };
    }
    if (found === undefined) return { ...common, operation: 'none' };
    refuseEdited(change, found);
    return { ...common, operation: 'delete', uid: String(found.id), before: content };
  },

  async apply(change, { systems }, writing): Promise<Applied> {
    const grafana = await grafanaOf(change, { systems });
    const writer = await systems.grafanaWriter();
    const found = await annotationOf(change, grafana);
    if (change.does === 'create') {
      if (found !== undefined) return { uid: String(found.id) };
      const { text, tags, from, until } = change.annotation;
      await writing.beforeWrite();
      const id = await writer.annotate({
        dashboard: change.dashboard,
        text,
        tags,
        from: new Date(from),
        ...(until === undefined ? {} : { until: new Date(until) }),
      });
      return { uid: String(id) };
    }
    if (found === undefined) return {};
    refuseEdited(change, found);
    await writing.beforeWrite();
    await writer.removeAnnotation(found.id);
    return {};
  },

  async find(change, looking) {
    const found = await annotationOf(change, await grafanaOf(change, looking));
    return found === undefined ? undefined : { uid: String(found.id), resourceVersion: '' };
  },

  async observe(change, looking) {
    const found = await annotationOf(change, await grafanaOf(change, looking));
    return (change.does === 'create') === (found !== undefined);
  },

  async verify(change, looking, waiting): Promise<Outcome> {
    const grafana = await grafanaOf(change, looking);
    const name = describeRef(change.target);
    return lookUntil(waiting, async () => {
      const found = await annotationOf(change, grafana);
      if (change.does === 'delete' && found === undefined)
        return { state: 'verified', evidence: [`${name} is gone from the dashboard ${change.dashboard}.`] };
      if (change.does === 'create' && found !== undefined && isAsWritten(change, found))
        return {
          state: 'verified',
          evidence: [`${name} reads back from the dashboard ${change.dashboard} as it was written.`],
        };
      const line = `${name} is ${found === undefined ? 'not' : 'still'} on the dashboard${change.does === 'create' && found !== undefined ? ', with another content' : ''}.`;
      return { saying: line, late: async () => [line] };
    });
  },

  invert(change) {
    if (change.does === 'create') return [{ ...change, does: 'delete' }];
    // A mark of its own: the note that went is not taken for the one that comes.
    const mark = newId();
    const { annotation } = change;
    return [
      {
        ...change,
        does: 'create',
        target: { kind: 'Annotation', name: mark },
        annotation: { ...annotation, text: withMark(annotation.text, mark) },
      },
    ];
  },
};

/** @throws VigieError CONFLICT where the environment has another Grafana than the one that was shown */
async function grafanaOf(
  change: MetricsAnnotation,
  { systems }: Pick<Looking, 'systems'>,
): Promise<GrafanaReader> {
  const reader = await systems.grafana();
  refuseElsewhere(change.target, { planned: change.at, has: reader.shown });
  return reader;
}

async function annotationOf(
  { target, dashboard, annotation }: MetricsAnnotation,
  grafana: GrafanaReader,
): Promise<Annotation | undefined> {
  const { from, until } = annotation;
  const around = { from: new Date(from), until: new Date(until ?? from) };
  return (await grafana.annotations(dashboard, around)).find(({ text }) => endsWithMark(text, target.name));
}

function isAsWritten({ annotation }: MetricsAnnotation, found: Annotation): boolean {
  const { text, tags, from, until } = annotation;
  return (
    found.text === text &&
    isSameJson(found.tags.toSorted(), [...tags].toSorted()) &&
    found.from.getTime() === Date.parse(from) &&
    found.until.getTime() === Date.parse(until ?? from)
  );
}

/** What people added to a note is theirs. */
function refuseEdited(change: MetricsAnnotation, found: Annotation): void {
  if (!isAsWritten(change, found)) throw movedSince(change.target);
}

/** As a person reads it, and as an approval is bound to it. */
function contentOf({ at, dashboard, annotation }: MetricsAnnotation): JsonObject {
  const { text, tags, from, until } = annotation;
  return { grafana: at, dashboard, text, tags: [...tags], from, ...(until === undefined ? {} : { until }) };
}
