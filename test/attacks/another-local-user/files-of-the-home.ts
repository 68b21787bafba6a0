import { spawnSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { defineAttack, judge } from '../attack.ts';
import { propose, seatAlice } from '../person.ts';

/** The account `nobody` of every Linux. */
const nobody = 65_534;

export const filesOfTheHome = defineAttack({
  name: 'files-of-the-home-as-nobody',
  adversary: 'another local user',
  does: 'Reads, as another OS user, every file that Vigie keeps, writes beside them, and looks for secrets in its command line and environment.',
  must: 'No file of the home can be read or made, and no process shows its environment.',
  needs: 'root',
  async run(ground) {
    await seatAlice(ground);
    await propose(ground);
    const door = await ground.http();
    // Vigie answers for its own folder; that of the test, which stands around it, is opened.
    chmodSync(ground.dir, 0o755);
    const home = `${ground.dir}/home`;
    const as = (line: string): { status: number; text: string } => {
      const { status, stdout, stderr } = spawnSync('sh', ['-c', line], {
        uid: nobody,
        gid: nobody,
        encoding: 'utf8',
      });
      return { status: status ?? -1, text: stdout + stderr };
    };
    const files = spawnSync('find', [home, '-type', 'f'], { encoding: 'utf8' }).stdout.trim().split('\n');
    const read = files.filter(file => as(`cat '${file}'`).status === 0);
    const made = as(`touch '${home}/tokens.yaml.new' || ln -s /etc/passwd '${home}/x'`);
    const environment = as(`cat /proc/${door.child.pid}/environ`);
    const words = as(`tr '\\0' ' ' < /proc/${door.child.pid}/cmdline`);
    return judge(
      `${read.length} of ${files.length} files read, ${made.status === 0 ? 'a file made' : 'none made'}, environment ${environment.status === 0 ? 'read' : 'shut'}`,
      {
        [`no file can be read (${read[0] ?? ''})`]: read.length === 0,
        'the store, the keys and the tokens are among them': ['vigie.db', 'tokens.yaml', 'keys'].every(name =>
          files.some(file => file.includes(name)),
        ),
        'none can be made': made.status !== 0,
        'the environment is shut': environment.status !== 0,
        'no secret is in the command line': !words.text.includes('vigie_'),
      },
    );
  },
});
