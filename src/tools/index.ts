import type { Tool } from '../toolkit/tool.ts';
import { changeTools } from './changes/index.ts';
import { environmentTools } from './environments/index.ts';
import { k8sTools } from './k8s/index.ts';

/** Every tool, by its family. The order is the order in which they are shown. */
export const toolFamilies: Readonly<Record<string, readonly Tool[]>> = {
  k8s: k8sTools,
  changes: changeTools,
  environments: environmentTools,
};
