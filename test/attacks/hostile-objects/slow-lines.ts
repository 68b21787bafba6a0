import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { defineAttack, judge } from '../attack.ts';
import type { Ground } from '../ground.ts';

/** What the server does with the line that a command would run on. */
type Way = (line: Duplex, accept: string) => void;

export const slowLines = defineAttack({
  name: 'lines-that-never-end',
  adversary: 'hostile objects',
  does: 'Refuses the line of a command with half a body, and opens one to pour messages of nothing onto it.',
  must: 'Each call ends by its deadlines, on the record too, with memory under a bound.',
  needs: 'script',
  async run(ground) {
    const cluster = await ground.cluster({ policy: '{low: allow, medium: allow, high: allow}' });
    let way: Way = refuseHalf;
    const url = await lineTo(ground, { url: cluster.url, way: () => way });
    const kubeconfig = await readFile(cluster.kubeconfig, 'utf8');
    await writeFile(cluster.kubeconfig, kubeconfig.replaceAll(cluster.url, url));
    await ground.accept(await ground.approver('alice'));
    await cluster.admin('POST', '/api/v1/namespaces/shop/pods', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'one', namespace: 'shop' },
      spec: { containers: [{ name: 'main', image: 'shop/web:1' }] },
    });
    await cluster.sandbox.advance(5_000);
    const door = await ground.stdio();
    const asked = { pod: 'one', namespace: 'shop', timeoutSeconds: 5 };
    const refused = await door.call('k8s_exec', { ...asked, command: ['one'] });
    way = pourNothing;
    const poured = await door.call('k8s_exec', { ...asked, command: ['two'] });
    const records = await door.call('changes_list', { format: 'json' });
    const { peak } = door;
    const saw = `${refused.text.slice(0, 200)} | ${poured.text.slice(0, 200)} | ${peak} MB`;
    return judge(saw, {
      'half a refusal is one': /forbidden|FORBIDDEN|not allowed/.test(refused.text),
      'the flood was left in time': /5 s/.test(poured.text),
      'nothing is still being done': !JSON.stringify(records.data).includes('"executing"'),
      'memory stayed under 500 MB': peak === undefined || peak <= 500,
    });
  },
});

function refuseHalf(line: Duplex): void {
  line.write(
    'HTTP/1.1 403 Forbidden\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{"kind":',
  );
}

/** Messages of stdout and of the outcome that carry nothing but the number of their stream. */
function pourNothing(line: Duplex, accept: string): void {
  line.write(
    `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: ${accept}\r\nsec-websocket-protocol: v5.channel.k8s.io\r\n\r\n`,
  );
  const part = Buffer.concat(Array.from({ length: 10_000 }, () => Buffer.from([0x82, 1, 1, 0x82, 1, 3])));
  const more = (): void => {
    while (!line.destroyed && line.write(part));
  };
  line.on('drain', more);
  more();
}

/** Passes requests on, and lets the attack answer whoever asks for a line. */
async function lineTo(ground: Ground, to: { url: string; way(): Way }): Promise<string> {
  const server = createServer((request, response) => {
    const { method, headers, url = '/' } = request;
    const sent = httpRequest(`${to.url}${url}`, { method, headers });
    sent.on('error', () => response.destroy());
    sent.on('response', answer => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    request.pipe(sent);
  });
  const lines = new Set<Duplex>();
  server.on('upgrade', (request, line) => {
    lines.add(line);
    line.on('error', () => {});
    const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    to.way()(line, createHash('sha1').update(key).digest('base64'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ground.onEnd(() => {
    for (const line of lines) line.destroy();
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
