import { VigieError } from '../../../core/errors.ts';
import { inParallel } from '../../../core/in-parallel.ts';
import type { JsonObject } from '../../../core/json.ts';
import { nearestNames } from '../../../core/nearest.ts';
import { trusted } from '../../../core/trusted-text.ts';
import { type Line, type State, stateOf, worstFirst } from '../../../data/verdict.ts';
import type { DataServiceView, DataSystem } from '../../../toolkit/data-system.ts';
import { notConfigured } from '../../../toolkit/not-configured.ts';
import type { ToolContext } from '../../../toolkit/tool.ts';
import { fittingRows, sentBytes, tableLine } from '../../text-table.ts';
import { lookAt } from './look.ts';
import { p99Lines } from './p99.ts';

/** Of the whole answer, of which the lines are told twice: as text and as data. */
const answerBytes = 16_000;
const overheadBytes = 1_000;
const tellings = 3;
/** Each may wait for a server that is down. */
const atOnce = 4;

interface Judged {
  view: DataServiceView;
  about: string | undefined;
  state: State;
  lines: Line[];
  /** It answered nothing, and not for want of asking. */
  down: boolean;
}

export async function read(
  { name }: { name?: string | undefined },
  context: ToolContext,
): Promise<{
  data: {
    states: Record<string, string>;
    services: JsonObject[];
    bad: boolean;
    total: number;
    shown: number;
    next?: string;
  };
  text: string;
}> {
  const system = await context.systems.data();
  if (system.services.size === 0) throw notConfigured(context.environment.name, 'data');
  const views = name === undefined ? [...system.services.values()] : [named(name, system)];
  const judged = await inParallel(views, { atOnce, task: view => judge(view, { system, context }) });
  const room = (Math.min(context.budgetBytes, answerBytes) - overheadBytes) / tellings;
  const told = fitting(judged, { room, whole: name !== undefined });
  const counts = (['critical', 'warning', 'not checked', 'ok'] as const).flatMap(state => {
    const count = judged.filter(each => each.state === state).length;
    return count === 0 ? [] : [`${count} ${state}`];
  });
  const next = judged.some(({ down }) => down)
    ? trusted`vigie doctor -e ${context.environment.name}`
    : undefined;
  const bad = judged.some(({ state }) => state === 'critical' || state === 'warning');
  return {
    data: {
      states: Object.fromEntries(judged.map(({ view, state }) => [view.name, state])),
      services: told.map(dataOf),
      bad,
      total: system.services.size,
      shown: told.length,
      ...(next === undefined ? {} : { next }),
    },
    text: [
      `${judged.length} data service${judged.length === 1 ? '' : 's'} in ${context.environment.name}: ${counts.join(', ')}`,
      ...told.flatMap(linesOf),
      ...(told.length < judged.length
        ? [
            `${judged.length - told.length} more are not told: ${statesOf(judged.filter(({ view }) => !told.some(each => each.view === view)))}; name one`,
          ]
        : []),
      ...(next === undefined ? [] : [`Next: ${next} (why a service does not answer, and what to do)`]),
    ].join('\n'),
  };
}

function named(name: string, { services }: DataSystem): DataServiceView {
  const found = services.get(name);
  if (found !== undefined) return found;
  const nearest = nearestNames(name, [...services.keys()]);
  throw new VigieError('NOT_FOUND', 'There is no such data service.', {
    hint:
      nearest.length > 0 ? trusted`Did you mean ${nearest}?` : trusted`Services are ${[...services.keys()]}.`,
    details: { nearest },
  });
}

async function judge(
  view: DataServiceView,
  { system, context }: { system: DataSystem; context: ToolContext },
): Promise<Judged> {
  const { signal, clusterTime } = context;
  const [{ about, lines, heldBack }, byMetrics] = await Promise.all([
    lookAt(view.name, { data: system, now: clusterTime, signal }),
    p99Lines(view, context),
  ]);
  const all = worstFirst([...lines, ...byMetrics]);
  return { view, about, state: stateOf(all), lines: all, down: about === undefined && heldBack !== true };
}

interface Told extends Judged {
  /** Of its lines that are fine and are left out. */
  left: number;
}

/** As many services as fit, the worst first; where not all of all do, only what is not fine is told. */
function fitting(judged: readonly Judged[], { room, whole }: { room: number; whole: boolean }): Told[] {
  const order: readonly State[] = ['critical', 'warning', 'not checked', 'ok'];
  const sorted = judged.toSorted((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
  const full = sorted.map(each => ({ ...each, left: 0 }));
  const bytesOf = (each: Told): number => linesOf(each).reduce((sum, line) => sum + sentBytes(line), 0);
  if (full.reduce((sum, each) => sum + bytesOf(each), 0) <= room) return full;
  if (whole) return full.map(each => ({ ...each, lines: firstOf(each.lines, room) }));
  const short = sorted.map(each => {
    const lines = firstOf(
      each.lines.filter(({ level }) => level !== 'ok' && level !== 'note'),
      room / 2,
    );
    return { ...each, lines, left: each.lines.length - lines.length };
  });
  let used = 0;
  const end = short.findIndex(each => {
    used += bytesOf(each);
    return used > room;
  });
  return end < 0 ? short : short.slice(0, end);
}

function firstOf(lines: readonly Line[], room: number): Line[] {
  return lines.slice(0, fittingRows(lines.map(lineText), room).length);
}

function linesOf({ view, about, state, lines, left }: Told): string[] {
  return [
    `${view.name}: ${state} (${about ?? view.engine}; ${view.shown})`,
    ...lines.map(lineText),
    ...(left === 0 ? [] : [`  ${left} more lines; name ${view.name}`]),
  ];
}

function lineText({ check, level, text, source }: Line): string {
  return `  ${tableLine([level, check, source === undefined ? text : `${text} (${source})`])}`;
}

function statesOf(judged: readonly Judged[]): string {
  return judged.map(({ view, state }) => `${view.name} ${state}`).join(', ');
}

function dataOf({ view, about, state, lines, left }: Told): JsonObject {
  return {
    name: view.name,
    engine: view.engine,
    state,
    about: about ?? null,
    left,
    lines: lines.map(({ check, level, text, source }) => ({
      check,
      level,
      text,
      ...(source === undefined ? {} : { source }),
    })),
  };
}
