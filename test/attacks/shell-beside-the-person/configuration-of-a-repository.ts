import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defineAttack, judge } from '../attack.ts';
import { runFrom, seatAlice } from '../person.ts';

export const configurationOfARepository = defineAttack({
  name: 'configuration-of-a-repository',
  adversary: 'a shell beside the person',
  does: 'Lays vigie.yaml, approvers and a store into the working directory, and leads there by variables, by relative paths and by /proc/self/cwd.',
  must: 'Nothing of it is taken: it is not looked at, or its place is refused by name.',
  needs: 'script',
  async run(ground) {
    const { cluster } = await seatAlice(ground);
    const repository = join(ground.dir, 'repository');
    await mkdir(join(repository, 'vigie'), { recursive: true, mode: 0o700 });
    const text = await readFile(ground.configFile, 'utf8');
    const loose = text
      .replace(/policy: .*/, 'policy: {low: allow, medium: allow, high: allow}')
      .replace('  test:', '  theirs:');
    for (const place of ['vigie.yaml', '.vigie.yaml', 'vigie/vigie.yaml'])
      await writeFile(join(repository, place), loose, { mode: 0o600 });
    const list = ['environments', 'list', '-o', 'json'];
    const plain = await runFrom(ground, { words: list, cwd: repository });
    const ways: NodeJS.ProcessEnv[] = [
      { VIGIE_CONFIG: 'vigie.yaml' },
      { VIGIE_CONFIG: join(repository, 'vigie.yaml') },
      { VIGIE_CONFIG: '/proc/self/cwd/vigie.yaml' },
      { VIGIE_HOME: 'home' },
      { VIGIE_HOME: join(repository, 'home') },
      { VIGIE_HOME: '/proc/self/cwd/home' },
      { VIGIE_CONFIG: '', XDG_CONFIG_HOME: repository },
      { VIGIE_CONFIG: '', HOME: repository },
    ];
    const refused = await Promise.all(
      ways.map(env => runFrom(ground, { words: list, cwd: repository, env })),
    );
    const taken = [plain, ...refused].filter(({ stdout }) => stdout.includes('theirs'));
    return judge(
      `${refused.filter(({ status }) => status === 1).length} of ${ways.length} ways refused by name`,
      {
        'the folder itself is not looked at': plain.status === 0 && plain.stdout.includes('"test"'),
        'each way there is refused': refused.every(
          ({ status, stderr }) =>
            status === 1 && /INVALID_CONFIG|folder that Vigie was started in|relative/.test(stderr),
        ),
        'its environment is never there': taken.length === 0,
        'nothing was written': cluster.writes().length === 0,
      },
    );
  },
});
