import { shownName } from '../core/actor.ts';
import { type Worth, worthFor } from '../core/assurance.ts';
import { canonicalJson, type Json, type JsonObject, plainText } from '../core/json.ts';
import { leaves } from '../core/json-diff.ts';
import { limits } from '../core/limits.ts';
import type { Plan } from '../core/plan.ts';
import type { Preview } from '../core/preview.ts';
import { holdsPlaceholder, type Redactor } from '../core/redaction.ts';
import { describeRef } from '../core/ref.ts';
import { cleanLine, hiddenCharacters } from '../core/text.ts';
import { undoText, warningsOf } from './ask.ts';
import { deedOf, kindOf } from './changes/index.ts';
import { renderDiff, summarize } from './diff.ts';
import type { ChangingReach, Vigie } from './vigie.ts';

/**
 * What a person sees before deciding, from the sealed plan: facts first and whole, the agent's own words last and
 * quoted. Letters beyond ASCII are spelled out, so that no name can pass for another.
 */
export async function renderScreen(
  vigie: Vigie,
  at: { plan: Plan; reach: ChangingReach; redactor: Redactor; notes: readonly string[] },
): Promise<string> {
  const { plan, redactor } = at;
  const masked = (text: string) => redactor.text(text);
  const diff = redactor.text(await renderDiff(plan.previews, redactor));
  const commands = newCommands(plan, redactor).map(line => `Runs         ${masked(line)}`);
  const warnings = warningsOf(plan, at.reach);
  const facts = [
    `Change       ${plan.id}: ${masked(summarize(plan.previews, redactor))}`,
    `Environment  ${plan.environment}`,
    `Cluster      ${plan.cluster.server} (${plan.cluster.uid})`,
    `As           ${plan.cluster.user === '' ? 'unknown to the server' : plan.cluster.user}`,
    `Asked by     ${plan.actor.kind} ${shownName(plan.actor)} over ${plan.actor.via}, for ${plan.actor.onBehalfOf}, at ${plan.createdAt}`,
    `Risk         ${plan.risk.level}: ${plan.risk.reasons.join('; ')}`,
    `Targets      ${targetsText(plan)}`,
    // Never masked: a variable of the asker's that repeats an image would else hide it.
    ...newImages(plan).map(line => `Runs         ${line}`),
    ...briefs(plan, redactor).map(line => `Runs         ${masked(line)}`),
    ...commands,
    ...(commands.some(holdsPlaceholder)
      ? ['Note         part of a command is masked: it is a secret by its place, or repeats one']
      : []),
    `Checked      ${checkedText(plan)}`,
    `Way back     ${undoText(plan)}; if it fails on the way, ${halfwayText(plan)}`,
    `Approval     ${worthText(worthFor(vigie.worth, plan.actor))}`,
    ...(holdsPlaceholder(diff)
      ? ['Note         [redacted #n] below stands for a value of a Secret, or repeats one']
      : []),
    ...plan.previews.filter(isAlreadySo).map(preview => `Note         ${alreadySo(preview)}`),
    ...at.notes.map(note => `Note         ${note}`),
    ...warnings.map(warning => `Warning      ${masked(warning)}`),
  ];
  const hidden = hiddenCharacters(diff);
  const body = [
    ...facts.map(spell),
    '',
    ...diff.split('\n').map(line => spell(masked(line))),
    ...(hidden === 0
      ? []
      : ['', `${hidden} characters that a terminal would hide are spelled out as \\u{…}.`]),
  ];
  if (plan.reason !== undefined)
    body.push('', `The asker's own words: "${spell(cleanLine(masked(plan.reason), limits.reasonChars))}"`);
  return body.join('\n');
}

function targetsText({ previews }: Plan): string {
  return [...Map.groupBy(previews, ({ change }) => kindOf(change).listed)]
    .flatMap(([listed, of]) =>
      listed === undefined
        ? of.map(preview => `${deedOf(preview)} ${describeRef(preview.target)}`)
        : [`${listed.all(of.length)}, all listed below`],
    )
    .join(', ');
}

