import { setTimeout as sleep } from 'node:timers/promises';
import { defineAttack, judge } from '../attack.ts';
import type { StdioDoor } from '../stdio-door.ts';
import { malformed } from './messages.ts';

const count = 100_000;
/** Sent before room for more is waited for. */
const batch = 200;
const pods = { kind: 'pods', namespace: 'shop' };

export const malformedOnStdio = defineAttack({
  name: 'malformed-messages-on-stdio',
  adversary: 'malformed messages',
  does: 'Sends 100,000 generated messages: cut, of wrong types, nested, in batches, with members twice, broken UTF-8, prototype names, unknown methods, and calls that miss everything.',
  must: 'The process lives under 600 MB, answers each request that has an id and a method, the next good call works, and nothing is written.',
  async run(ground) {
    const cluster = await ground.cluster({ policy: '{low: allow, medium: allow, high: allow}' });
    const door = await ground.stdio();
    const expected = new Set<string>();
    let pending: Buffer[] = [];
    for (const { bytes, id } of malformed(count)) {
      if (id !== undefined) expected.add(id);
      pending.push(bytes, newline);
      if (pending.length < 2 * batch) continue;
      await door.write(Buffer.concat(pending));
      pending = [];
    }
    await door.write(Buffer.concat(pending));
    const good = await door.call('k8s_list', pods);
    const asked = expected.size;
    const missing = await unanswered(door, expected);
    const { peak } = door;
    return judge(
      `${asked} to answer, ${missing.length} missing, ${peak ?? '?'} MB, ${cluster.writes().length} writes`,
      {
        'the process lives': door.lives,
        [`each is answered (${missing[0] ?? ''})`]: missing.length === 0,
        'memory stayed under 600 MB': peak === undefined || peak < 600,
        'only protocol came out': door.noise.length === 0,
        'the next good call works': good.text.includes('web-'),
        'nothing was written': cluster.writes().length === 0,
      },
    );
  },
});

/** How long the last answers may take on a busy machine. */
const lastAnswersMs = 60_000;

/** The ids that no answer came for. */
async function unanswered(door: StdioDoor, expected: Set<string>): Promise<string[]> {
  const deadline = Date.now() + lastAnswersMs;
  let heard = 0;
  for (;;) {
    for (; heard < door.answers.length; heard += 1) {
      const { id, result, error } = door.answers[heard] ?? {};
      if (typeof id === 'string' && (result !== undefined || error !== undefined)) expected.delete(id);
    }
    if (expected.size === 0 || Date.now() > deadline || !door.lives) return [...expected];
    await sleep(100);
  }
}

const newline = Buffer.from('\n');

/** Past what a client may send in one message: the transport itself has to give it up. */
const hugeBytes = 64_000_000;

export const hugeLines = defineAttack({
  name: 'endless-lines-on-stdio',
  adversary: 'malformed messages',
  does: 'Sends a line of 64 MB, one without an end, and a good message behind each.',
  must: 'The process neither keeps them nor goes mad: it answers what comes after, or ends in order and says why; memory stays under 400 MB, and nothing is written.',
  async run(ground) {
    const cluster = await ground.cluster({ policy: '{low: allow, medium: allow, high: allow}' });
    const door = await ground.stdio();
    const part = Buffer.alloc(64_000, 'x');
    let peakBefore: number | undefined;
    await door.write('{"jsonrpc":"2.0","id":1,"method":"');
    for (let sent = 0; sent < hugeBytes && door.lives; sent += part.length) {
      await door.write(part);
      peakBefore = door.peak ?? peakBefore;
    }
    await door.write('"}\n');
    // An answer, or an error where the process has ended.
    const after = await door.call('k8s_list', pods).then(
      ({ text }) => text,
      () => '',
    );
    const answers = after.includes('web-');
    const { exitCode } = door.child;
    const { peak = peakBefore } = door;
    return judge(
      `${answers ? 'what came after was answered' : `it ended with ${exitCode}, saying ${saidOf(door.stderr)}`}, ${peak ?? '?'} MB`,
      {
        'it answers, or ends in order and says why':
          answers || (exitCode === 0 && saidOf(door.stderr).includes('maximum size')),
        'memory stayed under 400 MB': peak === undefined || peak < 400,
        'only protocol came out': door.noise.length === 0,
        'nothing was written': cluster.writes().length === 0,
      },
    );
  },
});

/** Why, in the last line of the log. */
function saidOf(stderr: string): string {
  return /"why":"([^"]*)"/.exec(stderr)?.[1] ?? 'nothing';
}
