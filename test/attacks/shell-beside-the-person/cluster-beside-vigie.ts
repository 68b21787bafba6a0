import { defineAttack, judge } from '../attack.ts';
import { replicasOfWeb, seatAlice } from '../person.ts';
import { saysAdvisory } from '../says-advisory.ts';

export const clusterBesideVigie = defineAttack({
  name: 'cluster-beside-vigie',
  adversary: 'a shell beside the person',
  does: 'Reads the kubeconfig and changes the cluster itself, as kubectl does.',
  must: 'It cannot be kept from it on one account; approve, doctor, environments_list and the audit call approvals here advisory.',
  undefended: true,
  needs: 'script',
  async run(ground) {
    const { cluster } = await seatAlice(ground);
    await cluster.admin('PATCH', '/apis/apps/v1/namespaces/shop/deployments/web', { spec: { replicas: 0 } });
    const changed = (await replicasOfWeb(cluster)) === 0;
    const said = await saysAdvisory(ground);
    return judge(
      `web is down without Vigie; ${Object.values(said).filter(Boolean).length} of 4 places say advisory`,
      {
        'the cluster was changed': changed,
        ...said,
      },
    );
  },
});