function halfwayText({ changes }: Plan): string {
  const standing = changes.flatMap(change => kindOf(change).stands?.halfway ?? []);
  return standing[0] ?? 'what was applied is taken back without asking again';
}

/** The asker is not told, and may be guessing. */
function isAlreadySo({ operation, told, before, after }: Preview): boolean {
  return operation === 'update' && told !== undefined && canonicalJson(before) === canonicalJson(after);
}

function alreadySo({ target }: Preview): string {
  return `${describeRef(target)} holds these very values already; whoever asked is not told, since that would confirm a guess`;
}

/** What the signature that may follow is worth; all reasons against it would bury what is decided. */
function worthText({ assurance, reasons }: Worth): string {
  if (assurance === 'separated')
    return "separated: the asker's account cannot reach the approvers' socket, credentials or store";
  const [first, ...more] = reasons;
  const others = more.length === 0 ? '' : `; and ${more.length} more, by vigie doctor`;
  return `advisory: ${first?.why ?? 'the two sides cannot be told apart'}${others}`;
}

function checkedText(plan: Plan): string {
  const unchecked = plan.previews.filter(preview => preview.serverChecked !== true);
  if (unchecked.length === 0) return 'by the server itself (dry run)';
  return `NOT by the server: ${[...new Set(unchecked.map(preview => String(preview.serverChecked)))].join('; ')}`;
}

/** The images that containers would newly run. */
function newImages(plan: Plan): string[] {
  return plan.previews.flatMap(preview => {
    const before = new Map(leaves(preview.before).map(({ path, value }) => [path, value]));
    return leaves(preview.after)
      .filter(({ path, value }) => /ontainers\/[^/]+\/image$/.test(path) && before.get(path) !== value)
      .map(({ path, value }) => runsLine(preview, { what: path.split('/').slice(-2).join(' '), value }));
  });
}

/** What a change says of itself in one line, whole. */
function briefs({ previews }: Plan, redactor: Redactor): string[] {
  return previews.flatMap(({ change, after }) =>
    after === undefined ? [] : (kindOf(change).brief?.(redactor.object(after)) ?? []),
  );
}

/**
 * Every command that would newly run, of containers, hooks and probes, word by word: whole even where one word changes,
 * since what a word does depends on the others.
 */
function newCommands(plan: Plan, redactor: Redactor): string[] {
  return plan.previews.flatMap(preview => {
    const before = Map.groupBy(wordsOf(preview.before), ({ list }) => list);
    const after = Map.groupBy(wordsOf(preview.after), ({ list }) => list);
    return [...after]
      .filter(([list, words]) => canonicalJson(textsOf(words)) !== canonicalJson(textsOf(before.get(list))))
      .flatMap(([_list, words]) => {
        const shown = redactor.words(textsOf(words));
        return words.map(({ place, index, value }, at) =>
          runsLine(preview, { what: `${place} ${index}`, value: shown[at] ?? value }),
        );
      });
  });
}

interface Word {
  /** The list it stands in, as a JSON pointer. */
  list: string;
  /** For a person: `web args`, `web livenessProbe exec command`. */
  place: string;
  index: string;
  value: Json;
}

function wordsOf(object: JsonObject | undefined): Word[] {
  return leaves(object).flatMap(({ path, value }) => {
    const found = /^.*ontainers\/([^/]+\/(?:.+\/)?(?:command|args))(?=\/(\d+)$)/.exec(path);
    if (found === null) return [];
    const [list, place = '', index = ''] = found;
    return [{ list, place: place.replaceAll('/', ' '), index, value }];
  });
}

function textsOf(words: readonly Word[] | undefined): Json[] {
  return (words ?? []).map(({ value }) => value);
}

function runsLine({ target }: Preview, { what, value }: { what: string; value: Json }): string {
  return `${what} ${plainText(value)} (${describeRef(target)})`;
}

/** Whatever is not plain ASCII as `\u{e9}`: a Cyrillic letter in an image name must not look Latin, nor an escape move the cursor. */
export function spell(line: string): string {
  return line.replace(
    /[^\t\u0020-\u007E→…]/gu,
    character => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
