import { defineAttack, judge } from '../attack.ts';
import { decide, propose, seatAlice, stateOf } from '../person.ts';

export const guessedPassphrases = defineAttack({
  name: 'guessed-passphrases',
  adversary: 'a shell beside the person',
  does: 'Runs `vigie approve` on a terminal of its own and guesses.',
  must: 'The fifth wrong one voids the ticket and pauses the approver for every ticket; each is in the audit; nothing is written.',
  needs: 'script',
  async run(ground) {
    const { cluster, passphrase } = await seatAlice(ground);
    const id = await propose(ground);
    const other = await propose(ground, 'scale', 'deploy/api', '--replicas', '3', '-n', 'shop');
    const terminal = ground.terminal('approve', id);
    for (let guess = 1; guess <= 5; guess += 1) {
      await terminal.readOnUntil('Passphrase of alice');
      terminal.type(`${'wrong '.repeat(guess)}\r`);
    }
    await terminal.until('alice is paused');
    const status = await terminal.ended();
    const right = await decide(ground, { id: other, passphrase });
    const { stdout } = await ground.run('audit', 'list', '-o', 'json');
    const rows = stdout.split('"event": "wrong_passphrase"').length - 1;
    return judge(`ended with ${status}, ticket ${String(await stateOf(ground, id))}, ${rows} rows`, {
      'the ticket is void': (await stateOf(ground, id)) === 'void',
      'the right one does not count meanwhile': right.status !== 0 && /Too many wrong/.test(right.shown),
      'each guess is a row': rows === 5,
      'nothing was written': cluster.writes().length === 0,
    });
  },
});
