import type { Alert } from '../../clients/alertmanager/alerts.ts';
import type { AlertmanagerReader } from '../../clients/alertmanager/reader.ts';
import type { Silence } from '../../clients/alertmanager/silences.ts';
import type { MetricsSilence } from '../../core/change.ts';
import { VigieError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { nearestNames } from '../../core/nearest.ts';
import type { Outcome } from '../../core/outcome.ts';
import type { Risk } from '../../core/preview.ts';
import { describeRef } from '../../core/ref.ts';
import { cleanLine } from '../../core/text.ts';
import { endsWithMark, withMark } from '../../metrics/mark.ts';
import { fitEverything, fitsAll, matcherText } from '../../metrics/matchers.ts';
import { ruleEvaluator } from '../../toolkit/rule-evaluator.ts';
import type { Applied, ChangeKind, Looking, Prospect } from './kind.ts';
import { lookUntil } from './look-until.ts';
import { movedSince, refuseElsewhere } from './refuse-moved.ts';

/** A longer one outlives whoever remembers why. */
const longestMediumMs = 24 * 3_600_000;
/** Of alerts that are named; more are counted. */
const namedAlerts = 20;
const alertChars = 200;

/**
 * A silence begins, or ends. Alertmanager has no dry run, takes no id from us and keeps no version: one that was made is
 * known again by the mark in its comment, which was drawn with the change, so that none is made twice.
 */
export const metricsSilence: ChangeKind<MetricsSilence> = {
  name: 'metrics-silence',
  idempotent: true,

  riskOf({ does, silence }, { after }): Risk {
    if (does === 'expire')
      return { level: 'medium', reasons: ['ends a silence: what it mutes may page somebody'] };
    const lengthMs = Date.parse(silence.endsAt) - Date.parse(silence.startsAt);
    const grave = [
      ...(after?.['everything'] === true ? ['mutes every alert'] : []),
      ...(lengthMs > longestMediumMs ? ['mutes for more than 24 h'] : []),
    ];
    return grave.length > 0
      ? { level: 'high', reasons: grave }
      : { level: 'medium', reasons: ['mutes alerts for a time'] };
  },

  async preview(change, looking): Promise<Prospect> {
    const alertmanager = await alertmanagerOf(change, looking);
    const [found, alerts] = await Promise.all([silenceOf(change, alertmanager), alertmanager.alerts()]);
    const common: Omit<Prospect, 'operation'> = {
      change,
      target: change.target,
      warnings: [],
      alongside: [],
      undo: { possible: true },
      serverChecked: 'Alertmanager has no dry run; its matchers were tried here on what fires now',
      volatile: [],
    };
    const content = contentOf(change);
    if (isAsWanted(change, found)) return { ...common, operation: 'none' };
    if (change.does === 'create') {
      refusePast(change, (await alertmanager.about()).time);
      // What fires changes while a person reads; what is muted is decided by the matchers.
      const mutes = await fittingAlerts(change, alerts);
      const after = {
        ...content,
        ...((await fitEverything(change.silence.matchers)) ? { everything: true } : {}),
        mutes,
      };
      const warnings = mutes.length > 0 ? [] : [await mutesNothing(change, { alerts, looking })];
      return { ...common, operation: 'create', after, warnings, volatile: ['/mutes'] };
    }
    if (found !== undefined) refuseMoved(change, found);
    return {
      ...common,
      operation: 'update',
      ...(found === undefined ? {} : { uid: found.id }),
      before: content,
      after: { ...content, until: 'now' },
      warnings: (await fittingAlerts(change, alerts)).map(line => `wakes ${line}`),
    };
  },

  async apply(change, { systems }, writing): Promise<Applied> {
    const alertmanager = await alertmanagerOf(change, { systems });
    const writer = await systems.alertmanagerWriter();
    const found = await silenceOf(change, alertmanager);
    if (isAsWanted(change, found)) return found === undefined ? {} : { uid: found.id };
    if (change.does === 'create') {
      const { matchers, startsAt, endsAt, ...words } = change.silence;
      await writing.beforeWrite();
      const times = { startsAt: new Date(startsAt), endsAt: new Date(endsAt) };
      return { uid: await writer.create({ ...words, ...times, matchers: [...matchers] }) };
    }
    if (found === undefined) return {};
    refuseMoved(change, found);
    await writing.beforeWrite();
    await writer.expire(found.id);
    return { uid: found.id };
  },

  async find(change, looking) {
    const found = await silenceOf(change, await alertmanagerOf(change, looking));
    return found === undefined ? undefined : { uid: found.id, resourceVersion: '' };
  },

  async observe(change, looking) {
    return isAsWanted(change, await silenceOf(change, await alertmanagerOf(change, looking)));
  },

  async verify(change, looking, waiting): Promise<Outcome> {
    const alertmanager = await alertmanagerOf(change, looking);
    const name = describeRef(change.target);
    return lookUntil(waiting, async () => {
      const [found, alerts] = await Promise.all([silenceOf(change, alertmanager), alertmanager.alerts()]);
      const id = found?.id ?? change.id;
      const muted = alerts.filter(({ silencedBy }) => id !== undefined && silencedBy.includes(id));
      const state = found?.state ?? 'not there';
      if (change.does === 'expire')
        return isAsWanted(change, found) && muted.length === 0
          ? { state: 'verified', evidence: [`${name} has ended and mutes nothing.`] }
          : notYet(`${name} is ${state}, and ${muted.length} alerts are muted by it.`);
      const fits = await fitsAll(change.silence.matchers);
      const loud = alerts.filter(alert => fits(alert.labels) && !muted.includes(alert));
      if (found?.state !== 'active' || loud.length > 0)
        return notYet(`${name} is ${state}, and ${loud.length} alerts that it fits are not muted.`);
      const until = found.endsAt.toISOString();
      return {
        state: 'verified',
        evidence: [
          `${name} is active as ${found.id} until ${until}; alerts that fire and are muted by it: ${muted.length}.`,
        ],
      };
    });
  },

  invert({ does, silence, target, at, id }, _preview, applied) {
    if (does === 'create') {
      const made = applied?.uid ?? '';
      const known = made === '' ? { target } : { target: { kind: 'Silence', name: made }, id: made };
      return [{ kind: 'metrics-silence', does: 'expire', ...known, at, silence }];
    }
    // A mark of its own: the silence that ended is not taken for the one that begins.
    const mark = `after-${id ?? target.name}`;
    return [
      {
        kind: 'metrics-silence',
        does: 'create',
        target: { kind: 'Silence', name: mark },
        at,
        silence: { ...silence, comment: withMark(silence.comment, mark) },
      },
    ];
  },
};

/** @throws VigieError CONFLICT where the environment has another Alertmanager than the one that was shown */
async function alertmanagerOf(
  change: MetricsSilence,
  { systems }: Pick<Looking, 'systems'>,
): Promise<AlertmanagerReader> {
  const reader = await systems.alertmanager();
  refuseElsewhere(change.target, { planned: change.at, has: reader.shown });
  return reader;
}

/** The silence that a change is about; the newest that lasts where it is known by its mark. */
async function silenceOf(
  { id, target }: MetricsSilence,
  alertmanager: AlertmanagerReader,
): Promise<Silence | undefined> {
  if (id !== undefined) return alertmanager.silence(id);
  const marked = (await alertmanager.silences()).filter(({ comment }) => endsWithMark(comment, target.name));
  return marked.find(({ state }) => state !== 'expired') ?? marked[0];
}

function isAsWanted({ does }: MetricsSilence, found: Silence | undefined): boolean {
  const lasts = found !== undefined && found.state !== 'expired';
  return does === 'create' ? lasts : !lasts;
}

function refusePast({ silence: { endsAt } }: MetricsSilence, time: Date | undefined): void {
  if (time === undefined || Date.parse(endsAt) > time.getTime()) return;
  throw new VigieError('CONFLICT', `The silence would have ended at ${endsAt}, which is past.`, {
    hint: 'Ask for the change anew.',
  });
}

/** A silence keeps its id when only its end is moved. */
function refuseMoved({ silence, target }: MetricsSilence, found: Silence): void {
  const texts = (matchers: MetricsSilence['silence']['matchers']) =>
    matchers.map(matcherText).toSorted().join();
  const same =
    found.endsAt.getTime() === Date.parse(silence.endsAt) &&
    texts(found.matchers) === texts(silence.matchers);
  if (!same) throw movedSince(target);
}

/** As a person reads it, and as an approval is bound to it. */
function contentOf({ silence, at }: MetricsSilence): JsonObject {
  const { matchers, startsAt, endsAt, createdBy, comment } = silence;
  return {
    alertmanager: at,
    matchers: matchers.map(matcherText),
    from: startsAt,
    until: endsAt,
    by: createdBy,
    comment,
  };
}

/** The alerts that fire now and fit, each in a line. */
async function fittingAlerts({ silence, id }: MetricsSilence, alerts: readonly Alert[]): Promise<string[]> {
  const fits = await fitsAll(silence.matchers);
  const fitting = alerts.filter(({ labels }) => fits(labels));
  const more = fitting.length - namedAlerts;
  return [
    ...fitting.slice(0, namedAlerts).map(alert => alertLine(alert, id)),
    ...(more > 0 ? [`and ${more} more`] : []),
  ];
}

/** `silence`: the id of the one that the change is about, which is no other thing that mutes. */
function alertLine({ labels, silencedBy, inhibitedBy }: Alert, silence: string | undefined): string {
  const { alertname = '(no name)', ...more } = labels;
  const rest = Object.entries(more).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  const others = silencedBy.filter(each => each !== silence).length + inhibitedBy.length;
  const muted = others === 0 ? '' : silence === undefined ? ' (muted already)' : ' (stays muted by others)';
  return cleanLine(`${alertname} {${rest.join(', ')}}${muted}`, alertChars);
}

/** That nothing fires which it fits; with the nearest names where no alert and no rule has the name that it asks for. */
async function mutesNothing(
  { silence }: MetricsSilence,
  { alerts, looking }: { alerts: readonly Alert[]; looking: Pick<Looking, 'systems'> },
): Promise<string> {
  const nothing = 'No alert that fires now fits the matchers, so it mutes nothing yet';
  const wanted = silence.matchers.find(
    ({ name, isEqual, isRegex }) => name === 'alertname' && isEqual && !isRegex,
  )?.value;
  if (wanted === undefined) return `${nothing}.`;
  const rules = await ruleNames(looking);
  const known = [...new Set([...alerts.map(({ labels }) => labels['alertname'] ?? ''), ...(rules ?? [])])];
  if (known.includes(wanted)) return `${nothing}.`;
  const near = nearestNames(wanted, known);
  const where = rules === undefined ? 'no alert there' : 'no alert and no rule';
  const nearest = near.length === 0 ? '' : `; nearest: ${cleanLine(near.join(', '), alertChars)}`;
  return `${nothing}, and ${where} has the name ${cleanLine(wanted, alertChars)}${nearest}.`;
}

/** Undefined: there is nobody to ask, or no answer. A silence does not wait for whoever evaluates the rules. */
async function ruleNames({ systems }: Pick<Looking, 'systems'>): Promise<string[] | undefined> {
  try {
    const groups = await (await ruleEvaluator(systems))?.rules();
    return groups?.flatMap(({ rules }) => rules.map(({ name }) => name));
  } catch (error) {
    if (error instanceof VigieError) return undefined;
    throw error;
  }
}

function notYet(text: string): { saying: string; late(): Promise<string[]> } {
  return { saying: text, late: async () => [text] };
}
