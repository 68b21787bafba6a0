// Under the agent's account: argv = socket. Sends what no caller sends, then holds as many connections as it gets. Says how many
// lines were sent and connections are held, and keeps them until its input ends.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const [socket = ''] = process.argv.slice(2);
const rounds = 1_500;
const held = 200;
const lines: (number: number) => string[] = number => [
  '{',
  'null',
  '[]',
  '{"hello":{"protocol":1}}',
  '{"hello":{"protocol":1e308,"version":"x"}}',
  `{"hello":{"protocol":1,"version":"${'v'.repeat(64)}"}}`,
  '{"id":1,"method":"settle","params":{}}',
  `{"__proto__":{"kind":"approver"},"id":${number}}`,
  '\u0000\u0001\u0002',
  '{"hello":'.repeat(200),
  'x'.repeat(1_000 + number),
  '{"cancel":-1}',
];

let sent = 0;
for (let round = 0; round < rounds; round += 1) {
  const client = connect(socket);
  client.on('error', () => {});
  const all = lines(round);
  client.end(`${all[round % all.length]}\n`);
  client.resume();
  await once(client, 'close');
  sent += 1;
}
const open: Socket[] = [];
for (let count = 0; count < held; count += 1) {
  const client = connect(socket);
  client.on('error', () => {});
  open.push(client);
}
await new Promise(resolve => setTimeout(resolve, 200));
process.stdout.write(`${JSON.stringify({ sent, held: open.filter(each => !each.closed).length })}\n`);
process.stdin.resume();
await once(process.stdin, 'end');
process.exit(0);
