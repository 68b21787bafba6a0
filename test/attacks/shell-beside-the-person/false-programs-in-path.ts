import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defineAttack, judge } from '../attack.ts';
import { decide, propose, runFrom, seatAlice } from '../person.ts';

const programs = [
  'kubectl',
  'git',
  'ps',
  'sh',
  'bash',
  'stty',
  'less',
  'more',
  'node',
  'getent',
  'id',
  'tty',
];

export const falseProgramsInPath = defineAttack({
  name: 'false-programs-in-path',
  adversary: 'a shell beside the person',
  does: 'Puts a folder first in PATH with programs of its own under the names of kubectl, git, less, node and others, and names a pager and an editor.',
  must: 'None is run between the proposal and the outcome, and the change goes its way.',
  needs: 'script',
  async run(ground) {
    const { cluster, passphrase } = await seatAlice(ground);
    const folder = join(ground.dir, 'bin');
    const log = join(ground.dir, 'ran');
    await mkdir(folder);
    for (const name of programs)
      await writeFile(join(folder, name), `#!/bin/dash\necho ${name} "$@" >> ${log}\nexit 0\n`, {
        mode: 0o755,
      });
    const id = await propose(ground);
    const less = join(folder, 'less');
    const env = {
      PATH: `${folder}:${process.env['PATH'] ?? ''}`,
      PAGER: less,
      EDITOR: less,
      SHELL: '/bin/dash',
    };
    await runFrom(ground, { words: ['k8s', 'list', 'pods', '-n', 'shop'], env });
    const { status } = await decide(ground, { id, passphrase, env });
    const ran = await readFile(log, 'utf8').catch(() => '');
    return judge(ran === '' ? 'none was run' : `ran: ${ran.trim().replaceAll('\n', ', ')}`, {
      'none was run': ran === '',
      'the change was made': status === 0 && cluster.writes().length === 1,
    });
  },
});
