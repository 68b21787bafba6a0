import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defineAttack, judge } from '../attack.ts';
import { decide, propose, seatAlice } from '../person.ts';
import { saysAdvisory } from '../says-advisory.ts';

/** Loaded before the product: writes down what comes from the terminal, and leaves no trace in the environment. */
const recorder = `
const { ReadStream } = require('node:tty');
const { appendFileSync } = require('node:fs');
const file = process.env.RECORD_TO;
delete process.env.RECORD_TO;
delete process.env.NODE_OPTIONS;
const emit = ReadStream.prototype.emit;
ReadStream.prototype.emit = function (event, ...given) {
  if (event === 'data') appendFileSync(file, given[0]);
  return emit.call(this, event, ...given);
};
`;

export const recordedPassphrase = defineAttack({
  name: 'recorded-passphrase',
  adversary: 'a shell beside the person',
  does: 'Has NODE_OPTIONS load a recorder into the process that asks for the passphrase, and then approves in her name.',
  must: 'It cannot be kept from it on one account; approve, doctor, environments_list and the audit call approvals here advisory.',
  undefended: true,
  needs: 'script',
  async run(ground) {
    const { cluster, passphrase } = await seatAlice(ground);
    const record = join(ground.dir, 'record');
    const preload = join(ground.dir, 'recorder.cjs');
    await writeFile(preload, recorder);
    const env = { NODE_OPTIONS: `--require ${preload}`, RECORD_TO: record };
    await decide(ground, { id: await propose(ground), passphrase, env });
    const recorded = (await readFile(record, 'utf8')).replaceAll('\r', '').trim();
    const id = await propose(ground, 'delete', 'svc/web', '-n', 'shop');
    const { status } = await decide(ground, { id, passphrase: recorded, name: 'web' });
    const { stdout } = await ground.run('audit', 'list', '--change', id, '-o', 'json');
    return judge(
      `recorded ${recorded === passphrase ? 'the passphrase' : 'nothing'}, approve ended with ${status}`,
      {
        'the recorded one approves': status === 0 && cluster.writes().length === 2,
        'the audit says whose key it was': /"approver": "alice"/.test(stdout),
        'and what that is worth': /"assurance": "advisory"/.test(stdout),
        ...(await saysAdvisory(ground)),
      },
    );
  },
});
