import * as z from 'zod';
import { defineReadTool } from '../../toolkit/tool.ts';
import { tableHeader, tableLine } from '../text-table.ts';

/** Lists the environments, what each may touch and what its policy says. */
export const environmentsList = defineReadTool({
  name: 'environments_list',
  title: 'List environments',
  description:
    'List environments: cluster, namespaces, what policy says to changes by risk, what an approval is worth.',
  input: z.strictObject({}),
  output: z.object({
    environments: z.array(z.unknown()),
    assurance: z.string(),
    readOnly: z.boolean(),
  }),
  environmental: false,

  async read(_input, { environments, assurance, readOnly }) {
    const lines = environments.map(({ name, kind, cluster, namespaces, clusterScoped, policy }) =>
      tableLine([
        name,
        kind === 'sandbox' ? `${cluster} (simulated)` : cluster,
        namespaces?.join(',') ?? 'all',
        clusterScoped ? 'yes' : 'no',
        policy.low,
        policy.medium,
        policy.high,
      ]),
    );
    const worth =
      assurance === 'separated'
        ? "assurance: separated (the side that asks cannot reach the approvers' socket, credentials or store)"
        : 'assurance: advisory (an agent cannot approve through Vigie, but may go round it; vigie doctor says why)';
    const header = tableHeader(['name', 'cluster', 'namespaces', 'cluster scoped', 'low', 'medium', 'high']);
    return {
      data: { environments: environments.map(environment => ({ ...environment })), assurance, readOnly },
      text: [header, ...lines, worth, ...(readOnly ? ['read-only: no change can be made'] : [])].join('\n'),
    };
  },
});
