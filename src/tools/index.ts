import type { Tool } from '../toolkit/tool.ts';
import { backupTools } from './backups/index.ts';
import { changeTools } from './changes/index.ts';
import { dataTools } from './data/index.ts';
import { environmentTools } from './environments/index.ts';
import { k8sCp } from './k8s/cp.ts';
import { k8sDiagnoseFiles } from './k8s/diagnose-files.ts';
import { k8sTools } from './k8s/index.ts';
import { k8sPortForward } from './k8s/port-forward.ts';
import { logTools } from './logs/index.ts';
import { manifestTools } from './manifests/index.ts';
import { metricsTools } from './metrics/index.ts';
import { playbookTools } from './playbooks/index.ts';

/** Every tool, by its family. The order is the order in which they are shown. */
export const toolFamilies: Readonly<Record<string, readonly Tool[]>> = {
  k8s: k8sTools,
  manifests: manifestTools,
  changes: changeTools,
  environments: environmentTools,
  playbooks: playbookTools,
  metrics: metricsTools,
  logs: logTools,
  backups: backupTools,
  data: dataTools,
};

/** Tools of the command line alone: what they carry belongs to the process of the person who sits there. */
export const commandLineTools: Readonly<Record<string, readonly Tool[]>> = { k8s: [k8sCp, k8sPortForward] };

/** Of the command line as well, without a command of their own: a flag of another tool's command calls them. */
export const flaggedTools: Readonly<Record<string, readonly Tool[]>> = { k8s: [k8sDiagnoseFiles] };
