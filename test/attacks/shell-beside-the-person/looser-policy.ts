import { chmod, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { defineAttack, judge } from '../attack.ts';
import { seatAlice } from '../person.ts';

const scale = ['k8s', 'scale', 'deploy/web', '--replicas', '3', '-n', 'shop'];

export const looserPolicy = defineAttack({
  name: 'looser-policy',
  adversary: 'a shell beside the person',
  does: 'Edits vigie.yaml so that every change is allowed and nothing is protected, by hand, by a symbolic link and in a file that everybody may write.',
  must: 'A policy that no approver signed allows nothing by itself: it asks, or the file is refused.',
  needs: 'script',
  async run(ground) {
    const { cluster } = await seatAlice(ground, {
      policy: '{low: ask, medium: ask, high: deny, protect: [{kind: Service}]}',
    });
    const strict = await readFile(ground.configFile, 'utf8');
    const loose = strict.replace(/policy: .*/, 'policy: {low: allow, medium: allow, high: allow}');
    await writeFile(ground.configFile, loose, { mode: 0o600 });
    const edited = await ground.run(...scale);
    const shown = await ground.run('policy');
    const doctor = await ground.run('doctor');

    await chmod(ground.configFile, 0o666);
    const open = await ground.run(...scale);
    await chmod(ground.configFile, 0o600);
    await rename(ground.configFile, `${ground.configFile}.real`);
    await symlink(`${ground.configFile}.real`, ground.configFile);
    const linked = await ground.run(...scale);
    const ends = [edited, open, linked].map(({ status }) => status);
    return judge(`ended with ${ends.join(' ')}: asked, refused, refused`, {
      'the edited policy asks': edited.status === 3 && edited.stdout.includes('vigie approve'),
      'it is shown as not accepted': /not accepted/.test(shown.stdout) && /not accepted/.test(doctor.stdout),
      'a file that everybody may write is refused': /everybody may write/.test(open.stderr),
      'a link is refused': /symbolic link/.test(linked.stderr),
      'nothing was written': cluster.writes().length === 0,
    });
  },
});
