import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defineAttack, judge } from '../attack.ts';
import { secretsByType } from './planted.ts';
import { startPlanted } from './planted-world.ts';
import { unknownSpellings } from './repeated-secrets.ts';
import { everyString } from './traces.ts';

export const whatMaskingDoesNotKnow = defineAttack({
  name: 'what-masking-does-not-know',
  adversary: 'secret hunt',
  does: 'Repeats a value of a Secret in pieces, reversed and compressed, behind a flag of one letter, and whole before anybody read the Secret; then proposes the whole value for the place where it stands, and looks whether that is a change.',
  must: 'No list of spellings ends: these leave, and docs/decisions/redaction.md names each of them.',
  undefended: true,
  async run(ground) {
    const cluster = await startPlanted(ground);
    const value = secretsByType['a-password']?.entries['password'] ?? '';
    await cluster.admin('POST', '/api/v1/namespaces/shop/configmaps', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'unknown', namespace: 'shop' },
      data: { ...unknownSpellings, short: `mysql -p${value}`, unread: value },
    });
    const door = await ground.stdio();
    const get = async (kind: string, name: string): Promise<string> =>
      everyString(
        await door.request('tools/call', {
          name: 'k8s_get',
          arguments: { target: { kind, name, namespace: 'shop' } },
        }),
      );
    const before = await get('ConfigMap', 'unknown');
    await get('Secret', 'a-password');
    const after = await get('ConfigMap', 'unknown');
    const propose = async (guess: string): Promise<string> => {
      const manifest = {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'unknown', namespace: 'shop' },
        data: { unread: guess },
      };
      const call = { name: 'k8s_apply', arguments: { manifest: JSON.stringify(manifest), force: true } };
      return everyString(await door.request('tools/call', call));
    };
    const [right, wrong] = [await propose(value), await propose(`${value}?`.slice(1))];
    const page = await readFile(join(import.meta.dirname, '../../../docs/decisions/redaction.md'), 'utf8');
    const text = page.replaceAll(/\s+/g, ' ');
    const shown = Object.entries(unknownSpellings).filter(([, spelling]) => after.includes(spelling));
    return judge(`shown: unread, ${shown.map(([name]) => name).join(', ')}; each is named as a limit`, {
      'a value that nobody read yet is shown, and that is said':
        before.includes(value) &&
        /value that nobody has read yet, repeated under a harmless name, is shown/.test(text),
      'once it is read it is masked': !after.includes(value),
      'a whole guess for a harmless place that holds it is no change, and that is said':
        !right.includes('unread') &&
        wrong.includes(value.slice(1, 8)) &&
        /Whoever proposes a whole value for the very place of a harmless name that holds it/.test(text),
      'pieces are said': /cut into pieces is not known/.test(text),
      'other encodings are said': /compressed, reversed, encrypted/.test(text),
      'a flag of one letter is said': /flag of one letter/.test(text),
    });
  },
});
