import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { addApprover } from '../../../src/config/approvers.ts';
import { deriveKey, newSalt } from '../../../src/config/signing.ts';
import { defineAttack, judge } from '../attack.ts';
import type { Ground } from '../ground.ts';
import { decide, propose, seatAlice } from '../person.ts';

interface Approvers {
  entries: Record<string, unknown>[];
}

export const editedApprovers = defineAttack({
  name: 'edited-approvers',
  adversary: 'a shell beside the person',
  does: 'Edits approvers.yaml: puts a key of its own in, changes the order, cuts the end off, puts an older file back, begins a new one.',
  must: 'Nobody is an approver who was not signed in by one: each file is refused, and no ticket can be approved meanwhile.',
  needs: 'script',
  async run(ground) {
    const { cluster, passphrase } = await seatAlice(ground);
    const file = join(ground.dir, 'approvers.yaml');
    const older = await readFile(file, 'utf8');
    await addBob(ground, passphrase);
    const whole = await readFile(file, 'utf8');
    const id = await propose(ground);
    const mallory = await deriveKey({ passphrase: 'mallory owns this place now', salt: newSalt() });
    const { entries } = parse(whole) as Approvers;
    const [first = {}, second = {}] = entries;
    const self = { ...second, person: 'mallory', publicKey: mallory.publicKey, salt: mallory.salt };
    const begun = join(ground.dir, 'begun.yaml');
    await addApprover({ file: begun, person: 'alice', key: mallory, via: 'bash', now: new Date() });
    const versions: Record<string, string> = {
      'itself added': stringify({ entries: [...entries, self] }),
      'its key for the key of alice': stringify({
        entries: [{ ...first, publicKey: mallory.publicKey, salt: mallory.salt }, second],
      }),
      'another order': stringify({ entries: [second, first] }),
      'the end cut off': stringify({ entries: [first] }),
      'an older file': older,
      'a new history': await readFile(begun, 'utf8'),
      'no approver': 'entries: []\n',
    };
    // Signed by the key that each file would have count as an approver's.
    const asAlice = (passphrase: string) =>
      decide(ground, { id, passphrase, command: ground.home.command('approve', id, '--as', 'alice') });
    const refusals: Record<string, string> = {};
    for (const [name, text] of Object.entries(versions)) {
      await writeFile(file, text);
      const { status, shown } = await asAlice('mallory owns this place now');
      if (status !== 0)
        refusals[name] = /does not count|not the file that the audit knows/.exec(shown)?.[0] ?? shown;
    }
    await rm(file);
    const gone = await asAlice(passphrase);
    await writeFile(file, whole, { mode: 0o600 });
    const before = cluster.writes().length;
    const put = await asAlice(passphrase);
    const reasons = [...new Set(Object.values(refusals))];
    return judge(`${Object.keys(refusals).length} files refused: ${reasons.join(', ')}`, {
      'each is refused, by its signatures or the audit':
        Object.keys(refusals).length === Object.keys(versions).length && reasons.length === 2,
      'so is none at all': /not the file that the audit knows/.test(gone.shown),
      'nothing was written': before === 0,
      'with the right file back alice approves': put.status === 0 && cluster.writes().length === 1,
    });
  },
});

async function addBob(ground: Ground, passphrase: string): Promise<void> {
  const terminal = ground.terminal('approvers', 'add', 'bob');
  await terminal.until('Passphrase of alice');
  terminal.type(`${passphrase}\r`);
  await terminal.until('\r\n    ');
  const words = (await terminal.until('\r\n')).trim();
  await terminal.until('Type them to go on: ');
  terminal.type(`${words}\r`);
  await terminal.until('is an approver');
  await terminal.ended();
}
