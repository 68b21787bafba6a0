import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { defineAttack, judge } from '../attack.ts';
import { initialize } from '../http-door.ts';

export const silentConnections = defineAttack({
  name: 'http-silent-connections',
  adversary: 'another local user',
  does: 'Opens 600 connections that say nothing or send a head letter by letter, and keeps opening them.',
  must: 'Somebody with a token is answered all the while.',
  async run(ground) {
    await ground.cluster();
    const door = await ground.http();
    const { hostname, port } = new URL(door.url);
    const sockets: Socket[] = [];
    const statuses: number[] = [];
    for (let round = 0; round < 6; round += 1) {
      const opened = Array.from({ length: 100 }, () => {
        const socket = connect(Number(port), hostname);
        socket.on('error', () => {}).resume();
        if (round % 2 === 0) socket.write('POST /mcp HTTP/1.1\r\nHo');
        sockets.push(socket);
        return once(socket, 'connect').catch(() => {});
      });
      await Promise.all(opened);
      statuses.push((await door.send({ headers: door.headers(), body: initialize })).status);
    }
    for (const socket of sockets) socket.destroy();
    return judge(`${sockets.length} connections, the owner ${statuses.join(' ')}`, {
      'the owner is answered each time': statuses.every(status => status === 200),
      'the process lives': door.lives,
    });
  },
});
