import { type Json, plainText } from '../core/json.ts';
import { leaves } from '../core/json-diff.ts';
import type { Plan } from '../core/plan.ts';
import { holdsPlaceholder, type Redactor } from '../core/redaction.ts';
import { describeRef } from '../core/ref.ts';
import { cleanLine, hiddenCharacters } from '../core/text.ts';
import { undoText, warningsOf } from './ask.ts';
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
  // Masked again when it is clean: hidden characters may have stood within a value.
  const masked = (text: string) => redactor.text(cleanLine(redactor.text(text), Number.MAX_SAFE_INTEGER));
  const diff = redactor.text(await renderDiff(plan.previews, redactor));
  const commands = runs(plan, /\/(?:command|args)\/\d+$/).map(line => `Runs         ${masked(line)}`);
  const warnings = warningsOf(plan, at.reach);
  const facts = [
    `Change       ${plan.id}: ${masked(summarize(plan.previews, redactor))}`,
    `Environment  ${plan.environment}`,
    `Cluster      ${plan.cluster.server} (${plan.cluster.uid})`,
    `As           ${plan.cluster.user === '' ? 'unknown to the server' : plan.cluster.user}`,
    `Asked by     ${plan.actor.kind} ${plan.actor.name} over ${plan.actor.via}, for ${plan.actor.onBehalfOf}, at ${plan.createdAt}`,
    `Risk         ${plan.risk.level}: ${plan.risk.reasons.join('; ')}`,
    `Targets      ${plan.previews.map(preview => `${preview.operation} ${describeRef(preview.target)}`).join(', ')}`,
    // Never masked: a variable of the asker's that repeats an image would else hide it.
    ...runs(plan, /\/image$/).map(line => `Runs         ${line}`),
    ...commands,
    ...(commands.some(holdsPlaceholder)
      ? ['Note         part of a command is masked: it repeats a value that is kept secret']
      : []),
    `Checked      ${checkedText(plan)}`,
    `Way back     ${undoText(plan)}; if it fails on the way, what was applied is taken back without asking again`,
    `Approval     ${vigie.assurance}${vigie.assurance === 'advisory' ? ' (whoever has this account can go round Vigie)' : ''}`,
    ...at.notes.map(note => `Note         ${note}`),
    ...warnings.map(warning => `Warning      ${masked(warning)}`),
  ];
  const hidden = hiddenCharacters(diff);
  const body = [
    ...facts.map(fact => spell(cleanLine(fact, Number.MAX_SAFE_INTEGER))),
    '',
    ...diff.split('\n').map(line => spell(masked(line))),
    ...(hidden === 0 ? [] : ['', `${hidden} hidden characters are not shown.`]),
  ];
  if (plan.reason !== undefined)
    body.push('', `The asker's own words: "${spell(cleanLine(masked(plan.reason), 200))}"`);
  return body.join('\n');
}

function checkedText(plan: Plan): string {
  const unchecked = plan.previews.filter(preview => preview.serverChecked !== true);
  if (unchecked.length === 0) return 'by the server itself (dry run)';
  return `NOT by the server: ${[...new Set(unchecked.map(preview => String(preview.serverChecked)))].join('; ')}`;
}

/** What containers would newly run, at the places that match. */
function runs(plan: Plan, place: RegExp): string[] {
  const lines = plan.previews.flatMap(preview =>
    leaves(preview.after)
      .filter(
        ({ path }) => /ontainers\/[^/]+\/(?:image|command\/\d+|args\/\d+)$/.test(path) && place.test(path),
      )
      .filter(({ path, value }) => valueAt(leaves(preview.before), path) !== value)
      .map(
        ({ path, value }) =>
          `${path.split('/').slice(-2).join(' ')} ${plainText(value)} (${describeRef(preview.target)})`,
      ),
  );
  return [...new Set(lines)];
}

function valueAt(found: readonly { path: string; value: Json }[], path: string): Json | undefined {
  return found.find(leaf => leaf.path === path)?.value;
}

/** Letters beyond ASCII as `\u{e9}`: a Cyrillic letter in an image name must not look Latin. */
function spell(line: string): string {
  return line.replace(
    /[^\t\u0020-\u007E→…]/gu,
    character => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
