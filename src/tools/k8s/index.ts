import type { Tool } from '../../toolkit/tool.ts';
import { k8sAccess } from './access.ts';
import { k8sApply } from './apply.ts';
import { k8sAudit } from './audit.ts';
import { k8sDelete } from './delete.ts';
import { k8sDescribe } from './describe.ts';
import { k8sDiagnose } from './diagnose.ts';
import { k8sDiff } from './diff.ts';
import { k8sEvents } from './events.ts';
import { k8sExec } from './exec.ts';
import { k8sExplain } from './explain.ts';
import { k8sGet } from './get.ts';
import { k8sList } from './list.ts';
import { k8sLogs } from './logs.ts';
import { k8sNode } from './node.ts';
import { k8sPatch } from './patch.ts';
import { k8sRollout } from './rollout.ts';
import { k8sRunJob } from './run-job.ts';
import { k8sScale } from './scale.ts';
import { k8sSet } from './set.ts';
import { k8sTop } from './top.ts';

export const k8sTools: readonly Tool[] = [
  k8sList,
  k8sGet,
  k8sDescribe,
  k8sLogs,
  k8sEvents,
  k8sTop,
  k8sExplain,
  k8sAccess,
  k8sDiff,
  k8sDiagnose,
  k8sAudit,
  k8sApply,
  k8sPatch,
  k8sSet,
  k8sScale,
  k8sRollout,
  k8sNode,
  k8sExec,
  k8sRunJob,
  k8sDelete,
];
