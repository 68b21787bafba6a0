import type { Change } from '../../core/change.ts';
import type { Preview } from '../../core/preview.ts';
import { backupDrill } from './backup-drill.ts';
import { backupPrune } from './backup-prune.ts';
import { backupRestore } from './backup-restore.ts';
import { backupRun } from './backup-run.ts';
import { backupSchedule } from './backup-schedule.ts';
import { k8sApply } from './k8s-apply.ts';
import { k8sCopy } from './k8s-copy.ts';
import { k8sDelete } from './k8s-delete.ts';
import { k8sDrain } from './k8s-drain.ts';
import { k8sEvict } from './k8s-evict.ts';
import { k8sExec } from './k8s-exec.ts';
import { k8sPatch } from './k8s-patch.ts';
import { k8sPortForward } from './k8s-port-forward.ts';
import { k8sRunJob } from './k8s-run-job.ts';
import type { ChangeKind } from './kind.ts';
import { metricsAnnotation } from './metrics-annotation.ts';
import { metricsDashboard } from './metrics-dashboard.ts';
import { metricsRule } from './metrics-rule.ts';
import { metricsSilence } from './metrics-silence.ts';
import { withRules } from './rules-of-objects.ts';

const kinds = {
  'k8s-apply': withRules(k8sApply),
  'k8s-patch': withRules(k8sPatch),
  'k8s-delete': withRules(k8sDelete),
  'k8s-drain': k8sDrain,
  'k8s-evict': k8sEvict,
  'k8s-run-job': k8sRunJob,
  'k8s-exec': k8sExec,
  'k8s-copy': k8sCopy,
  'k8s-port-forward': k8sPortForward,
  'metrics-silence': metricsSilence,
  'metrics-rule': metricsRule,
  'metrics-dashboard': metricsDashboard,
  'metrics-annotation': metricsAnnotation,
  'backup-run': backupRun,
  'backup-prune': backupPrune,
  'backup-drill': backupDrill,
  'backup-restore': backupRestore,
  'backup-schedule': backupSchedule,
} as const;

/** What a person calls what a change does: `update`, `evict`. */
export function deedOf({ change, operation }: Pick<Preview, 'change' | 'operation'>): string {
  return kindOf(change).deed ?? operation;
}

/** What the write of a change alone has done: `cordon`, of a drain. */
export function writeOf(preview: Pick<Preview, 'change' | 'operation'>): string {
  return kindOf(preview.change).write ?? deedOf(preview);
}

/** The kind of a change. */
export function kindOf(change: Change): ChangeKind {
  return kinds[change.kind];
}
