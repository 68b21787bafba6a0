import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { defineAttack, judge } from '../attack.ts';
import { runFrom } from '../person.ts';

const inspectorPort = 9229;

export const inspectorOpened = defineAttack({
  name: 'inspector-opened',
  adversary: 'a shell beside the person',
  does: 'Opens the debugger of Node by argument, by NODE_OPTIONS and by SIGUSR1 on a running server.',
  must: 'Under a debugger it does not start, and the signal opens no port.',
  needs: 'linux',
  async run(ground) {
    await ground.cluster();
    const [node = '', ...main] = ground.home.command();
    const flags = ['--inspect=127.0.0.1:0', '--inspect-brk=127.0.0.1:0', '--inspect-wait=127.0.0.1:0'];
    const [first = ''] = flags;
    const started = await Promise.all([
      runFrom(ground, { words: ['environments', 'list'], command: [node, first, ...main] }),
      runFrom(ground, { words: ['environments', 'list'], env: { NODE_OPTIONS: first } }),
      runFrom(ground, { words: ['environments', 'list'], env: { NODE_OPTIONS: `--no-warnings ${first}` } }),
    ]);
    const busy = await answers();
    const door = await ground.stdio();
    door.child.kill('SIGUSR1');
    await sleep(300);
    const open = !busy && (await answers());
    const { text } = await door.call('environments_list', {});
    return judge(
      `${started.map(({ status }) => status).join(' ')}; after SIGUSR1: ${open ? 'a port' : 'no port'}`,
      {
        'none starts under a debugger': started.every(
          ({ status, stderr }) => status === 1 && /debugger/.test(stderr),
        ),
        'no port is open': !open && !/Debugger listening/.test(door.stderr),
        'the server goes on': text.includes('test'),
      },
    );
  },
});

function answers(): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ host: '127.0.0.1', port: inspectorPort });
    const end = (open: boolean): void => {
      socket.destroy();
      resolve(open);
    };
    socket.once('connect', () => end(true)).once('error', () => end(false));
  });
}
