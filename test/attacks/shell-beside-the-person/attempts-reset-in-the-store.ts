import { defineAttack, judge } from '../attack.ts';
import { propose, seatAlice } from '../person.ts';
import { editStore } from '../store-edit.ts';

export const attemptsResetInTheStore = defineAttack({
  name: 'attempts-reset-in-the-store',
  adversary: 'a shell beside the person',
  does: 'Sets the count of wrong passphrases back after each guess, and so guesses on without end.',
  must: 'The pause is for who cannot write the store; each guess stays in the audit all the same, doctor calls the account advisory, and a guess costs half a second against 64 bits.',
  undefended: true,
  needs: 'script',
  async run(ground) {
    const { cluster } = await seatAlice(ground);
    const id = await propose(ground);
    const terminal = ground.terminal('approve', id);
    for (let guess = 1; guess <= 7; guess += 1) {
      await terminal.readOnUntil('Passphrase of alice');
      editStore(ground, sql =>
        sql.exec(`DELETE FROM attempts; UPDATE changes SET wrong_passphrases = 0 WHERE id = '${id}'`),
      );
      terminal.type(`guess number ${guess}\r`);
    }
    await terminal.readOnUntil('Passphrase of alice');
    terminal.type('\u0003');
    await terminal.ended();
    const { stdout } = await ground.run('audit', 'list', '-o', 'json');
    const doctor = await ground.run('doctor');
    const rows = stdout.split('"event": "wrong_passphrase"').length - 1;
    return judge(`seven guesses without a pause, ${rows} rows of them; doctor: advisory`, {
      'each guess is a row': rows === 7,
      'doctor says so': /assurance: advisory/.test(doctor.stdout),
      'nothing was written': cluster.writes().length === 0,
    });
  },
});
