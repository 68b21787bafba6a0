import { defineAttack, judge } from '../attack.ts';
import { runFrom } from '../person.ts';

const loose = 'environments: {theirs: {sandbox: {world: shop}, policy: {low: allow}}}\n';

export const filesOfProc = defineAttack({
  name: 'files-of-proc',
  adversary: 'a shell beside the person',
  does: 'Names files of /proc and /dev as configuration, kubeconfig, home and manifest: what stands on the input, in the environment, in memory.',
  must: 'What is no regular file of its owner is no configuration, and what a manifest holds that is none is not quoted.',
  needs: 'linux',
  async run(ground) {
    const cluster = await ground.cluster();
    const env = { SECRET_OF_THE_PERSON: 'in-the-environment' };
    const list = ['environments', 'list'];
    const configurations = await Promise.all(
      ['/proc/self/fd/0', '/dev/stdin', '/dev/fd/0'].flatMap(file => [
        runFrom(ground, { words: [...list, '--config', file], input: loose }),
        runFrom(ground, { words: list, env: { VIGIE_CONFIG: file }, input: loose }),
      ]),
    );
    const others = await Promise.all([
      runFrom(ground, { words: ['doctor'], env: { ...env, VIGIE_HOME: '/proc/self' } }),
      runFrom(ground, { words: ['k8s', 'apply', '-f', '/proc/self/environ'], env }),
      runFrom(ground, { words: ['k8s', 'apply', '-f', '/proc/self/mem'], env }),
      runFrom(ground, {
        words: list,
        env: { ...env, VIGIE_CONFIG: '', HOME: '/nowhere', KUBECONFIG: '/proc/self/environ' },
      }),
    ]);
    const said = [...configurations, ...others].map(({ stdout, stderr }) => stdout + stderr);
    return judge(
      `${configurations.map(({ status }) => status).join(' ')}, ${others.map(({ status }) => status).join(' ')}`,
      {
        'no configuration comes from an input':
          !said.some(text => text.includes('theirs')) && configurations.every(({ status }) => status === 1),
        'nothing of the environment is quoted': !said.some(text => text.includes('in-the-environment')),
        'none of the others is taken': others.slice(0, 3).every(({ status }) => status !== 0),
        'nothing was written': cluster.writes().length === 0,
      },
    );
  },
});
