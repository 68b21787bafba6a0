import { appendFile } from 'node:fs/promises';
import { defineAttack, judge } from '../attack.ts';
import { decide, propose, seatAlice } from '../person.ts';
import { plantPlugin } from './listening-plugin.ts';

export const trustedPluginThatLivesOn = defineAttack({
  name: 'trusted-plugin-that-lives-on',
  adversary: 'a shell beside the person',
  does: 'Has alice trust a credential plugin that gives the right token, lives on and listens on the terminal and its input for the passphrase; then edits it.',
  must: 'It has no terminal, no input and no variables of others, and hears nothing that alice types; edited it is not run.',
  needs: 'script',
  async run(ground) {
    const { cluster, passphrase } = await seatAlice(ground);
    const plugin = await plantPlugin(ground, cluster);
    ground.home.env['SECRET_OF_THE_PERSON'] = 'in-the-environment';
    const trust = ground.terminal('env', 'trust', 'test');
    await trust.readOnUntil('Passphrase of alice');
    trust.type(`${passphrase}\r`);
    const trusted = await trust.ended();
    const { status, shown } = await decide(ground, { id: await propose(ground), passphrase });
    const heard = (await plugin.heard()) ?? '';

    const other = await propose(ground, 'scale', 'deploy/api', '--replicas', '3', '-n', 'shop');
    await appendFile(plugin.file, '# edited\n');
    const runs = heard.split('run NODE_OPTIONS').length;
    const edited = await decide(ground, { id: other, passphrase });
    const after = (await plugin.heard()) ?? '';
    return judge(
      `trusted ${trusted}, approved ${status}, heard: ${heard.trim().split('\n').at(-1) ?? ''}; edited: ${edited.status}`,
      {
        'it was trusted and run': trusted === 0 && status === 0 && runs > 1,
        'it heard nothing of the passphrase': passphrase.split(' ').every(word => !after.includes(word)),
        'it got no variables of others': !after.includes('in-the-environment'),
        'the passphrase was not shown': !shown.includes(passphrase),
        'edited it is not run':
          edited.status !== 0 && /not the one that was trusted|trust/.test(edited.shown),
        'it was written once': cluster.writes().length === 1,
      },
    );
  },
});
