import { Apart } from '../../support/apart.ts';
import type { Ground } from '../ground.ts';

/** A daemon of the product on accounts of its own, and a ticket that an agent's account asked for. */
export async function startApart(ground: Ground): Promise<{ apart: Apart; id: string }> {
  const [, main = ''] = ground.home.command();
  const apart = await Apart.make({ main });
  ground.onEnd(() => apart.remove());
  await apart.start();
  const scale = ['k8s', 'scale', 'deploy/web', '-n', 'shop', '--replicas', '4'];
  const { stdout, stderr } = await apart.vigie(apart.accounts.agent, ...scale);
  const id = /vigie approve (\w{8})/.exec(stdout)?.[1];
  if (id === undefined) throw new Error(`the agent got no ticket: ${stdout}${stderr}`);
  return { apart, id };
}

/** What may have changed something in the cluster. */
export function writesOf(apart: Apart): string[] {
  return apart.sandbox
    .requests()
    .filter(({ method, path, dryRun }) => method !== 'GET' && !dryRun && !/reviews?(\?|$)/.test(path))
    .map(({ method, path }) => `${method} ${path}`);
}
