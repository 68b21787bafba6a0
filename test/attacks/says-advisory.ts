import type { Ground } from './ground.ts';
import { propose } from './person.ts';

/**
 * Where Vigie says that an approval on this account is advisory: what it must say of everything that one account cannot
 * be defended against. Each place by name, and whether it says so.
 */
export async function saysAdvisory(ground: Ground): Promise<Record<string, boolean>> {
  const id = await propose(ground, 'scale', 'deploy/api', '--replicas', '3', '-n', 'shop');
  const terminal = ground.terminal('approve', id);
  const screen = await terminal.readOnUntil('Passphrase of');
  terminal.type('\u0003');
  await terminal.ended();
  const [doctor, environments, audit] = await Promise.all([
    ground.run('doctor'),
    ground.run('environments', 'list', '-o', 'json'),
    ground.run('audit', 'list', '-o', 'json'),
  ]);
  return {
    'approve says advisory': /Approval\s+advisory/.test(screen),
    'doctor says advisory': /assurance: advisory/.test(doctor.stdout),
    'environments_list says advisory': /"assurance": "advisory"/.test(environments.stdout),
    'the audit says advisory': /"assurance": "advisory"/.test(audit.stdout),
  };
}
