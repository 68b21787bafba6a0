import { scheduleState } from '../../backups/schedule-state.ts';
import type { BackupSet } from '../../core/backup-set.ts';
import { engineOf } from '../../pipeline/changes/backup-set-of.ts';
import { whyNotStanding } from '../../pipeline/standing-approval.ts';
import type { Environment, Vigie } from '../../pipeline/vigie.ts';
import type { Check } from './check.ts';
import { crontabLine } from './crontab-line.ts';

/**
 * What comes round by itself: whether cron calls, whether each approval still holds, and whether vigie.yaml wishes what
 * is approved.
 */
export async function* scheduleChecks(
  vigie: Vigie,
  { environment, signal }: { environment: Environment; signal: AbortSignal },
): AsyncIterable<Check> {
  const area = environment.view.name;
  const now = vigie.now();
  const { systems } = await environment.reach(signal);
  if (!systems.configured.has('backups')) return;
  const sets = [...(await systems.backups()).sets.values()];
  const schedules = await systems.schedules();
  const standing = await schedules.list();
  const lastTick = await schedules.lastTick();
  const missed: string[] = [];
  for (const set of sets) {
    const record = standing.find(({ name }) => name === set.name);
    const state = scheduleState(set, { standing: record, now });
    const what = `schedule of ${set.name}`;
    const todo = `Have it approved: vigie backups schedule ${set.name} -e ${area}`;
    if (state.wishes !== undefined)
      yield {
        area,
        state: 'note',
        what: `${what}: vigie.yaml wishes ${state.wishes}; ${state.line === undefined ? 'none is approved' : `approved is ${state.line}`}`,
        todo,
      };
    if (record === undefined || state.line === undefined) continue;
    if (state.missed !== undefined) missed.push(`${set.name} since ${state.missed.toISOString()}`);
    if (state.fault !== undefined) {
      yield { area, state: 'wrong', what: `${what}: nothing is begun by it: ${state.fault}`, todo };
      continue;
    }
    if (state.clock !== undefined)
      yield {
        area,
        state: state.clock.stops ? 'wrong' : 'note',
        what: `${what}: ${state.clock.left}`,
        todo: state.clock.stops ? todo : 'See that the clock of this machine is right: timedatectl',
      };
    const fallen = vigie.readOnly
      ? undefined
      : await whyNotStanding(vigie, { schedule: set.name, environment, signal });
    if (fallen !== undefined)
      yield {
        area,
        state: 'wrong',
        what: `${what}: its runs are stopped: ${fallen.why}`,
        todo: fallen.unaccepted === true ? 'Accept vigie.yaml as it is now: vigie policy accept' : todo,
      };
    else if (state.last?.state === 'failed' || state.last?.state === 'broken off')
      yield {
        area,
        state: 'wrong',
        what: `${what}: what it began for ${state.last.moment} ${state.last.state === 'failed' ? 'failed' : 'broke off'}`,
        todo: `See why: vigie changes list -e ${area}`,
      };
    else
      yield {
        area,
        state: 'fine',
        what: `${what}: ${state.line}${state.next === undefined ? '' : `; next ${state.next.toISOString()}`}`,
      };
  }
  for (const { name } of standing.filter(each => !sets.some(set => set.name === each.name)))
    yield {
      area,
      state: 'wrong',
      what: `schedule of ${name}: it stands, and vigie.yaml has no such set`,
      todo: `Remove it: vigie backups schedule ${name} --remove -e ${area}`,
    };
  if (missed.length > 0) {
    const line = crontabLine({
      environment: area,
      self: [process.execPath, ...process.argv.slice(1, 2)],
      home: vigie.place.home,
      configFile: vigie.place.configFile,
      programs: programsOf(sets),
      path: process.env['PATH'] ?? '',
    });
    yield {
      area,
      state: 'wrong',
      what: `no tick seen for ${missed.join(', ')}; ${lastTick === undefined ? 'nobody ever called one here' : `the last one was at ${lastTick}`}`,
      todo: `Keep vigie worker running, or let cron call it, in \`crontab -e\` of the account that Vigie runs as: ${line} (docs/guides/backups.md has a timer of systemd)`,
    };
  }
}

/** Of the engines of these sets, and of what destinations lie on. */
function programsOf(sets: readonly BackupSet[]): string[] {
  const named = sets
    .filter(({ run }) => run.in === 'local')
    .flatMap(set => {
      const { dump, restore, place = [] } = engineOf(set).programs;
      return [...dump, ...restore, ...place];
    });
  return [...new Set([...named, 'restic', 'rclone'])];
}
