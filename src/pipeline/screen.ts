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
import { humanDuration } from '../kubernetes/duration.ts';
import { undoText, warningsOf } from './ask.ts';
import { deedOf, kindOf } from './changes/index.ts';
import { renderDiff, summarize } from './diff.ts';
import { systemLines, touchesCluster } from './systems-of-plan.ts';
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
  const diff = await renderDiff(plan.previews, redactor);
  const runs = [...briefs(plan, redactor.acts), ...newCommands(plan, redactor.acts)];
  const warnings = warningsOf(plan, at.reach);
  const facts = [
    `Change       ${plan.id}: ${summaryOf(plan, redactor)}`,
    `Environment  ${plan.environment}`,
    ...gateLines(plan, masked),
    ...systemLines(plan).map(line => `System       ${masked(line)}`),
    ...(touchesCluster(plan)
      ? [
          `Cluster      ${plan.cluster.server} (${plan.cluster.uid})`,
          `As           ${plan.cluster.user === '' ? 'unknown to the server' : plan.cluster.user}`,
        ]
      : []),
    `Asked by     ${plan.actor.kind} ${shownName(plan.actor)} over ${plan.actor.via}, for ${plan.actor.onBehalfOf}, at ${plan.createdAt}`,
    `Risk         ${plan.risk.level}: ${plan.risk.reasons.join('; ')}`,
    `Targets      ${targetsText(plan)}`,
    // Never masked: a variable of the asker's that repeats an image would else hide it.
    ...newImages(plan).map(line => `Runs         ${line}`),
    ...runs.map(line => `Runs         ${line}`),
    ...(runs.some(holdsPlaceholder)
      ? [
          'Note         [redacted #n] of what runs repeats a value that was read from the cluster, of a Secret or the like: what else it does there, nobody is shown',
        ]
      : []),
    `Checked      ${checkedText(plan)}`,
    `Way back     ${undoText(plan)}; if it fails on the way, ${halfwayText(plan)}`,
    `Approval     ${worthText(worthFor(vigie.worth, plan.actor))}`,
    ...(holdsPlaceholder(diff)
      ? [
          'Note         [redacted #n] below is a secret by its value, its place or its form, and may be of any length: what it says, nobody is shown',
        ]
      : []),
    ...plan.previews.filter(isAlreadySo).map(preview => `Note         ${alreadySo(preview)}`),
    ...at.notes.map(note => `Note         ${note}`),
    ...warnings.map(warning => `Warning      ${masked(warning)}`),
  ];
  const hidden = hiddenCharacters(diff);
  const body = [
    ...facts.map(spell),
    '',
    ...diff.split('\n').map(spell),
    ...(hidden === 0
      ? []
      : ['', `${hidden} characters that a terminal would hide are spelled out as \\u{…}.`]),
  ];
  if (plan.reason !== undefined)
    body.push('', `The asker's own words: "${spell(cleanLine(masked(plan.reason), limits.reasonChars))}"`);
  return body.join('\n');
}

/** Of a gate: what agreeing to it lets happen, and what not. */
function gateLines({ gate, from, outside, actor }: Plan, masked: (text: string) => string): string[] {
  const whose =
    from === undefined ? [] : [`From         people of ${from.join(', ')}, as the playbook wants`];
  if (outside !== undefined)
    whose.push(
      `Note         a gate of the run${outside.gate === '' ? '' : `, ${outside.gate},`} does not cover this: ${cleanLine(masked(outside.why), limits.lineChars)}`,
    );
  if (gate === undefined) return whose;
  const { run, path, seat, seats, covers, holdsSeconds } = gate;
  return [
    `Gate         nothing is sent now. Approving lets run ${run} of the playbook ${shownName(actor)} make these changes later, each once, and nothing else: until it ends, at most ${humanDuration(holdsSeconds * 1000)} after your decision`,
    `Steps        ${covers.map(({ path: step, tool }) => `${cleanLine(step, limits.lineChars)} (${tool})`).join(', ')}; asked at ${cleanLine(path, limits.lineChars)}`,
    ...(seats === 1 ? [] : [`People       ${seats} must agree; this is the ticket of number ${seat}`]),
    ...whose,
  ];
}

/** Of acts alone, what is not masked where they are told whole is not masked here. */
function summaryOf({ previews }: Plan, redactor: Redactor): string {
  const acts = previews.every(({ change }) => kindOf(change).brief !== undefined);
  return (acts ? redactor.acts : redactor).text(summarize(previews, redactor));
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
  if (unchecked.length === 0) {
    const by = plan.changes.map(change => kindOf(change).checkedBy ?? 'by the server itself (dry run)');
    return [...new Set(by)].join('; ');
  }
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
 * since what a word does depends on the others. Quoted, so that no word passes for two, or for what stands behind it.
 */
function newCommands(plan: Plan, redactor: Redactor): string[] {
  // A brief tells the command of its own.
  const previews = plan.previews.filter(({ change }) => kindOf(change).brief === undefined);
  return previews.flatMap(({ before, after, target }) => {
    const ran = Map.groupBy(wordsOf(before), ({ run }) => run);
    const runs = Map.groupBy(wordsOf(after), ({ run }) => run);
    const containers = containersOf(after);
    return [
      ...[...runs]
        .filter(([run, words]) => canonicalJson(textsOf(words)) !== canonicalJson(textsOf(ran.get(run))))
        .flatMap(([_run, words]) =>
          words.map(({ place, value }) => `${place} ${JSON.stringify(redactor.text(plainText(value)))}`),
        ),
      ...[...ran.keys()]
        .filter(run => !runs.has(run) && containers.has(run))
        .map(run => `${run.split('/').at(-2) ?? ''} what its image runs by itself`),
    ].map(line => `${line} (${describeRef(target)})`);
  });
}

interface Word {
  /** What runs as one: the command of a container with its args, or that of one hook or probe, as a JSON pointer. */
  run: string;
  /** For a person: `web args 0`, `web livenessProbe exec command 2`. */
  place: string;
  value: Json;
}

/** Of other resources too, whose containers stand where their makers like. */
function wordsOf(object: JsonObject | undefined): Word[] {
  const words = leaves(object).flatMap(({ path, value }) => {
    const found = /^(.*\/)(command|args)\/(\d+)$/.exec(path);
    if (found === null) return [];
    const [, run = '', list = '', index = ''] = found;
    const of = run.replace(/^.*ontainers\/(?=.)/, '').replace(/^\//, '');
    return [{ run, place: `${of.replaceAll('/', ' ')}${list} ${index}`, list, value }];
  });
  // As they stand on the line that runs.
  return words.toSorted((a, b) => Number(a.list === 'args') - Number(b.list === 'args'));
}

/** The places of its containers, as those of what they run. */
function containersOf(object: JsonObject | undefined): Set<string> {
  return new Set(
    leaves(object).flatMap(({ path }) => /^.*ontainers\/[^/]+\/(?=image$)/.exec(path)?.[0] ?? []),
  );
}

function textsOf(words: readonly Word[] | undefined): Json[] {
  return (words ?? []).map(({ place, value }) => [place, value]);
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
