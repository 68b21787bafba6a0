import { runDrill } from '../../backups/drill.ts';
import { describeRunPlace } from '../../core/backup-set.ts';
import type { BackupDrill } from '../../core/change.ts';
import { type Drill, drillName } from '../../core/copy.ts';
import { lengthText } from '../../core/length-text.ts';
import type { Outcome } from '../../core/outcome.ts';
import { roughSize } from '../../core/size-text.ts';
import { trusted } from '../../core/trusted-text.ts';
import type { BackupSystem } from '../../toolkit/backup-system.ts';
import { backupSetOf, engineOf, foreseen, objectsOf } from './backup-set-of.ts';
import type { Applied, ChangeKind, Prospect } from './kind.ts';
import { openSetCopy, strangeWarnings, wholeCopyOf } from './open-set-copy.ts';

/**
 * Restores one copy into a place of its own, compares it with its manifest, takes the place away and leaves the report
 * beside the copy. A copy that turns out bad is a drill that was done: its outcome says failed, and so does the report.
 */
export const backupDrill: ChangeKind<BackupDrill> = {
  name: 'backup-drill',
  // Another drill is another report.
  idempotent: false,
  deed: 'drill',
  prints: true,
  stands: {
    halfway: trusted`what was restored to be looked at is taken away, at the latest by the next drill`,
    next: ({ target: { name } }, { environment }) =>
      trusted`vigie backups list ${name} -e ${environment} shows the copies and how their drills ended`,
  },

  // Neither the source nor the copy is touched; the machine bears the load of a restore.
  riskOf: ({ copy }) => ({
    level: 'medium',
    reasons: [`restores copy ${copy} into a scratch place where the programs of the set run`],
  }),

  async preview(change, reach): Promise<Prospect> {
    const system = await reach.backups();
    const set = backupSetOf(change.target, system);
    const engine = engineOf(set);
    const found = await wholeCopyOf(placeOf(change), system);
    const { needs = [], contents } = found.manifest;
    const { facts, warnings } = await foreseen(set, { system, manifest: found.manifest });
    return {
      change,
      operation: 'create',
      target: change.target,
      after: {
        copy: change.copy,
        from: change.destination,
        reads: roughSize(found.bytes),
        ...(needs.length === 0 ? {} : { needs: [...needs] }),
        engine: engine.name,
        runs: [...engine.programs.restore],
        where: describeRunPlace(set.run),
        ...(set.run.in !== 'operator' ? { scratch: set.scratch ?? 'the temporary folder there' } : {}),
        compares:
          contents.how === 'marker'
            ? 'a marker that was written to the source before the copy'
            : `${contents.items.length} items by count and hash`,
        ...facts,
      },
      volatile: [],
      warnings: [...strangeWarnings(found), ...warnings],
      alongside: [],
      undo: { possible: false, why: irreversible },
      serverChecked: 'a drill has no dry run',
    };
  },

  async apply(change, reach, writing): Promise<Applied> {
    const system = await reach.backups();
    const set = backupSetOf(change.target, system);
    const copy = await openSetCopy(placeOf(change), system);
    const runner = await system.runner(set);
    await writing.beforeWrite();
    const drilled = await runDrill({
      engine: engineOf(set),
      settings: set.settings,
      copy,
      runner,
      ...(await objectsOf(set, { system, writing })),
      signal: writing.signal ?? new AbortController().signal,
      deadlineMs: set.timeoutSeconds * 1000,
      progress: message => writing.progress?.(message),
      now: () => new Date(),
      ...(set.scratch === undefined ? {} : { base: set.scratch }),
    });
    const report = { ...drilled, manifest: copy.found.manifestSha256 };
    await writing.beforeWrite();
    await (await system.writer(change.destination)).note({
      set: set.name,
      copy: change.copy,
      file: drillName(new Date(report.at)),
      text: `${JSON.stringify(report, null, 1)}\n`,
    });
    return { uid: change.copy, outcome: outcomeOf(report) };
  },

  async find(change, { systems }) {
    const report = await reportOf(change, await systems.backups());
    return report === undefined ? undefined : { uid: change.copy, resourceVersion: report.at };
  },

  observe: async (change, { systems }) => (await reportOf(change, await systems.backups())) !== undefined,

  async verify(change, { systems }) {
    const report = await reportOf(change, await systems.backups());
    if (report !== undefined) return outcomeOf(report);
    return { state: 'unverified', evidence: [`No report of a drill lies beside copy ${change.copy}.`] };
  },

  invert: () => ({ irreversible }),
};

const irreversible = trusted`a drill leaves nothing but its report, which stays`;

/** What a report says, what is wrong first. */
function outcomeOf(report: Drill): Outcome {
  const lines = report.checks.map(({ what, passed, expected, found }) => {
    const told = [
      ...(expected === undefined || passed ? [] : [`expected ${expected}`]),
      ...(found === undefined ? [] : [found]),
    ].join('; ');
    return `${passed ? 'good' : 'BAD'}: ${what}${told === '' ? '' : ` (${told})`}`;
  });
  const head = `Copy ${report.copy} of ${report.set} is ${report.passed ? 'proven: restored' : 'NOT good: tried'} on ${report.where}.`;
  // What did not come back took no time to recover.
  const recovery = `Recovery time ${lengthText(report.tookMs / 1000)}; recovery point ${report.dataUntil ?? 'unknown'}${ageOf(report)}.`;
  const bad = report.checks.flatMap(({ passed }, index) => (passed ? [] : (lines[index] ?? [])));
  const good = report.checks.flatMap(({ passed }, index) => (passed ? (lines[index] ?? []) : []));
  return {
    state: report.passed ? 'verified' : 'failed',
    evidence: [...bad, head, ...(report.passed ? [recovery] : []), ...good],
  };
}

function ageOf({ dataUntil, at }: Drill): string {
  if (dataUntil === undefined) return '';
  return `, ${lengthText(Math.max(0, Date.parse(at) - Date.parse(dataUntil)) / 1000)} before the end of the drill`;
}

async function reportOf(change: BackupDrill, system: BackupSystem): Promise<Drill | undefined> {
  const { drill } = await wholeCopyOf(placeOf(change), system);
  return drill !== undefined && drill.at >= change.askedAt ? drill : undefined;
}

function placeOf({ target, destination, copy, accepts }: BackupDrill): Parameters<typeof wholeCopyOf>[0] {
  return { set: target.name, destination, copy, accepts };
}
