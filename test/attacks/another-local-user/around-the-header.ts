import { connect } from 'node:net';
import { defineAttack, judge } from '../attack.ts';
import { type HttpDoor, initialize } from '../http-door.ts';

export const aroundTheHeader = defineAttack({
  name: 'http-around-the-header',
  adversary: 'another local user',
  does: 'Brings the right token in the query, a cookie, a form, a lower header and the path, asks other paths and methods, and smuggles a second request behind a first by lengths, chunks and pipelining.',
  must: 'A token counts in the Authorization header alone, other paths are 404, and no smuggled request is answered 200.',
  async run(ground) {
    const cluster = await ground.cluster();
    const door = await ground.http();
    const { authorization: _, ...bare } = door.headers();
    const { token } = door;
    const elsewhere = [
      await statusOf(door, { headers: bare, body: initialize, path: `/mcp?access_token=${token}` }),
      await statusOf(door, { headers: door.headers(), body: initialize, path: `/mcp?access_token=${token}` }),
      await statusOf(door, {
        headers: { ...bare, cookie: `token=${token}; authorization=Bearer ${token}` },
        body: initialize,
      }),
      await statusOf(door, {
        headers: { ...bare, 'x-authorization': `Bearer ${token}`, 'proxy-authorization': `Bearer ${token}` },
        body: initialize,
      }),
      await statusOf(door, {
        headers: { ...bare, 'x-api-key': token, 'mcp-session-id': token },
        body: initialize,
      }),
    ];
    const paths = [
      '/',
      '//mcp',
      '/mcp/',
      '/mcp/../mcp',
      '/%6dcp',
      '/MCP',
      '/mcp#',
      '/mcp;a',
      '/.well-known/x',
      '/health',
      '*',
    ];
    const others: number[] = [];
    for (const path of paths)
      others.push(await statusOf(door, { headers: door.headers(), body: initialize, path }));
    const methods: number[] = [];
    for (const method of ['PUT', 'PATCH', 'HEAD', 'TRACE', 'OPTIONS', 'PROPFIND'])
      methods.push(await statusOf(door, { headers: door.headers(), method }));
    const smuggled: string[] = [];
    for (const bytes of smuggling(door)) smuggled.push(await speak(door, bytes));
    return judge(
      `elsewhere ${elsewhere.join(' ')}; paths ${others.join(' ')}; methods ${methods.join(' ')}; smuggled ${smuggled.map(text => /^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 'closed').join(' ')}`,
      {
        'a token elsewhere is refused': elsewhere.every(
          status => status === 400 || status === 401 || status === reset,
        ),
        'other paths are not there': others.every(
          status => status === 404 || status === 400 || status === reset,
        ),
        'other methods are refused': methods.every(
          status => status === 405 || status === 400 || status === reset,
        ),
        'nothing smuggled is answered': smuggled.every(text => !/HTTP\/1\.1 200/.test(text)),
        'nothing reached the cluster': cluster.passed.length === 0,
        'the door still opens': (await statusOf(door, { headers: door.headers(), body: initialize })) === 200,
      },
    );
  },
});

/** In place of a status, where the connection was closed before what was sent was read. */
const reset = 0;

async function statusOf(door: HttpDoor, sent: Parameters<HttpDoor['send']>[0]): Promise<number> {
  return door.send(sent).then(
    ({ status }) => status,
    () => reset,
  );
}

/** Requests whose end two readers may see at different places; behind each stands one with the right token. */
function smuggling(door: HttpDoor): string[] {
  const { host } = new URL(door.url);
  const good = request(
    host,
    { authorization: `Bearer ${door.token}`, 'content-length': String(initialize.length) },
    initialize,
  );
  const type = { 'content-type': 'application/json' };
  return [
    request(host, { ...type, 'content-length': '0', 'transfer-encoding': 'chunked' }, `0\r\n\r\n${good}`),
    request(host, { ...type, 'transfer-encoding': 'chunked, identity' }, `0\r\n\r\n${good}`),
    request(host, { ...type, 'transfer-encoding': 'xchunked' }, good),
    request(host, { ...type, 'content-length': '+5' }, good),
    `POST /mcp HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\n${good}`,
    `POST /mcp HTTP/1.1\r\nHost: ${host}\r\nHost: evil.example\r\nContent-Type: application/json\r\nAuthorization: Bearer ${door.token}\r\nContent-Length: ${initialize.length}\r\n\r\n${initialize}`,
    `POST http://evil.example/mcp HTTP/1.1\r\nHost: evil.example\r\nContent-Type: application/json\r\nAuthorization: Bearer ${door.token}\r\nContent-Length: ${initialize.length}\r\n\r\n${initialize}`,
    `POST /mcp HTTP/1.1\r\nContent-Type: application/json\r\nAuthorization: Bearer ${door.token}\r\nContent-Length: ${initialize.length}\r\n\r\n${initialize}`,
    `POST /mcp HTTP/1.1\r\nHost: ${host}\r\nX: a\r\n Authorization: Bearer ${door.token}\r\nContent-Length: ${initialize.length}\r\n\r\n${initialize}`,
    `CONNECT evil.example:80 HTTP/1.1\r\nHost: evil.example\r\n\r\n`,
    'GET /mcp HTTP/0.9\r\n\r\n',
    `\u0016\u0003\u0001\u0002\u0000\u0001`,
    `POST /mcp HTTP/1.1\r\nHost: ${host}\r\nX: ${'y'.repeat(100_000)}\r\n\r\n`,
  ];
}

function request(host: string, headers: Record<string, string>, body: string): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST /mcp HTTP/1.1\r\nhost: ${host}\r\n${lines.join('')}\r\n${body}`;
}

/** How long the door may think; it answers what is broken at once and closes. */
const answerMs = 3_000;

/** Everything that comes back for these bytes until the other side closes or is silent. */
async function speak(door: HttpDoor, bytes: string): Promise<string> {
  const { hostname, port } = new URL(door.url);
  const socket = connect(Number(port), hostname);
  let heard = '';
  socket.setEncoding('utf8').on('data', (text: string) => {
    heard += text;
  });
  socket.on('error', () => {});
  socket.setTimeout(answerMs, () => socket.destroy());
  socket.write(bytes);
  await new Promise(closed => socket.once('close', closed));
  return heard;
}
