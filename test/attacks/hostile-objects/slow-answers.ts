import type { ServerResponse } from 'node:http';
import type { Instead } from '../../support/meddled-wire.ts';
import { defineAttack } from '../attack.ts';
import { type Answered, ask, configMap, judgeAnswers, settings } from './questions.ts';

export const slowAnswers = defineAttack({
  name: 'answers-that-never-end',
  adversary: 'hostile objects',
  does: 'Keeps silent, sends a byte a second, stops in the middle of a head and of a body, and pours a log and a list without end.',
  must: 'Each call ends within its deadlines as TIMEOUT or BAD_RESPONSE or cut short, and others are answered meanwhile.',
  async run(ground) {
    const cluster = await ground.cluster();
    const door = await ground.stdio();
    const ways: Record<string, Instead> = {
      silent: { speak: () => {} },
      head: { speak: response => response.socket?.write('HTTP/1.1 200 OK\r\ncontent-ty') },
      drip: { speak: drip },
      half: { speak: half },
    };
    cluster.meddle({
      before: ({ path, method }) => {
        const name = /\/configmaps\/([a-z]+)\b/.exec(path)?.[1];
        if (name !== undefined && method === 'GET') return ways[name];
        if (/\/log\?/.test(path)) return { speak: response => pour(response, `${'z'.repeat(999)}\n`) };
        return /\/events\?/.test(path) ? { speak: response => pour(response, ' '.repeat(1_000)) } : undefined;
      },
    });
    const slow = Promise.all([
      ...Object.keys(ways).map(name => ask(door, ['k8s_get', { target: { ...settings, name } }])),
      ask(door, ['k8s_logs', { target: { kind: 'Deployment', name: 'web', namespace: 'shop' } }]),
      ask(door, ['k8s_list', { kind: 'events' }]),
    ]);
    let slowEnded = false;
    void slow.finally(() => {
      slowEnded = true;
    });
    const meanwhile: Answered[] = [];
    for (let turn = 0; turn < 5; turn += 1)
      meanwhile.push(
        await ask(door, ['k8s_get', { target: { kind: 'Deployment', name: 'web', namespace: 'shop' } }]),
      );
    // The slow ones take half a minute; who is answered meanwhile did not stand behind them.
    const endedBefore = !slowEnded;
    const answers = await slow;
    return judgeAnswers([...answers, ...meanwhile], {
      door,
      cluster,
      seconds: 15,
      megabytes: 500,
      more: {
        'what never came is TIMEOUT': answers.slice(0, 4).every(({ code }) => code === 'TIMEOUT'),
        'the log is cut short': answers[4]?.status === 'answered',
        'the endless list is BAD_RESPONSE': answers[5]?.code === 'BAD_RESPONSE',
        'others were answered meanwhile':
          meanwhile.every(({ status }) => status === 'answered') && endedBefore,
      },
    });
  },
});

function drip(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  const timer = setInterval(() => response.write(' '), 1_000);
  response.once('close', () => clearInterval(timer));
}

function half(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100000' });
  response.write(JSON.stringify(configMap({})).slice(0, 40));
}

function pour(response: ServerResponse, text: string): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  const part = text.repeat(64);
  const more = (): void => {
    while (!response.destroyed && response.write(part));
  };
  response.on('drain', more);
  more();
}
