import * as z from 'zod';
import type { RunPlace } from '../../core/backup-set.ts';
import { labelOf, namespaceName } from '../dns-label.ts';
import type { Aliases } from './reference.ts';

/** Where programs of ours run. */
export type ProgramPlace = Exclude<RunPlace, { in: 'operator' }>;

export const podSection = z.strictObject({
  namespace: namespaceName,
  workload: z
    .string()
    .regex(
      /^(statefulset|deployment|daemonset)\/[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/,
      'must be like statefulset/db',
    )
    .optional(),
  name: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/, 'is no name of a pod')
    .optional(),
  container: labelOf('is no name of a container').optional(),
});

/** Where programs run: `local`, or in a pod. */
export const runSection = z.union([z.literal('local'), z.strictObject({ pod: podSection })]);

export function readRun(
  run: z.output<typeof runSection>,
  { fail, path }: Aliases & { path: readonly PropertyKey[] },
): ProgramPlace {
  if (run === 'local') return { in: 'local' };
  const { namespace, workload, name: pod, container } = run.pod;
  const common = { in: 'pod' as const, namespace, ...(container === undefined ? {} : { container }) };
  if (workload !== undefined && pod === undefined) {
    const [kind = '', found = ''] = workload.split('/');
    const kinds = { statefulset: 'StatefulSet', deployment: 'Deployment', daemonset: 'DaemonSet' } as const;
    if (kind === 'statefulset' || kind === 'deployment' || kind === 'daemonset')
      return { ...common, target: { workload: { kind: kinds[kind], name: found } } };
  }
  if (pod !== undefined && workload === undefined) return { ...common, target: { pod } };
  return fail([...path, 'run', 'pod'], 'needs workload or name, and not both');
}
