import { nextMoments } from '../../core/schedule-times.ts';
import type { Vigie } from '../../pipeline/vigie.ts';

/** A schedule of backups that an approver let stand. */
export interface StandingBackup {
  /** Of the set. */
  backup: string;
  environment: string;
  cron: string;
  timeZone: string;
  /** ISO 8601; or why it never comes round. */
  next: string;
}

/** What a worker ticks beside playbooks. @throws VigieError STORE */
export async function standingBackups(vigie: Vigie): Promise<StandingBackup[]> {
  const store = await vigie.store();
  const now = vigie.now();
  const found = await Promise.all(
    vigie.environments.map(async ({ view: { name: environment } }) =>
      (await store.schedulesOf(environment).list()).map(({ name, schedule: { cron, timeZone }, fault }) => {
        const [next] = fault === undefined ? nextMoments({ cron, timeZone }, { now, count: 1 }) : [];
        return { backup: name, environment, cron, timeZone, next: fault ?? next?.toISOString() ?? 'never' };
      }),
    ),
  );
  return found.flat();
}
