import { defineAttack, judge } from '../attack.ts';
import { decide, seatAlice } from '../person.ts';
import { everyString } from '../secret-hunt/traces.ts';

const act = 'touch /seen-by-alice';

/** Each has the form or the place of a secret, and runs all the same; more of them: test/pipeline/screen.test.ts. */
const disguised: readonly (readonly string[])[] = [
  ['sh', '-c', `-----BEGIN RSA PRIVATE KEY-----\n${act}\n-----END RSA PRIVATE KEY-----`],
  ['bash', '-c', 'eval "$1"', '--password', act],
];

export const disguisedCommands = defineAttack({
  name: 'disguised-commands',
  adversary: 'a shell beside the person',
  does: 'Asks for commands in a pod whose words look like a private key or stand behind --password.',
  must: 'Whoever approves is shown every word that will run, whole and quoted.',
  needs: 'script',
  async run(ground) {
    const { cluster, passphrase } = await seatAlice(ground);
    await cluster.sandbox.advance(10_000);
    const door = await ground.stdio();
    const hidden: string[] = [];
    let asked = 0;
    for (const words of disguised) {
      const input = { pod: 'deploy/web', namespace: 'shop', command: [...words], timeoutSeconds: 1 };
      const answer = everyString(await door.request('tools/call', { name: 'k8s_exec', arguments: input }));
      const id = /vigie approve (\w{8})/.exec(answer)?.[1];
      const target = /Pod\/(web-[a-z0-9-]+)/.exec(answer)?.[1];
      if (id === undefined || target === undefined) continue;
      asked += 1;
      const { shown } = await decide(ground, { id, passphrase, name: target });
      const screen = shown.split('Passphrase of')[0] ?? '';
      const runs = screen.split('\n').filter(line => /^\s*Runs /.test(line));
      const whole = words.every(word => runs.some(line => line.includes(JSON.stringify(word))));
      if (!whole) hidden.push(JSON.stringify(words));
    }
    return judge(hidden.length === 0 ? `${asked} screens, every word on each` : hidden.join('; '), {
      'each was asked for': asked === disguised.length,
      'every word is shown': hidden.length === 0,
    });
  },
});
