import type { Instead } from '../../support/meddled-wire.ts';
import { defineAttack } from '../attack.ts';
import { type Answered, ask, configMap, judgeAnswers, questions, settings } from './questions.ts';

const object = JSON.stringify(configMap({}));

export const brokenAnswers = defineAttack({
  name: 'broken-and-nested-answers',
  adversary: 'hostile objects',
  does: 'Answers with 100,000 levels, with halves, with broken UTF-8, prototype keys, numbers past what a double holds, members twice, lists for objects and objects for lists, HTML and nothing.',
  must: 'Each is an answer or an error with its code; nothing ends the process, leaks the page or writes.',
  async run(ground) {
    const cluster = await ground.cluster();
    const door = await ground.stdio();
    const answers: Answered[] = [];
    for (const instead of broken()) {
      cluster.meddle({
        before: ({ path }) => (/\/(configmaps|events|log)\b/.test(path) ? instead : undefined),
      });
      // Together: what broke off is tried again after a pause.
      answers.push(...(await Promise.all(questions.slice(0, 8).map(question => ask(door, question)))));
    }
    cluster.meddle({});
    const after = await ask(door, ['k8s_get', { target: settings }]);
    return judgeAnswers(answers, {
      door,
      cluster,
      seconds: 15,
      megabytes: 300,
      more: {
        // A log is text, and shown as such.
        'no page of HTML is shown': answers.every(
          ({ tool, all }) => tool === 'k8s_logs' || !all.includes('<script'),
        ),
        'what is asked afterwards is answered as ever':
          after.status === 'answered' && !after.all.includes('polluted'),
      },
    });
  },
});

function broken(): Instead[] {
  const levels = 100_000;
  const bodies: (string | Buffer)[] = [
    `{"a":${'['.repeat(levels)}${']'.repeat(levels)}}`,
    `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`,
    '',
    'null',
    '[]',
    '{}',
    '"text"',
    '{"items":{"0":{}}}',
    '{"items":[null,1,"a",[],{}]}',
    '{"kind":"Table","columnDefinitions":[{"name":1}],"rows":[{"cells":null},{"cells":[{"a":[]}]},null]}',
    '{"kind":"Status","status":"Failure","code":"x","details":{"causes":[null,1]},"message":{"a":1}}',
    object.replace('"mode":"fast"', '"mode":"fast","mode":"slow","mode":{"a":1}'),
    object.replace('"data":{', '"data":{"big":9007199254740993,"huge":1e999,"small":-0,'),
    object.replace('{', '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},'),
    object.replace('"settings"', '{"toString":null}'),
    object.replace('"metadata":{', '"metadata":{"managedFields":"x","labels":[],"annotations":7,'),
    Buffer.concat([Buffer.from('{"kind":"'), Buffer.from([0xff, 0xfe, 0xc0, 0x80]), Buffer.from('"}')]),
    '\u0000'.repeat(1_000),
    '<html><script>alert(1)</script></html>',
  ];
  return [
    ...bodies.map(body => ({ body })),
    { status: 500, body: '<html><script>alert(1)</script></html>' },
    { status: 204, body: '' },
    { status: 999, body: '{}' },
    { headers: { 'content-length': '5000' }, body: object.slice(0, 30), thenCut: true },
    { headers: { 'transfer-encoding': 'chunked' }, body: object.slice(0, 30), thenCut: true },
    { speak: response => response.socket?.end('ICY 200 OK\r\n\r\n') },
    {
      speak: response =>
        response.socket?.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}'),
    },
    { speak: response => response.socket?.end(`HTTP/1.1 200 OK\r\nX: ${'y'.repeat(200_000)}\r\n\r\n{}`) },
    'cut',
  ];
}
