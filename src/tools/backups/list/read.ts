import {
  goodCopies,
  isStrange,
  type KnownCopy,
  readShelf,
  type StrangeCopy,
  strangeCopies,
} from '../../../backups/catalogue.ts';
import { drillWarning } from '../../../backups/estimate.ts';
import { judgeThreeTwoOne } from '../../../backups/three-two-one.ts';
import type { BackupSet } from '../../../core/backup-set.ts';
import { VigieError } from '../../../core/errors.ts';
import type { JsonObject } from '../../../core/json.ts';
import { ageText } from '../../../core/length-text.ts';
import { sizeText } from '../../../core/size-text.ts';
import { cleanLine } from '../../../core/text.ts';
import type { BackupSystem } from '../../../toolkit/backup-system.ts';
import type { ToolContext } from '../../../toolkit/tool.ts';
import { fittingRows, tableHeader, tableLine } from '../../text-table.ts';
import { namedSet } from '../named-set.ts';
import { ageOf, copyColumns, copyFacts, copyLines, idsOf } from './copies.ts';
import { failedText, judgeSet, type SetState } from './judge-set.ts';
import { otherFacts, otherLines, otherNotes, withOperator } from './operator.ts';
import {
  type ListedSchedules,
  readSchedules,
  scheduleCells,
  scheduleColumns,
  scheduleFacts,
} from './schedules.ts';

/** Of the whole answer: a table of sets and what is wrong with them. */
const answerBytes = 6_000;
/** For notes, counts and JSON punctuation beside the rows. */
const overheadBytes = 2_000;
const mostNotes = 12;
const noteChars = 240;
/** Of those that are not ours, in one note; the table of a set has all. */
const namedCopies = 3;

export async function read(
  { set: name, limit }: { set?: string | undefined; limit: number },
  context: ToolContext,
): Promise<{
  data: {
    bad: boolean;
    sets: JsonObject[];
    copies?: JsonObject[];
    total: number;
    shown: number;
    truncated: boolean;
    notRead?: string[];
  };
  text: string;
}> {
  const system = await context.systems.backups();
  const wanted = name === undefined ? [...system.sets.values()] : [namedSet(name, system)];
  const states: SetState[] = [];
  for (const set of wanted) states.push(await withOperator(await stateOf(set, system), context.kube));
  const schedules = await readSchedules(wanted, context);
  const now = context.now;
  const sets = states.map(state => ({
    ...factsOf(state, { system, now, environment: context.environment.name }),
    ...scheduleFacts(schedules.of(state.set.name)),
  }));
  const room = Math.min(context.budgetBytes, answerBytes) - overheadBytes;
  const unread = states.flatMap(state => state.unread);
  const verdicts = sets.flatMap(verdictLine);
  const notes = [
    ...verdicts,
    ...unread,
    ...schedules.notes,
    ...states
      .flatMap(state => [...otherNotes(state, now), ...notesOf(state, { system, now })])
      .filter(note => !isTold(note, verdicts)),
  ].map(line => cleanLine(line, noteChars));
  const rows =
    name === undefined
      ? sets.map(facts => setLine(facts, schedules))
      : states.flatMap(state => [...copyLines(state, now), ...otherLines(state, now)]);
  const shown = fittingRows(rows.slice(0, limit), room);
  const columns =
    name === undefined ? [...setColumns, ...(schedules.some ? scheduleColumns : [])] : copyColumns;
  const left = notes.length - mostNotes;
  const text = [
    name === undefined
      ? `${wanted.length} ${wanted.length === 1 ? 'set' : 'sets'} of backups in ${context.environment.name}`
      : `${idsOf(states)} of ${name} at ${states.flatMap(({ set }) => set.to).join(', ')} in ${context.environment.name}`,
    ...(shown.length === 0 ? [] : [tableHeader(columns)]),
    ...shown,
    ...notes.slice(0, mostNotes),
    ...(left > 0 ? [`${left} more notes; ask for one set`] : []),
    ...(shown.length < rows.length ? [`${shown.length} of ${rows.length} rows shown`] : []),
    'Media and off-site are as vigie.yaml declares them.',
  ].join('\n');
  return {
    data: {
      bad: schedules.bad || sets.some(({ verdict }) => verdict === 'bad'),
      sets: fittingRows(sets.slice(0, limit), room),
      ...(name === undefined
        ? {}
        : {
            copies: fittingRows(
              states.flatMap(state => [...copyFacts(state), ...otherFacts(state)]).slice(0, limit),
              room,
            ),
          }),
      total: rows.length,
      shown: shown.length,
      truncated: shown.length < rows.length,
      ...(unread.length === 0
        ? {}
        : { notRead: unread.slice(0, mostNotes).map(line => cleanLine(line, noteChars)) }),
    },
    text,
  };
}

