import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defineAttack, judge } from '../attack.ts';
import { runFrom, seatAlice } from '../person.ts';

const scale = ['k8s', 'scale', 'deploy/web', '--replicas', '3', '-n', 'shop'];

export const configurationElsewhere = defineAttack({
  name: 'configuration-elsewhere',
  adversary: 'a shell beside the person',
  does: 'Points VIGIE_CONFIG, --config, VIGIE_HOME, HOME and the XDG folders at a policy that allows everything.',
  must: 'Wherever it lies, a policy that no approver of that place signed asks for every change.',
  needs: 'script',
  async run(ground) {
    const { cluster } = await seatAlice(ground);
    const elsewhere = join(ground.dir, 'elsewhere');
    const own = join(elsewhere, '.config', 'vigie');
    await mkdir(own, { recursive: true, mode: 0o700 });
    const text = await readFile(ground.configFile, 'utf8');
    const file = join(own, 'vigie.yaml');
    const loose = text.replace(/policy: .*/, 'policy: {low: allow, medium: allow, high: allow}');
    await writeFile(file, loose, { mode: 0o600 });
    const none = { VIGIE_CONFIG: '' };
    const ways: { env: NodeJS.ProcessEnv; words?: string[] }[] = [
      { env: { VIGIE_CONFIG: file } },
      { env: {}, words: ['--config', file] },
      { env: { ...none, HOME: elsewhere } },
      { env: { ...none, XDG_CONFIG_HOME: join(elsewhere, '.config') } },
      { env: { VIGIE_CONFIG: file, VIGIE_HOME: join(elsewhere, 'home') } },
      { env: { ...none, HOME: elsewhere, VIGIE_HOME: '', XDG_DATA_HOME: join(elsewhere, 'data') } },
    ];
    const statuses: number[] = [];
    for (const { env, words = [] } of ways)
      statuses.push((await runFrom(ground, { words: [...scale, ...words], env })).status);
    return judge(`${statuses.length} ways, ended with ${statuses.join(' ')} (3: approval required)`, {
      'each asks': statuses.every(status => status === 3),
      'nothing was written': cluster.writes().length === 0,
    });
  },
});
