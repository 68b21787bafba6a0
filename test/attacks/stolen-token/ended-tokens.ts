import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { defineAttack, judge } from '../attack.ts';
import type { HttpDoor, HttpSession } from '../http-door.ts';

/** By then a stream of a token that is no more is closed, on a busy machine too; it says only which changes moved. */
const openMs = 60_000;

export const revokedToken = defineAttack({
  name: 'token-revoked-while-in-use',
  adversary: 'a stolen token',
  does: 'Goes on with an open session and an open event stream after the token was taken back.',
  must: 'The next call is 401 at once, and the stream is closed soon after.',
  async run(ground) {
    const cluster = await ground.cluster();
    const secret = await ground.token('laptop');
    const door = await ground.http();
    const session = await door.session(secret);
    const stream = await listen(door, session);
    const before = await session.call('environments_list', {});
    await ground.run('tokens', 'remove', 'laptop');
    const calls = cluster.passed.length;
    const after = await session.call('k8s_list', { kind: 'pods' });
    const again = await door.send({ headers: door.headers(secret), body: '{}' });
    const closed = await Promise.race([stream.closed.then(() => true), sleep(openMs, false)]);
    stream.close();
    return judge(`${after.status} and ${again.status}; the stream ${closed ? 'closed' : 'stayed open'}`, {
      'it was let in before': before.status === 200 && stream.status === 200,
      'the next call is 401': after.status === 401 && again.status === 401,
      'nothing reached the cluster': cluster.passed.length === calls,
      'the stream is closed': closed,
    });
  },
});

export const expiredToken = defineAttack({
  name: 'token-past-its-time',
  adversary: 'a stolen token',
  does: 'Goes on with a session after the last moment of its token, and tries one that expired long ago.',
  must: 'Both are 401.',
  async run(ground) {
    await ground.cluster();
    const door = await ground.http();
    const started = Date.now();
    const old = await ground.token('old', '--expires', '2020-01-01T00:00:00Z');
    const long = await door.send({ headers: door.headers(old), body: '{}' });
    // Long enough to be made and used, however busy the machine is.
    const lastsMs = 4_000 + 4 * (Date.now() - started);
    const ends = Date.now() + lastsMs;
    const secret = await ground.token('brief', '--expires', new Date(ends).toISOString());
    const session = await door.session(secret);
    await sleep(Math.max(0, ends - Date.now()) + 100);
    const after = await session.call('environments_list', {});
    return judge(`long ago ${long.status}, just now ${after.status}`, {
      'one that expired long ago is 401': long.status === 401,
      'one that just expired is 401': after.status === 401,
    });
  },
});

/** The event stream of a session: its status, and when it is closed from the other side. */
function listen(
  door: HttpDoor,
  session: HttpSession,
): Promise<{ status: number; closed: Promise<void>; close(): void }> {
  return new Promise((resolve, reject) => {
    const { hostname, port, pathname } = new URL(door.url);
    const { 'content-type': _, ...headers } = session.headers;
    const sent = request({
      hostname,
      port,
      path: pathname,
      method: 'GET',
      headers: { ...headers, accept: 'text/event-stream' },
    });
    sent.once('error', reject);
    sent.once('response', response => {
      const closed = new Promise<void>(ended => response.once('close', () => ended()));
      response.resume().on('error', () => {});
      resolve({ status: response.statusCode ?? 0, closed, close: () => sent.destroy() });
    });
    sent.end();
  });
}
