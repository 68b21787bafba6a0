import { defineAttack, judge } from '../attack.ts';
import { propose, runFrom, seatAlice, stateOf } from '../person.ts';

export const answersFromElsewhere = defineAttack({
  name: 'answers-from-elsewhere',
  adversary: 'a shell beside the person',
  does: 'Gives the right passphrase by pipe, variable and argument, and says yes to everything.',
  must: 'No terminal, no decision: the ticket stays open and nothing is written.',
  needs: 'script',
  async run(ground) {
    const { cluster, passphrase } = await seatAlice(ground);
    const id = await propose(ground);
    const input = `y\n${passphrase}\n`.repeat(3);
    const env = { PASSPHRASE: passphrase, VIGIE_PASSPHRASE: passphrase, VIGIE_YES: '1', CI: 'true' };
    // A session of its own has no terminal to ask on, as an agent's shell.
    const command = ['setsid', '--wait', ...ground.home.command()];
    const ended = await Promise.all([
      runFrom(ground, { words: ['approve', id], command, env, input }),
      ...['--yes', '-y', '--force', `--passphrase=${passphrase}`].map(flag =>
        runFrom(ground, { words: ['approve', id, flag], command, env, input }),
      ),
    ]);
    const statuses = ended.map(({ status }) => status);
    return judge(`ended with ${statuses.join(' ')}`, {
      'it says why': ended[0].stderr.includes('no terminal'),
      'no flag answers': statuses.slice(1).every(status => status === 2),
      'the ticket is open': (await stateOf(ground, id)) === 'waiting',
      'nothing was written': cluster.writes().length === 0,
    });
  },
});
