import type { ServerResponse } from 'node:http';
import { createGzip, gzipSync } from 'node:zlib';
import type { Instead } from '../../support/meddled-wire.ts';
import { defineAttack } from '../attack.ts';
import { askAll, judgeAnswers, questions } from './questions.ts';

const zeros = Buffer.alloc(16_000_000, ' ');

export const gzipBombs = defineAttack({
  name: 'gzip-bombs',
  adversary: 'hostile objects',
  does: 'Answers with a megabyte that unpacks to one gigabyte, with one packed twice, with an encoding nobody asked for, and with a stream that never stops unpacking, at last from the first request on.',
  must: 'Each is BAD_RESPONSE long before it is unpacked; memory stays under 300 MB.',
  async run(ground) {
    const cluster = await ground.cluster();
    const door = await ground.stdio();
    const bomb = await pack(1_024_000_000);
    const answers = [];
    const bombs: { instead: Instead; at: RegExp }[] = [
      { instead: packed('gzip', bomb), at: /\/(configmaps|events|pods)\b/ },
      { instead: packed('gzip', gzipSync(bomb)), at: /\/(configmaps|events|pods)\b/ },
      { instead: packed('gzip, gzip', bomb), at: /\/(configmaps|events|pods)\b/ },
      { instead: packed('br', bomb), at: /\/(configmaps|events|pods)\b/ },
      { instead: { speak: unpackForEver }, at: /\/(configmaps|events|pods)\b/ },
    ];
    for (const { instead, at } of bombs) {
      cluster.meddle({ before: ({ path }) => (at.test(path) ? instead : undefined) });
      answers.push(...(await askAll(door, questions.slice(0, 8))));
    }
    const fresh = await ground.stdio();
    cluster.meddle({ before: () => packed('gzip', bomb) });
    answers.push(...(await askAll(fresh, questions)));
    return judgeAnswers(answers, {
      door,
      cluster,
      seconds: 20,
      // Whatever is unpacked of one answer is at most 64 MB.
      megabytes: 300,
      more: { 'each is a bad answer': answers.every(({ code }) => code === 'BAD_RESPONSE') },
    });
  },
});

function packed(encoding: string, body: Buffer): Instead {
  return { headers: { 'content-encoding': encoding }, body };
}

async function pack(bytes: number): Promise<Buffer> {
  const packer = createGzip({ level: 9 });
  const parts: Buffer[] = [];
  packer.on('data', (part: Buffer) => parts.push(part));
  const ended = new Promise(resolve => packer.once('end', resolve));
  for (let left = bytes; left > 0; left -= zeros.length) packer.write(zeros);
  packer.end();
  await ended;
  return Buffer.concat(parts);
}

function unpackForEver(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
  const packer = createGzip();
  response.once('close', () => packer.destroy());
  packer.on('error', () => {}).pipe(response);
  const more = (): void => {
    if (!packer.destroyed) packer.write(zeros, more);
  };
  more();
}