/** What is told of a set. */
type SetFacts = {
  set: string;
  engine: string;
  to: string[];
  newest?: string;
  ageSeconds?: number;
  bytes?: number;
  bytesBefore?: number;
  objectiveSeconds?: number;
  state: string;
  verdict: string;
  why?: string[];
  next?: string;
  copies: number;
  incomplete: number;
  notOurs?: number;
  provenAt?: string;
  threeTwoOne: { holds: boolean; copies: number; media: string[]; offSite: string[]; missing: string[] };
};

async function stateOf(set: BackupSet, system: BackupSystem): Promise<SetState> {
  const state: SetState = { set, shelves: [], unread: [] };
  for (const name of set.to) {
    try {
      state.shelves.push(await readShelf(await system.reader(name), set.name));
    } catch (error) {
      // One that is away must not hide what lies elsewhere; a call that was stopped is stopped.
      if (!(error instanceof VigieError) || error.code === 'CANCELLED') throw error;
      state.unread.push(`not read: ${name}, for ${set.name}: ${error.code}: ${error.message}`);
    }
  }
  return state;
}

function factsOf(
  { set, shelves, unread }: SetState,
  at: { system: BackupSystem; now: Date; environment: string },
): SetFacts {
  const good = shelves.flatMap(goodCopies).toSorted((a, b) => (a.copy < b.copy ? 1 : -1));
  const [newest] = good;
  // The same copy at another destination is no older one.
  const before = good.find(each => each.copy !== newest?.copy);
  const age = newest === undefined ? undefined : ageOf(newest.copy, at.now);
  const proven = good
    .flatMap(({ passedAt }) => (passedAt === undefined ? [] : [passedAt]))
    .sort()
    .at(-1);
  const verdict = judgeThreeTwoOne(shelves, {
    destinations: at.system.destinations,
    stored: set.stored,
  });
  const tooOld = age !== undefined && set.objectiveSeconds !== undefined && age > set.objectiveSeconds * 1000;
  const strange = shelves.flatMap(strangeCopies).length;
  const judged = judgeSet({ set, shelves, unread }, { ...at, newest: newest?.copy, tooOld });
  return {
    set: set.name,
    engine: set.engine,
    to: [...set.to],
    ...(newest === undefined || age === undefined
      ? {}
      : {
          newest: newest.copy,
          ageSeconds: Math.round(age / 1000),
          // Of a record no size tells anything.
          ...(set.run.in === 'operator' ? {} : { bytes: newest.bytes }),
        }),
    ...(before === undefined || newest === undefined ? {} : { bytesBefore: before.bytes }),
    ...(set.objectiveSeconds === undefined ? {} : { objectiveSeconds: set.objectiveSeconds }),
    // What could not be read may hold a younger one.
    state:
      age === undefined
        ? unread.length > 0
          ? 'not known'
          : 'no copy'
        : tooOld
          ? unread.length > 0
            ? 'not known'
            : 'too old'
          : 'good',
    verdict: judged.verdict,
    ...(judged.why.length === 0 ? {} : { why: judged.why }),
    ...(judged.next === undefined ? {} : { next: judged.next }),
    copies: good.length,
    incomplete: shelves
      .flatMap(({ copies }) => copies)
      .filter(each => each.state !== 'good' && !isStrange(each)).length,
    ...(strange === 0 ? {} : { notOurs: strange }),
    ...(proven === undefined ? {} : { provenAt: proven }),
    threeTwoOne: {
      holds: verdict.holds,
      copies: verdict.copies,
      media: [...verdict.media],
      offSite: [...verdict.offSite],
      missing: [...verdict.missing],
    },
  };
}

