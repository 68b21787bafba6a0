import { VigieError } from '../../core/errors.ts';
import type { Occasion } from '../../core/journal.ts';
import { type JsonObject, memberOf, textIn } from '../../core/json.ts';
import { KnownSecrets } from '../../core/known-secrets.ts';
import type { Playbook } from '../../core/playbook.ts';
import { Redactor } from '../../core/redaction.ts';
import { cleanLine } from '../../core/text.ts';
import { trusted } from '../../core/trusted-text.ts';
import { listPlaybooks, readBounded, textOf } from '../../engine/catalogue/catalogue.ts';
import { Evaluator } from '../../engine/language/expressions/evaluator.ts';
import { handedOver, likenessOf, matchAlert } from '../../engine/triggers/match-alert.ts';
import { type ReadAlert, readAlerts } from '../../engine/triggers/read-alerts.ts';
import { badAnswerStatus } from '../exit-status.ts';
import { CliLibrary } from '../playbooks/cli-library.ts';
import { writeData } from '../render/answer.ts';
import { TableWriter } from '../render/table.ts';
import { withRuns } from '../runs/with-runs.ts';
import type { CommonOptions, Session } from '../session.ts';
import { hindranceNow, onlyFiles } from './would-start.ts';

/** Of an alert's name, of inputs and of a reason, in a table. */
const shownChars = 200;

const starts = 'starts';

interface Found {
  alert: string;
  read: ReadAlert;
  playbook: string;
  /** starts; or why it does not. */
  outcome: string;
  inputs: JsonObject;
  /** What it is alike by. */
  like?: NonNullable<Occasion['like']>;
}

/** Says which playbooks an alert would start now, and starts nothing. */
export async function tryAlert(
  session: Session,
  options: CommonOptions & { output: string; alert: string; from?: string },
): Promise<void> {
  const { terminal } = session;
  const { triggers, playbooks } = await session.config(options);
  const sender = senderOf(triggers.alerts, options.from);
  const alerts = readAlerts(await payloadOf(options.alert), {
    sender: sender.name,
    redactor: () => new Redactor(new KnownSecrets()),
  });
  const evaluator = new Evaluator();
  const desk = new CliLibrary(session, options);
  const found: Found[] = [];
  try {
    for (const file of await listPlaybooks(await desk.directory())) {
      const { playbook, mistakes } = await desk.examine((await textOf(file)) ?? '', { name: file.name });
      if (playbook?.on.alert === undefined) continue;
      const enabled = (playbooks.triggers ?? []).find(({ name }) => name === file.name);
      const hindrance = hindranceOf({ mistakes: mistakes.length, enabled, ...sender });
      for (const alert of alerts) found.push(...(await outcomeOf(evaluator, { alert, playbook, hindrance })));
    }
    const { environment } = sender;
    if (environment !== undefined && found.some(({ outcome }) => outcome === starts))
      await withRuns(session, {
        options,
        use: async at => {
          for (const each of found.filter(({ outcome }) => outcome === starts))
            each.outcome = (await hindranceNow(at, { candidate: each, environment })) ?? starts;
        },
      }).catch((error: unknown) => terminal.note(onlyFiles(error)));
  } finally {
    await evaluator.close();
    await desk.close();
  }
  if (options.output !== 'table')
    await terminal.write(
      await writeData(
        {
          alerts: found.map(({ alert, playbook, outcome, inputs }) => ({ alert, playbook, outcome, inputs })),
        },
        options.output === 'json' ? 'json' : 'yaml',
      ),
    );
  else if (found.length > 0)
    await terminal.write(
      new TableWriter().page(
        found.map(({ alert, playbook, outcome, inputs }) => ({
          alert,
          playbook,
          outcome,
          inputs: cleanLine(JSON.stringify(inputs), shownChars),
        })),
      ),
    );
  else terminal.note('No playbook matches.');
  if (!found.some(({ outcome }) => outcome === starts)) session.status = badAnswerStatus;
}

async function outcomeOf(
  evaluator: Evaluator,
  at: { alert: ReadAlert; playbook: Playbook; hindrance: string | undefined },
): Promise<Found[]> {
  const { alert, playbook, hindrance } = at;
  const { trigger } = alert;
  const facts = { alert: nameOf(alert), read: alert, playbook: playbook.metadata.name };
  const match = await matchAlert(evaluator, { playbook, alert });
  if (match.is === 'other') return [];
  if (match.is === 'failed')
    return [{ ...facts, outcome: `match fails: ${cleanLine(match.why, shownChars)}`, inputs: {} }];
  let inputs: JsonObject = {};
  try {
    inputs = await handedOver(evaluator, { playbook, trigger });
  } catch (error) {
    return [{ ...facts, outcome: failing('inputs fail', error), inputs }];
  }
  const outcome = alert.firing ? (hindrance ?? starts) : 'it has resolved';
  try {
    const like = await likenessOf(evaluator, { playbook, trigger });
    return [{ ...facts, outcome, inputs, ...(like && { like }) }];
  } catch (error) {
    return [{ ...facts, outcome: failing('dedupe fails', error), inputs }];
  }
}

function failing(what: string, error: unknown): string {
  if (!(error instanceof VigieError)) throw error;
  return `${what}: ${cleanLine(error.message, shownChars)}`;
}

/** Why it would not start although it matches; undefined: it would, as far as files tell. */
function hindranceOf(at: {
  mistakes: number;
  enabled: { environments: readonly string[] } | undefined;
  environment: string | undefined;
}): string | undefined {
  if (at.mistakes > 0) return 'it has mistakes: vigie playbooks lint';
  if (at.enabled === undefined) return 'vigie.yaml does not name it under playbooks.triggers';
  if (at.environment === undefined) return 'vigie.yaml names no sender under triggers.alerts';
  return at.enabled.environments.includes(at.environment)
    ? undefined
    : `vigie.yaml does not let it start in ${at.environment}`;
}

/** @throws VigieError INVALID_INPUT */
function senderOf(
  senders: readonly { name: string; environment: string }[],
  from: string | undefined,
): { name: string; environment: string | undefined } {
  const names = senders.map(({ name }) => name);
  const found =
    from === undefined && senders.length <= 1 ? senders[0] : senders.find(({ name }) => name === from);
  if (found !== undefined) return found;
  if (senders.length === 0 && from === undefined) return { name: 'nobody', environment: undefined };
  throw new VigieError('INVALID_INPUT', 'Name one of the senders with --from.', {
    hint: names.length === 0 ? 'vigie.yaml names none under triggers.alerts.' : trusted`There are ${names}.`,
  });
}

async function payloadOf(file: string): Promise<unknown> {
  const text = await readBounded(file);
  if (text === undefined) throw new VigieError('INVALID_INPUT', `There is no file ${cleanLine(file)}.`);
  try {
    return JSON.parse(text);
  } catch {
    throw new VigieError('INVALID_INPUT', `${cleanLine(file)} is not JSON, or larger than 256 kB.`);
  }
}

function nameOf({ trigger }: ReadAlert): string {
  const name = textIn(memberOf(trigger.facts['alert'], 'labels')?.['alertname']);
  return cleanLine(name === '' ? trigger.id : name, shownChars);
}
