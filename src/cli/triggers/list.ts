import type { Sender, TriggersConfig } from '../../config/triggers-config.ts';
import type { Storm } from '../../core/journal.ts';
import type { JsonObject } from '../../core/json.ts';
import { namedInVain } from '../../engine/triggers/enabled.ts';
import { startersOf } from '../../engine/triggers/starters.ts';
import { writeData } from '../render/answer.ts';
import { TableWriter } from '../render/table.ts';
import { enabledHere } from '../runs/enabled-here.ts';
import { type StandingBackup, standingBackups } from '../runs/standing-backups.ts';
import { withRuns } from '../runs/with-runs.ts';
import type { CommonOptions, Session } from '../session.ts';
import { gapsOf } from './gaps.ts';

/** Shows what may start by itself, backups too, who may send what starts it, and the starts that a storm held back. */
export async function listTriggers(
  session: Session,
  options: CommonOptions & { output: string },
): Promise<void> {
  const { terminal } = session;
  const { triggers } = await session.config(options);
  const enabled = await enabledHere(session, options);
  const { playbooks } = enabled;
  const broken = namedInVain(enabled);
  let storms: Storm[] = [];
  let unaccepted: string[] = [];
  let backups: StandingBackup[] = [];
  await withRuns(session, {
    options,
    use: async ({ vigie, runs }) => {
      storms = await runs.journal.storms();
      backups = await standingBackups(vigie);
      if (!(await vigie.policy()).accepted)
        unaccepted = vigie.environments
          .filter(({ view }) => view.kind !== 'sandbox')
          .map(({ view }) => view.name);
    },
  });
  const rows = playbooks.flatMap(({ playbook, environments }) => {
    const starts = startersOf(playbook).join(',');
    if (starts === '') return [];
    return environments.map(environment => ({ playbook: playbook.metadata.name, environment, starts }));
  });
  const senders = sendersOf(triggers);
  const gaps = gapsOf({ triggers, playbooks, unaccepted });
  if (options.output !== 'table') {
    const data: JsonObject = {
      playbooks: rows,
      broken: broken.map(each => ({ ...each })),
      senders,
      backups: backups.map(each => ({ ...each })),
      storms: storms.map(each => ({ ...each })),
      gaps,
    };
    await terminal.write(await writeData(data, options.output === 'json' ? 'json' : 'yaml'));
    return;
  }
  if (rows.length > 0) await terminal.write(new TableWriter().page(rows));
  else if (broken.length === 0)
    terminal.note(
      'No playbook starts by itself: name playbooks in vigie.yaml, playbooks: {triggers: [heal-oom]}',
    );
  for (const { name, why, todo } of broken) terminal.note(`${name} starts by nothing: ${why} ${todo}`);
  if (senders.length > 0) await terminal.write(`\n${new TableWriter().page(senders)}`);
  if (backups.length > 0)
    await terminal.write(`\n${new TableWriter().page(backups.map(each => ({ ...each })))}`);
  for (const gap of gaps) terminal.note(gap);
  for (const storm of storms) await terminal.write(`\n${stormText(storm)}\n`);
}

function sendersOf({ alerts, webhooks }: TriggersConfig): JsonObject[] {
  const rowOf =
    (place: string) =>
    ({ name, environment, proof }: Sender): JsonObject => ({
      sender: `/${place}/${name}`,
      environment,
      proof,
    });
  return [...alerts.map(rowOf('alerts')), ...webhooks.map(rowOf('hooks'))];
}

function stormText({ environment, name, since, last, held }: Storm): string {
  const what = name === undefined ? 'of all playbooks together' : `of ${name}`;
  const [from, to] = [since, last].map(at => new Date(at).toISOString());
  return `Held: ${held} starts ${what} in ${environment}, from ${from} to ${to}. What is told again later starts then.`;
}
