import { isObject, type JsonObject, listOf, memberOf, textOf } from '../core/json.ts';
import { cleanLine } from '../core/text.ts';
import { amountText, measured } from './measure.ts';
import type { Line } from './verdict.ts';

const healthy = 'Cluster in healthy state';
const nameChars = 100;
const messageChars = 200;

/** A Cluster of CloudNativePG by its status, judged at a moment of its cluster's clock. */
export function judgeCnpg(
  cluster: { metadata: { annotations?: Record<string, string> }; spec?: JsonObject; status?: JsonObject },
  { now }: { now: Date },
): { about: string; lines: Line[] } {
  const { spec = {}, status = {} } = cluster;
  return {
    about: `CloudNativePG${textOf(status, 'image') === '' ? '' : `, ${cleanLine(textOf(status, 'image'), nameChars)}`}`,
    lines: [
      instancesLine(spec, status),
      phaseLine(status),
      primaryLine(status),
      ...annotationLines(cluster.metadata.annotations ?? {}),
      archivingLine(spec, status),
      ...backupLines(status, { spec, now }),
      ...certificateLines(status, now),
    ],
  };
}

function instancesLine(spec: JsonObject, status: JsonObject): Line {
  const check = 'instances';
  const [ready, wanted] = [Number(status['readyInstances'] ?? 0), Number(spec['instances'] ?? Number.NaN)];
  const text = `${ready} of ${wanted} ready`;
  if (ready >= wanted) return { check, level: 'ok', text };
  return { check, level: ready === 0 ? 'critical' : 'warning', text, source: 'all are to be ready' };
}

function phaseLine(status: JsonObject): Line {
  const phase = cleanLine(textOf(status, 'phase'), messageChars);
  if (phase === healthy) return { check: 'phase', level: 'ok', text: phase };
  const reason = textOf(status, 'phaseReason');
  return {
    check: 'phase',
    level: 'warning',
    text: `${phase === '' ? 'none yet' : phase}${reason === '' ? '' : `: ${cleanLine(reason, messageChars)}`}`,
    source: `it is to be: ${healthy}`,
  };
}

function primaryLine(status: JsonObject): Line {
  const check = 'primary';
  const [current, target] = ['currentPrimary', 'targetPrimary'].map(key =>
    cleanLine(textOf(status, key), nameChars),
  );
  if (current === '')
    return { check, level: 'critical', text: 'there is none', source: 'one instance is to be' };
  if (current === target) return { check, level: 'ok', text: current ?? '' };
  return {
    check,
    level: 'warning',
    text: `${current}, and it is to be ${target}`,
    source: 'a switch is under way or stuck',
  };
}

function annotationLines(annotations: Readonly<Record<string, string>>): Line[] {
  const fenced = annotations['cnpg.io/fencedInstances'] ?? '';
  const hibernates = annotations['cnpg.io/hibernation'] === 'on';
  return [
    fenced === '' || fenced === '[]'
      ? { check: 'fencing', level: 'ok', text: 'no instance is fenced' }
      : {
          check: 'fencing',
          level: 'critical',
          text: `PostgreSQL is kept down in ${cleanLine(fenced, nameChars)}`,
          source: 'a fence that a person set, and has to lift',
        },
    ...(hibernates
      ? [
          {
            check: 'hibernation',
            level: 'warning',
            text: 'is on: nothing of it runs',
            source: 'cnpg.io/hibernation',
          } as const,
        ]
      : []),
  ];
}

function archivingLine(spec: JsonObject, status: JsonObject): Line {
  const check = 'WAL archiving';
  const condition = listOf(status, 'conditions').find(each => each['type'] === 'ContinuousArchiving');
  if (condition === undefined)
    return spec['backup'] === undefined && spec['plugins'] === undefined
      ? { check, level: 'note', text: 'none is configured: no point in time but that of a backup' }
      : { check, level: 'not checked', text: 'the cluster does not tell (no condition ContinuousArchiving)' };
  if (condition['status'] === 'True') return { check, level: 'ok', text: 'works' };
  return {
    check,
    level: 'critical',
    text: `fails: ${cleanLine(textOf(condition, 'message'), messageChars)}`,
    source: 'condition ContinuousArchiving',
  };
}

function backupLines(status: JsonObject, { spec, now }: { spec: JsonObject; now: Date }): Line[] {
  const check = 'backup';
  const last = timeIn(textOf(status, 'lastSuccessfulBackup'));
  const failed = timeIn(textOf(status, 'lastFailedBackup'));
  const from = textOf(status, 'firstRecoverabilityPoint');
  const failing: Line[] =
    failed !== undefined && (last === undefined || failed > last)
      ? [
          {
            check,
            level: 'warning',
            text: 'the last one failed',
            source: 'lastFailedBackup is newer than lastSuccessfulBackup',
          },
        ]
      : [];
  if (last !== undefined) {
    const value = (now.getTime() - last.getTime()) / 1000;
    const text = `the last good one is ${amountText(value, 'seconds')} old${from === '' ? '' : `; any time since ${cleanLine(from, nameChars)} can be restored`}`;
    return [...failing, measured(check, { value, by: 'cnpg.backupAge', text })];
  }
  if (failing.length > 0) return failing;
  const level = spec['backup'] === undefined ? 'note' : 'warning';
  // A plugin keeps it in objects of its own.
  const text =
    spec['plugins'] === undefined
      ? 'no good one is known'
      : 'no good one is known here; a plugin may know one';
  return [
    spec['plugins'] === undefined
      ? { check, level, text, ...(level === 'note' ? {} : { source: 'spec.backup asks for them' }) }
      : { check, level: 'note', text },
  ];
}

function certificateLines(status: JsonObject, now: Date): Line[] {
  const expirations = memberOf(memberOf(status, 'certificates'), 'expirations');
  if (!isObject(expirations)) return [];
  const ends = Object.entries(expirations).flatMap(([name, text]) => {
    const at = typeof text === 'string' ? timeIn(text) : undefined;
    return at === undefined ? [] : [{ name, at }];
  });
  const [first] = ends.toSorted((a, b) => a.at.getTime() - b.at.getTime());
  if (first === undefined) return [];
  const value = (first.at.getTime() - now.getTime()) / 1000;
  const text = `${cleanLine(first.name, nameChars)} ${value < 0 ? 'is over since' : 'ends in'} ${amountText(Math.abs(value), 'seconds')}`;
  return [measured('certificates', { value, by: 'cnpg.certificate', text })];
}

/** As RFC 3339, and as Go prints a time: `2026-01-01 12:00:00 +0000 UTC`. */
function timeIn(text: string): Date | undefined {
  const go = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.\d+)? \+0000 UTC$/.exec(text);
  const time = new Date(go === null ? text : `${go[1]}T${go[2]}Z`);
  return Number.isNaN(time.getTime()) ? undefined : time;
}
