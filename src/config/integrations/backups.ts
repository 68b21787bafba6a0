import * as z from 'zod';
import type { BackupDestination, BackupSet, Retention } from '../../core/backup-set.ts';
import { isPlainPath, plainPathRule } from '../../core/plain-path.ts';
import type { SecretReference } from '../../core/secret-reference.ts';
import { ownName } from '../dns-label.ts';
import { parseDuration } from '../duration.ts';
import { destinationSection, readDestination, resticSection, s3Section } from './backup-destinations.ts';
import { engineOf, enginesSection } from './backup-engines.ts';
import { readSchedule, scheduleSection } from './backup-schedule.ts';
import { checkFileSet } from './file-sets.ts';
import { type Aliases, readReference } from './reference.ts';
import { podSection, readRun, runSection } from './run-place.ts';

/** What stands under `backups` of an environment. */
export interface BackupsConfig {
  sets: ReadonlyMap<string, BackupSet>;
  destinations: ReadonlyMap<string, BackupDestination>;
  /** The key that copies and reports are signed with. Absent: the installation's own. */
  signing?: SecretReference;
}

/** More belong into more environments. */
const mostSets = 100;
const mostDestinations = 20;
/** Of one set: its copies are all carried from the first. */
const mostPlaces = 5;
/** A copy an hour for six weeks, which is what a destination lists. */
const mostKept = 1_000;
const longestTimeoutSeconds = 7 * 24 * 3600;
/** Six hours. */
const usualTimeoutSeconds = 6 * 3600;
/** A quarter: what nobody restored for longer, nobody knows to be good. */
const usualDrillSeconds = 90 * 24 * 3600;

const duration = z
  .string()
  .transform(text => parseDuration(text) ?? Number.NaN)
  .refine(seconds => !Number.isNaN(seconds), 'must be a duration like 6h or 7d');
const kept = z.int().min(1).max(mostKept).optional();

const retentionSection = z
  .strictObject({ last: kept, daily: kept, weekly: kept, monthly: kept, within: duration.optional() })
  .refine(
    rules => Object.keys(rules).length > 0,
    'must keep something: last, daily, weekly, monthly or within',
  );

const objectiveSection = z.strictObject({
  age: duration.optional(),
  drill: duration.optional(),
});

const storedSection = z.strictObject({
  media: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, 'must be a word like disk or object-store'),
  offSite: z.boolean().default(false),
});

const setSection = z.strictObject({
  ...enginesSection.shape,
  stored: storedSection.optional(),
  run: runSection.default('local'),
  to: z.array(ownName).min(1).max(mostPlaces),
  retention: retentionSection.optional(),
  objective: objectiveSection.prefault({}),
  timeout: duration.refine(seconds => seconds <= longestTimeoutSeconds, 'must be at most 7d').optional(),
  scratch: z.string().max(4096).refine(isPlainPath, plainPathRule).optional(),
  schedule: scheduleSection.optional(),
});

export const backupsSection = z.strictObject({
  destinations: z
    .record(ownName, destinationSection)
    .refine(all => Object.keys(all).length <= mostDestinations, `must be at most ${mostDestinations}`)
    .default({}),
  sets: z
    .record(ownName, setSection)
    .refine(all => Object.keys(all).length <= mostSets, `must be at most ${mostSets}`)
    .default({}),
  signing: z.string().max(4096).optional(),
});

/** Its sections, by the path below an environment. */
export const backupSections: Readonly<Record<string, z.core.$ZodLooseShape>> = {
  backups: backupsSection.shape,
  'backups.destinations.NAME': destinationSection.shape,
  'backups.destinations.NAME.s3': s3Section.shape,
  'backups.destinations.NAME.restic': resticSection.shape,
  'backups.sets.NAME': setSection.shape,
  'backups.sets.NAME.run.pod': podSection.shape,
  'backups.sets.NAME.stored': storedSection.shape,
  'backups.sets.NAME.retention': retentionSection.shape,
  'backups.sets.NAME.objective': objectiveSection.shape,
  'backups.sets.NAME.schedule': scheduleSection.shape,
};

export function readBackups(text: z.output<typeof backupsSection>, at: Aliases): BackupsConfig {
  const destinations = Object.entries(text.destinations).map(([key, written]) =>
    readDestination(written, { ...at, name: key, path: ['backups', 'destinations', key] }),
  );
  const { signing } = text;
  const config: BackupsConfig = {
    ...(signing === undefined
      ? {}
      : { signing: readReference(signing, { ...at, path: ['backups', 'signing'] }) }),
    destinations: new Map(destinations.map(each => [each.name, each])),
    sets: new Map(
      Object.entries(text.sets).map(([key, written]) => [
        key,
        readSet(written, { ...at, name: key, path: ['backups', 'sets', key] }),
      ]),
    ),
  };
  for (const set of config.sets.values()) {
    const path = ['backups', 'sets', set.name, 'to'];
    if (new Set(set.to).size < set.to.length) at.fail(path, 'names a destination twice');
    for (const to of set.to) {
      if (!config.destinations.has(to))
        at.fail(path, `there is no destination ${to} under backups.destinations`);
    }
    checkFileSet(set, { destinations: config.destinations, fail: at.fail });
  }
  return config;
}

function readSet(
  text: z.output<typeof setSection>,
  at: Aliases & { name: string; path: readonly PropertyKey[] },
): BackupSet {
  const { run, to, retention, objective, timeout, scratch, schedule } = text;
  return {
    name: at.name,
    ...engineOf(text, at),
    ...(text.engine === 'cnpg' ? readOperated(text, at) : { run: readRun(run, at) }),
    to,
    drillSeconds: objective.drill ?? usualDrillSeconds,
    timeoutSeconds: timeout ?? usualTimeoutSeconds,
    ...(retention === undefined ? {} : { retention: readRetention(retention) }),
    ...(objective.age === undefined ? {} : { objectiveSeconds: objective.age }),
    ...(scratch === undefined ? {} : { scratch }),
    ...(schedule === undefined ? {} : { schedule: readSchedule(schedule, at) }),
  };
}

/** A set of which an operator makes the copies and keeps the data. */
function readOperated(
  text: z.output<typeof setSection>,
  { fail, path }: Aliases & { path: readonly PropertyKey[] },
): Pick<BackupSet, 'run' | 'stored'> {
  const { run, scratch, stored, method, plugin, namespace = '' } = text;
  if (run !== 'local') fail([...path, 'run'], 'cannot go with cnpg: its operator does the work');
  if (scratch !== undefined) fail([...path, 'scratch'], 'cannot go with cnpg: a drill is a Cluster');
  if (stored === undefined)
    return fail(path, 'needs stored for the engine cnpg: the media that its operator stores on');
  if (method === 'plugin' && plugin === undefined)
    fail([...path, 'plugin'], 'is needed for the method plugin');
  if (plugin !== undefined && method !== undefined && method !== 'plugin')
    fail([...path, 'plugin'], 'goes with the method plugin alone');
  return { run: { in: 'operator', operator: 'CloudNativePG', namespace }, stored };
}

function readRetention({ within, ...counts }: z.output<typeof retentionSection>): Retention {
  const { last, daily, weekly, monthly } = counts;
  return {
    ...(last === undefined ? {} : { last }),
    ...(daily === undefined ? {} : { daily }),
    ...(weekly === undefined ? {} : { weekly }),
    ...(monthly === undefined ? {} : { monthly }),
    ...(within === undefined ? {} : { withinSeconds: within }),
  };
}
