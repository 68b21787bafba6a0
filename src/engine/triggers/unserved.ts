import type { Journal } from '../../core/journal.ts';
import { dueTick } from './due-tick.ts';
import type { EnabledPlaybook } from './enabled.ts';
import { listeningName } from './event-starts.ts';
import { nameOf, schedulesOf } from './schedules.ts';

/** A worker that is started anew is back by then, and cron would have been too. */
const lateMs = 30 * 60_000;

/** Something that was to start by itself, and that no worker saw to. */
export interface Unserved {
  playbook: string;
  environment: string;
  by: 'schedule' | 'event';
  /** ISO 8601: since then it waits. Absent: no worker ever saw it. */
  since?: string;
}

/** What of schedules and events no worker sees to, as the journal tells; of alerts and webhooks it tells nothing. */
export async function findUnserved(
  journal: Journal,
  playbooks: readonly EnabledPlaybook[],
): Promise<Unserved[]> {
  const now = journal.now();
  const found: Unserved[] = [];
  for (const schedule of schedulesOf(playbooks)) {
    const { enabled, environment, on } = schedule;
    const of = { playbook: enabled.playbook.metadata.name, environment, by: 'schedule' } as const;
    const last = await journal.lastTick(nameOf(schedule), now);
    const due = last === undefined ? undefined : dueTick(on, { now, last });
    if (last === undefined) found.push(of);
    else if (due !== undefined && now - due.at >= lateMs)
      found.push({ ...of, since: new Date(due.at).toISOString() });
  }
  for (const { playbook, environments } of playbooks.filter(each => each.playbook.on.event !== undefined))
    for (const environment of environments) {
      const { name } = playbook.metadata;
      if ((await journal.lastTick(listeningName(name, environment), now)) === undefined)
        found.push({ playbook: name, environment, by: 'event' });
    }
  return found;
}
