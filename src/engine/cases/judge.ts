import { canonicalJson, isObject, type Json, type JsonObject, textOf } from '../../core/json.ts';
import { nearestNames } from '../../core/nearest.ts';
import type { Playbook, Step } from '../../core/playbook.ts';
import { describeRef } from '../../core/ref.ts';
import { cleanLine } from '../../core/text.ts';
import { type RunTreeItem, runTree } from '../interpreter/run-tree.ts';
import { nestedSteps, sectionsOf } from '../language/check/known-steps.ts';
import type { Played } from '../play-order.ts';
import type { PlaybookCase } from './case-schema.ts';
import { codesFound } from './codes-found.ts';
import { contentNow, keyOf } from './contents.ts';

type Expected = PlaybookCase['expect'];

interface Seen {
  played: Played;
  playbook: Playbook;
  /** What each object said before the run. */
  before: ReadonlyMap<string, string>;
}

/** Pods that come back take moments; what has not cleared by then was not healed. */
const untilHealedMs = [0, 1_000, 5_000, 15_000, 60_000, 120_000];
const sayingChars = 300;

/** What a run came to that was not expected, a line each. */
export async function judge(expected: Expected, seen: Seen): Promise<string[]> {
  return [
    ...endProblems(expected, seen),
    ...stepProblems(expected, seen),
    ...askedProblems(expected, seen),
    ...reportProblems(expected, seen),
    ...(expected.undone ? undoProblems(seen) : []),
    ...(await objectProblems(expected, seen)),
    ...(await findingProblems(expected, seen)),
  ];
}

function endProblems({ status, failure }: Expected, { played: { run } }: Seen): string[] {
  const output = isObject(run.output) ? run.output : {};
  const code = textOf(output['failure'], 'code');
  const problems = Array.isArray(output['problems']) ? output['problems'].map(String) : [];
  const said = [textOf(output['failure'], 'message'), ...problems].filter(text => text !== '').join('; ');
  const why = said === '' ? '' : `: ${cleanLine(said, sayingChars)}`;
  const ended = run.status === status ? [] : [`the run is ${run.status}, not ${status}${why}`];
  return failure === undefined || failure === code
    ? ended
    : [...ended, `it failed with ${code === '' ? 'no code' : code}, not ${failure}${why}`];
}

function stepProblems({ steps }: Expected, { played: { run }, playbook }: Seen): string[] {
  const items = runTree(playbook, run).flatMap(withInner);
  const ids = sectionsOf(playbook).flatMap(each => idsOf(each.steps));
  return Object.entries(steps).flatMap(([id, wanted]) => {
    const named = items.filter(({ path }) => lastOf(path) === id);
    if (named.length === 0 && !ids.includes(id))
      return [`the playbook has no step ${id}${nearestOf(id, ids)}`];
    if (named.length === 0 && wanted === 'skipped') return [];
    if (named.length === 0) return [`the step ${id} was never reached`];
    // Where there was nothing to do it ended well.
    const [other] = named.filter(({ state }) => (state === 'idle' ? 'done' : state) !== wanted);
    return other === undefined ? [] : [`the step ${other.path} is ${other.state}, not ${wanted}`];
  });
}

/** Also of the steps within others, whether or not they are reached. */
function idsOf(steps: readonly Step[]): string[] {
  return steps.flatMap(step => [
    ...(step.id === undefined ? [] : [step.id]),
    ...nestedSteps(step).flatMap(each => idsOf(each.steps)),
  ]);
}

function nearestOf(id: string, ids: readonly string[]): string {
  const [nearest] = nearestNames(id, ids);
  return nearest === undefined ? '' : `: ${nearest}?`;
}

function withInner(item: RunTreeItem): RunTreeItem[] {
  return [item, ...item.inner.flatMap(withInner)];
}

/** `raise` of `around/raise[2]`. */
function lastOf(path: string): string {
  return (path.split('/').at(-1) ?? '').replace(/\[\d+\]$/, '');
}

function askedProblems({ asked }: Expected, { played: { assumed } }: Seen): string[] {
  return asked === undefined || assumed.length === asked
    ? []
    : [`people were asked ${assumed.length} times, not ${asked}`];
}

function reportProblems({ report }: Expected, { played: { run } }: Seen): string[] {
  if (report === undefined) return [];
  const given = isObject(run.output) ? run.output['report'] : undefined;
  const said: JsonObject = isObject(given) ? given : {};
  return Object.entries(report).flatMap(([name, wanted]) =>
    isLike(said[name], wanted) ? [] : [`it reports ${name} as ${shown(said[name])}, not ${shown(wanted)}`],
  );
}

/** Of a mapping the keys that are wanted count, of a list every item. */
function isLike(given: Json | undefined, wanted: Json | undefined): boolean {
  if (Array.isArray(wanted))
    return (
      Array.isArray(given) &&
      given.length === wanted.length &&
      wanted.every((each, index) => isLike(given[index], each))
    );
  if (!isObject(wanted)) return given === wanted;
  return isObject(given) && Object.entries(wanted).every(([key, value]) => isLike(given[key], value));
}

/** What a run changed and did not take back. */
function undoProblems({ played: { changes, sandbox }, before }: Seen): string[] {
  const made = changes.filter(
    ({ actor, undoOf, state }) =>
      actor.kind === 'playbook' &&
      undoOf === undefined &&
      (state === 'done' || state === 'unverified' || state === 'returned'),
  );
  const targets = new Map(changes.flatMap(({ targets: of }) => of.map(ref => [keyOf(ref), ref] as const)));
  const other = [...targets].filter(([key, ref]) => {
    // A pod that was evicted comes back under another name.
    return ref.kind !== 'Pod' && contentNow(sandbox, ref) !== before.get(key);
  });
  return [
    ...(made.length === 0 ? ['it changed nothing, so nothing could be taken back'] : []),
    ...other.map(([, ref]) => `${describeRef(ref)} is not as it was before the run`),
  ];
}

async function objectProblems({ objects }: Expected, { played: { call } }: Seen): Promise<string[]> {
  const problems: string[] = [];
  for (const { field, is: wanted, gone = false, ...target } of objects) {
    const { data, status, text } = await call('k8s_get', {
      target,
      format: 'json',
      ...(field === undefined ? {} : { field }),
    });
    const name = describeRef(target);
    if (gone) {
      if (status === 'answered') problems.push(`${name} is still there`);
      else if (data['code'] !== 'NOT_FOUND') problems.push(`${name}: ${cleanLine(text, sayingChars)}`);
    } else if (status !== 'answered') problems.push(`${name}: ${cleanLine(text, sayingChars)}`);
    else if (wanted !== undefined && !isLike(data['object'], wanted))
      problems.push(`${name}: ${field ?? 'it'} is ${shown(data['object'])}, not ${shown(wanted)}`);
  }
  return problems;
}

async function findingProblems(
  { healed, remains }: Expected,
  { played: { call, sandbox } }: Seen,
): Promise<string[]> {
  let found = new Set<string>();
  if (healed.length + remains.length === 0) return [];
  for (const ms of untilHealedMs) {
    await sandbox.advance(ms);
    found = await codesFound(call);
    if (healed.every(code => !found.has(code)) && remains.every(code => found.has(code))) break;
  }
  return [
    ...healed.filter(code => found.has(code)).map(code => `${code} is not healed`),
    ...remains.filter(code => !found.has(code)).map(code => `${code} does not remain`),
  ];
}

function shown(value: Json | undefined): string {
  return value === undefined ? 'nothing' : cleanLine(canonicalJson(value), sayingChars);
}