function verdictLine({ set, verdict, why = [], next }: SetFacts): string[] {
  if (verdict === 'good') return [];
  const because = why.length === 0 ? '' : `: ${why.join('; ').replace(/\.$/, '')}`;
  return [
    `${set}: ${verdict === 'bad' ? 'BAD' : 'NOT KNOWN'}${because}.${next === undefined ? '' : ` Next: ${next}`}`,
  ];
}

/** Why a set is bad stands in its verdict; a note that says more than that stays. */
function isTold(note: string, verdicts: readonly string[]): boolean {
  const what = note.replace(/^[a-z0-9-]+: /, '').replace(/\.$/, '');
  return verdicts.some(verdict => verdict.includes(what));
}

const setColumns = [
  'set',
  'engine',
  'newest',
  'age',
  'objective',
  'state',
  'size',
  'trend',
  'proven',
  'RULE-3-2-1',
];

function setLine(facts: SetFacts, schedules: ListedSchedules): string {
  const { ageSeconds, objectiveSeconds, bytes, bytesBefore, provenAt, threeTwoOne } = facts;
  const { missing } = threeTwoOne;
  return tableLine([
    facts.set,
    facts.engine,
    facts.newest,
    ageSeconds === undefined ? undefined : ageText(ageSeconds * 1000),
    objectiveSeconds === undefined ? undefined : ageText(objectiveSeconds * 1000),
    facts.state,
    bytes === undefined ? undefined : sizeText(bytes),
    bytes === undefined || bytesBefore === undefined ? undefined : trendText(bytes, bytesBefore),
    provenAt?.slice(0, 10) ?? 'never',
    missing.length === 0 ? 'holds' : missing.join(', '),
    ...(schedules.some ? scheduleCells(schedules.of(facts.set)) : []),
  ]);
}

function notesOf({ set, shelves }: SetState, at: { system: BackupSystem; now: Date }): string[] {
  const drill = drillWarning(set, { copies: shelves.flatMap(goodCopies), now: at.now });
  return [
    ...(drill === undefined ? [] : [drill]),
    ...shelves.flatMap(({ destination, copies, cut, lock }) => [
      ...copies.flatMap(copy =>
        copy.state === 'good' || isStrange(copy) ? [] : [`${set.name}: ${badLine(copy)}`],
      ),
      ...strangeNotes(set.name, { destination, strange: copies.filter(isStrange) }),
      ...(cut ? [`${set.name}: older copies at ${destination} are not listed`] : []),
      ...(lock === undefined
        ? []
        : [`${set.name}: ${lock.holder} holds the lock at ${destination}, renewed ${lock.renewedAt}`]),
    ]),
  ];
}

/** Hundreds may lie there, of a machine that is gone: one line for each sort, with what the newest is. */
function strangeNotes(
  set: string,
  { destination, strange }: { destination: string; strange: StrangeCopy[] },
): string[] {
  return [...Map.groupBy(strange, ({ state, ours, why }) => (ours === true ? why : state)).values()].map(
    copies => {
      const more = copies.length > namedCopies ? ` and ${copies.length - namedCopies} more` : '';
      const named = copies.slice(0, namedCopies).map(({ copy }) => copy);
      return `${set}: NOT OURS at ${destination}: ${named.join(', ')}${more}: ${copies[0]?.why ?? ''}`;
    },
  );
}

function badLine(copy: Exclude<KnownCopy, { state: 'good' }>): string {
  return copy.state === 'failed'
    ? failedText(copy)
    : `${copy.copy} at ${copy.destination} is ${copy.state}: ${copy.why}`;
}

/** `+12%`, against the copy before. */
function trendText(bytes: number, before: number): string {
  if (before === 0) return 'new';
  const percent = Math.round((bytes / before - 1) * 100);
  return `${percent >= 0 ? '+' : ''}${percent}%`;
}
