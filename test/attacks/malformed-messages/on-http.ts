import { Agent, request } from 'node:http';
import { defineAttack, judge } from '../attack.ts';
import { type HttpDoor, initialize } from '../http-door.ts';
import { type Message, malformed } from './messages.ts';

const count = 100_000;
const atOnce = 16;

export const malformedOnHttp = defineAttack({
  name: 'malformed-messages-on-http',
  adversary: 'malformed messages',
  does: 'Sends 100,000 generated messages with a right token, to a session and to none, in both eras of the protocol.',
  must: 'Each is answered with a status, those that are read and have an id and a method by the protocol; the process lives under 400 MB, the next good call works, and nothing is written.',
  async run(ground) {
    const cluster = await ground.cluster({ policy: '{low: allow, medium: allow, high: allow}' });
    const door = await ground.http();
    const session = await door.session();
    const [inSession, modern] = [session.headers, modernHeaders(door)];
    // Mostly where there is somebody to misunderstand them.
    const kinds = [inSession, inSession, inSession, inSession, modern, modern, modern, door.headers()];
    let turn = 0;
    const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
    ground.onEnd(() => agent.destroy());
    const messages = malformed(count);
    const statuses = new Map<number, number>();
    const unanswered: string[] = [];
    const work = async (): Promise<void> => {
      for (const message of messages) {
        const headers = kinds[turn++ % kinds.length] ?? inSession;
        const { status, text } = await send({ door, agent }, { message, headers });
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        const { id } = message;
        // What is too deep or too much is refused before it is read, so nobody knows its id.
        const unread = status === 413;
        if (id !== undefined && headers === inSession && !unread && !text.includes(id)) unanswered.push(id);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, work));
    const good = await session.call('k8s_list', { kind: 'pods', namespace: 'shop' });
    const fresh = await door.send({ headers: door.headers(), body: initialize });
    const { peak } = door;
    const tally = [...statuses].map(([status, times]) => `${times} × ${status}`).join(', ');
    return judge(
      `${tally}, ${unanswered.length} missing, ${peak ?? '?'} MB, ${cluster.writes().length} writes`,
      {
        'the process lives': door.lives,
        'each has a status, and none is a fault of the server': [...statuses.keys()].every(
          status => status >= 200 && status < 500,
        ),
        [`each in a session is answered (${unanswered[0] ?? ''})`]: unanswered.length === 0,
        'memory stayed under 400 MB': peak === undefined || peak < 400,
        'the next good call works': good.text.includes('web-') && fresh.status === 200,
        'nothing was written': cluster.writes().length === 0,
      },
    );
  },
});

/** Eight times what one request may have. */
const hugeBytes = 64_000_000;

export const hugeBodies = defineAttack({
  name: 'endless-bodies-on-http',
  adversary: 'malformed messages',
  does: 'Sends bodies of 64 MB with a right token, said and not said beforehand, packed, and sixteen at once.',
  must: 'None is kept: each is refused by its size or broken off; the process lives under 400 MB and answers others.',
  async run(ground) {
    await ground.cluster();
    const door = await ground.http();
    const headers = door.headers();
    const pours = Array.from({ length: 16 }, (_, at) => {
      const more = [{}, { 'content-length': String(hugeBytes) }, { 'content-encoding': 'gzip' }][at % 3];
      return pour(door, { ...headers, ...more });
    });
    const statuses = await Promise.all(pours);
    const fresh = await door.send({ headers, body: initialize });
    const { peak } = door;
    return judge(`${[...new Set(statuses)].join(' ')} (0: broken off), ${peak ?? '?'} MB`, {
      'none is taken': statuses.every(status => status === 413 || status === 0),
      'the process lives': door.lives,
      'memory stayed under 400 MB': peak === undefined || peak < 400,
      'others are answered': fresh.status === 200,
    });
  },
});

/** The status for a body without end. */
function pour(door: HttpDoor, headers: Record<string, string>): Promise<number> {
  return new Promise(resolve => {
    const sent = request(door.url, { method: 'POST', headers, agent: false });
    const end = (status: number): void => {
      sent.destroy();
      resolve(status);
    };
    sent.once('response', response => end(response.statusCode ?? 0)).once('error', () => end(0));
    const part = Buffer.alloc(64_000, '[');
    let left = hugeBytes;
    const more = (): void => {
      while (left > 0 && !sent.destroyed) {
        left -= part.length;
        if (!sent.write(part)) return void sent.once('drain', more);
      }
      if (!sent.destroyed) sent.end();
    };
    more();
  });
}

/** What a client of the era since 2026-07-28 sends with every request. */
function modernHeaders(door: HttpDoor): Record<string, string> {
  return door.headers(door.token, {
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': 'tools/call',
    'mcp-name': 'k8s_list',
  });
}

/** Status 0: the connection broke before there was one. */
function send(
  { door, agent }: { door: HttpDoor; agent: Agent },
  { message, headers }: { message: Message; headers: Record<string, string> },
): Promise<{ status: number; text: string }> {
  return new Promise(resolve => {
    const sent = request(door.url, { method: 'POST', agent, headers }, response => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.once('close', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    sent.once('error', () => resolve({ status: 0, text: '' }));
    sent.end(message.bytes);
  });
}
