import { injection, random } from '../hostile-text.ts';

/** One message as it is sent; `id`: that of a request which the protocol answers, whatever is wrong with it. */
export interface Message {
  bytes: Buffer;
  id?: string;
}

const call = (id: string, params: string): string =>
  `{"jsonrpc":"2.0","id":"${id}","method":"tools/call","params":${params}}`;

/** Every way to get a message wrong; `n` makes it another one each time. */
const ways: readonly ((n: number, draw: (below: number) => number) => string | Buffer | Message)[] = [
  // No JSON at all, or not whole.
  (n, draw) => call(`x${n}`, '{"name":"k8s_list","arguments":{"kind":"pods"}}').slice(0, 1 + draw(80)),
  () => '}{',
  () => '{"jsonrpc":"2.0","id":1,,"method":"ping"}',
  () => "{'jsonrpc':'2.0'}",
  () => '{"jsonrpc":"2.0","id":NaN,"method":"ping"}',
  (_, draw) => Buffer.from(Array.from({ length: 1 + draw(60) }, () => 128 + draw(128))),
  n =>
    Buffer.concat([
      Buffer.from(`{"jsonrpc":"2.0","id":"u${n}","method":"`),
      Buffer.from([0xff, 0xc0, 0x80]),
      Buffer.from('"}'),
    ]),
  () => '\u0000\u0001\u0002',
  () => `\uFEFF{"jsonrpc":"2.0","method":"ping"}`,
  () => 'Content-Length: 10\r',
  () => 'GET /mcp HTTP/1.1\r',
  // JSON, and no message.
  (_, draw) => ['null', 'true', '0', '""', '[]', '{}', '[[]]', '[{}]', '1e999', '-0'][draw(10)] ?? '',
  n => `{"jsonrpc":"1.0","id":"v${n}","method":"ping"}`,
  n => `{"id":"w${n}","method":"ping"}`,
  n => `{"jsonrpc":"2.0","id":"t${n}","method":${n}}`,
  n => `{"jsonrpc":"2.0","id":{"a":${n}},"method":"ping"}`,
  n => `{"jsonrpc":"2.0","id":[${n}],"method":"ping"}`,
  n => `{"jsonrpc":"2.0","id":null,"method":"ping","params":${n}}`,
  n => `{"jsonrpc":"2.0","id":${n}.5,"method":"ping"}`,
  () => '{"jsonrpc":"2.0","id":1e308,"method":"ping"}',
  () => '{"jsonrpc":"2.0","id":9007199254740993,"method":"ping"}',
  n => `{"jsonrpc":"2.0","id":"p${n}","method":"ping","params":[1,2]}`,
  n => `{"jsonrpc":"2.0","id":"q${n}","method":"ping","params":"text"}`,
  (n, draw) => `{"jsonrpc":"2.0","id":"d${n}","method":"ping","params":${'{"a":'.repeat(100 + draw(400))}1`,
  n => `[${call(`b${n}`, '{}')},${call(`c${n}`, '{}')}]`,
  n => `[${'[],'.repeat(50)}{"jsonrpc":"2.0","id":"e${n}","method":"ping"}]`,
  // Messages, and none that is expected.
  n => `{"jsonrpc":"2.0","id":"r${n}","method":"never/heard-of","extra":1,"__proto__":{"a":1}}`,
  n => `{"jsonrpc":"2.0","id":${n},"result":{}}`,
  n => `{"jsonrpc":"2.0","id":${n},"error":{"code":"x","message":{}}}`,
  n => `{"jsonrpc":"2.0","id":${n},"result":{},"error":{"code":1,"message":"a"},"method":"ping"}`,
  () => '{"jsonrpc":"2.0","method":"notifications/never-heard-of"}',
  n => `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":{"a":${n}}}}`,
  () => '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":[],"progress":"x"}}',
  () => '{"jsonrpc":"2.0","method":"__proto__"}',
  // Requests, each of which is answered.
  n => answered(n, id => `{"jsonrpc":"2.0","id":"${id}","method":"never/heard-of"}`),
  n =>
    answered(
      n,
      id => `{"jsonrpc":"2.0","id":"${id}","method":"__proto__","params":{"__proto__":{"polluted":true}}}`,
    ),
  n => answered(n, id => `{"jsonrpc":"2.0","id":"${id}","method":"toString"}`),
  n => answered(n, id => `{"jsonrpc":"2.0","id":"${id}","method":${JSON.stringify(injection)}}`),
  n => answered(n, id => `{"jsonrpc":"2.0","id":"${id}","method":"ping","method":"never/heard-of"}`),
  n => answered(n, id => `{"jsonrpc":"2.0","id":"x","id":"${id}","method":"never/heard-of"}`),
  n => answered(n, id => `{"jsonrpc":"2.0","id":"${id}","method":"${'m'.repeat(5_000)}"}`),
  n => answered(n, id => `{"jsonrpc":"2.0","id":"${id}","method":"never/heard-of","params":${nested(200)}}`),
  n => answered(n, id => call(id, '{"name":"__proto__","arguments":{}}')),
  n => answered(n, id => call(id, '{"name":"k8s_get"}')),
  n => answered(n, id => `{"jsonrpc":"2.0","id":"${id}","method":"never/heard-of"}`, 'i'.repeat(10_000)),
  n =>
    answered(n, id => call(id, '{"name":"k8s_get","arguments":{"__proto__":{"target":1},"constructor":{}}}')),
  n => answered(n, id => call(id, '{"name":"k8s_delete","arguments":{"target":{"kind":"Deployment"}}}')),
  n =>
    answered(n, id =>
      call(
        id,
        `{"name":"k8s_scale","arguments":{"target":{"kind":"Deployment","name":"web","namespace":"shop"},"replicas":${n}e300}}`,
      ),
    ),
  n => answered(n, id => call(id, `{"name":"k8s_apply","arguments":${nested(150)}}`)),
  n => answered(n, id => call(id, `{"name":"${'x'.repeat(300)}","arguments":{}}`)),
  n => answered(n, id => call(id, '{"name":7,"arguments":{}}')),
  n =>
    answered(
      n,
      id =>
        `{"jsonrpc":"2.0","id":"${id}","method":"resources/read","params":{"uri":"vigie://../../etc/passwd"}}`,
    ),
  n =>
    answered(
      n,
      id => `{"jsonrpc":"2.0","id":"${id}","method":"prompts/get","params":{"name":"constructor"}}`,
    ),
  n => answered(n, id => `{"jsonrpc":"2.0","id":"${id}","method":"completion/complete","params":{"ref":1}}`),
];

function answered(n: number, text: (id: string) => string, tail = ''): Message {
  const id = `must-answer-${n}${tail}`;
  return { bytes: Buffer.from(text(id)), id };
}

function nested(levels: number): string {
  return `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
}

/** That many messages, the same for the same seed, on one line each. */
export function* malformed(count: number, seed = 21): Generator<Message> {
  const draw = random(seed);
  for (let n = 0; n < count; n += 1) {
    const made = ways[n < ways.length ? n : draw(ways.length)]?.(n, draw) ?? '';
    if (typeof made === 'string') yield { bytes: Buffer.from(made) };
    else if (Buffer.isBuffer(made)) yield { bytes: made };
    else yield made;
  }
}
