import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { defineAttack, judge } from '../attack.ts';
import { initialize } from '../http-door.ts';

/** More than the door takes in all. */
const connections = 600;
const atOnce = 30;

export const everythingOpen = defineAttack({
  name: 'token-that-keeps-everything-open',
  adversary: 'a stolen token',
  does: 'Opens 600 requests whose bodies never come.',
  must: 'It is refused past its share, and new clients of other tokens are answered all the while.',
  async run(ground) {
    await ground.cluster();
    const stolen = await ground.token('stolen');
    const owner = await ground.token('owner');
    const door = await ground.http();
    const { hostname, port, host } = new URL(door.url);
    const sockets: Socket[] = [];
    ground.onEnd(() => sockets.forEach(socket => socket.destroy()));
    const statuses: number[] = [];
    let refused = 0;
    // A few at a time: a burst of connections without a request is met otherwise.
    for (let round = 0; round < connections / atOnce; round += 1) {
      const opened = Array.from({ length: atOnce }, () => {
        const socket = connect(Number(port), hostname);
        sockets.push(socket);
        socket.on('error', () => {});
        socket.on('data', (bytes: Buffer) => {
          if (bytes.toString('latin1').startsWith('HTTP/1.1 503')) refused += 1;
        });
        socket.write(
          `POST /mcp HTTP/1.1\r\nhost: ${host}\r\nauthorization: Bearer ${stolen}\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{`,
        );
        return once(socket, 'connect').catch(() => {});
      });
      await Promise.all(opened);
      const answer = await door
        .send({ headers: door.headers(owner), body: initialize, fresh: true })
        .catch(() => ({ status: 0 }));
      statuses.push(answer.status);
    }
    return judge(`${refused} refused, the owner ${[...new Set(statuses)].join(' ')}`, {
      'others are answered each time': statuses.every(status => status === 200),
      'it is refused past its share': refused > 0,
      'the process lives': door.lives,
    });
  },
});
