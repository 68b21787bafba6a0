import { defineAttack, judge } from '../attack.ts';
import { initialize } from '../http-door.ts';

export const foreignOrigins = defineAttack({
  name: 'page-of-another-origin',
  adversary: 'a web page',
  does: 'Calls from pages of other origins, of hidden ones and of look-alikes, even with a stolen token, by POST, GET and DELETE, and asks first as browsers do.',
  must: 'Every call is refused, and no answer has a header that would let a page read it or send one.',
  async run(ground) {
    const cluster = await ground.cluster();
    const door = await ground.http();
    const { port } = new URL(door.url);
    const origins = [
      'https://evil.example',
      'null',
      `http://localhost.evil.example:${port}`,
      `http://127.0.0.1.evil.example:${port}`,
      `http://evil.example/127.0.0.1`,
      'http://127.0.0.2',
      'http://[::ffff:127.0.0.1]',
      'file://',
      'chrome-extension://abc',
      'http://localhost@evil.example',
      `http://127.0.0.1:${port}, https://evil.example`,
    ];
    const answers = [];
    for (const origin of origins) {
      const headers = door.headers(door.token, { origin });
      answers.push(await door.send({ headers, body: initialize }));
      answers.push(await door.send({ headers, method: 'GET' }));
      answers.push(await door.send({ headers, method: 'DELETE' }));
      answers.push(
        await door.send({
          method: 'OPTIONS',
          headers: {
            origin,
            'access-control-request-method': 'POST',
            'access-control-request-headers': 'authorization, content-type, mcp-session-id',
            'access-control-request-private-network': 'true',
          },
        }),
      );
    }
    const opened = answers.filter(({ headers }) =>
      Object.keys(headers).some(name => name.startsWith('access-control')),
    );
    const statuses = [...new Set(answers.map(({ status }) => status))];
    return judge(`${answers.length} answers: ${statuses.join(' ')}, ${opened.length} of them open to pages`, {
      'each is refused': statuses.every(status => status === 403 || status === 405 || status === 400),
      'none opens to pages': opened.length === 0,
      'nothing reached the cluster': cluster.passed.length === 0,
    });
  },
});

export const reboundHosts = defineAttack({
  name: 'page-with-a-rebound-name',
  adversary: 'a web page',
  does: "Makes its own name lead to this machine, so that the browser takes Vigie for the page's own server.",
  must: 'A Host that is not this machine is 403, with the right token too.',
  async run(ground) {
    const cluster = await ground.cluster();
    const door = await ground.http();
    const { port } = new URL(door.url);
    const hosts = [
      'evil.example',
      `evil.example:${port}`,
      `127.0.0.1.nip.example:${port}`,
      `localhost.evil.example:${port}`,
      `localhost:${port}.evil.example`,
      `evil.example#localhost:${port}`,
      `localhost@evil.example:${port}`,
      `127.0.0.1:${port}@evil.example`,
      `0.0.0.0:${port}`,
      ' ',
    ];
    const statuses: number[] = [];
    for (const host of hosts) {
      statuses.push(
        (await door.send({ headers: door.headers(door.token, { host }), body: initialize })).status,
      );
      statuses.push((await door.send({ headers: { host }, method: 'GET' })).status);
    }
    const seen = [...new Set(statuses)];
    return judge(`${statuses.length} answers: ${seen.join(' ')}`, {
      'none is let in': statuses.every(status => status === 403 || status === 400),
      'nothing reached the cluster': cluster.passed.length === 0,
    });
  },
});

export const simpleRequests = defineAttack({
  name: 'page-with-simple-requests',
  adversary: 'a web page',
  does: 'Sends what a browser sends without asking first: forms, plain text, a beacon, an image, an event source, with no Origin and with cookies.',
  must: 'None is let in: 415 for another content type whatever the token, 401 without one.',
  async run(ground) {
    const cluster = await ground.cluster();
    const door = await ground.http();
    const statuses: number[] = [];
    for (const type of [
      'text/plain',
      'text/plain;charset=UTF-8; application/json',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'text/plain, application/json',
      'application/jsonp',
      'application/json-patch+json',
      '',
    ]) {
      const headers = door.headers(door.token, { 'content-type': type });
      statuses.push((await door.send({ headers, body: initialize })).status);
    }
    const without = [];
    for (const headers of [
      { accept: 'text/event-stream', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' },
      { accept: 'image/*', cookie: `token=${door.token}` },
      { accept: 'text/event-stream', 'last-event-id': '1', 'mcp-session-id': 'x' },
    ])
      without.push((await door.send({ headers, method: 'GET' })).status);
    return judge(`with a token ${statuses.join(' ')}, without ${without.join(' ')}`, {
      'another content type is 415': statuses.every(status => status === 415),
      'without a token it is 401': without.every(status => status === 401),
      'nothing reached the cluster': cluster.passed.length === 0,
    });
  },
});
