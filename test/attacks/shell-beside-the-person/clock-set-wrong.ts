import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defineAttack, judge } from '../attack.ts';
import { decide, propose, runFrom, seatAlice, stateOf } from '../person.ts';

const minuteMs = 60_000;

/** What libfaketime does to a program, without needing it. */
const shiftedClock = `
const Real = Date;
const ahead = Number(process.env.AHEAD_MS);
globalThis.Date = class extends Real {
  constructor(...given) { if (given.length === 0) super(Real.now() + ahead); else super(...given); }
  static now() { return Real.now() + ahead; }
};
`;

export const clockSetWrong = defineAttack({
  name: 'clock-set-wrong',
  adversary: 'a shell beside the person',
  does: 'Runs Vigie by a clock of its own, a day or ten minutes off, so that a ticket outlives its time or a freeze is over.',
  must: 'The API server has another time: CLOCK_SKEW, no change is allowed or approved, doctor says so, and reads go on.',
  needs: 'script',
  async run(ground) {
    const { cluster, passphrase } = await seatAlice(ground, {
      policy: '{low: allow, medium: ask, high: ask}',
    });
    const id = await propose(ground, 'scale', 'deploy/api', '--replicas', '1', '-n', 'shop');
    const preload = join(ground.dir, 'clock.cjs');
    await writeFile(preload, shiftedClock);
    const ends: string[] = [];
    for (const minutes of [10, -10, -24 * 60]) {
      const env = { NODE_OPTIONS: `--require ${preload}`, AHEAD_MS: String(minutes * minuteMs) };
      const read = await runFrom(ground, { words: ['k8s', 'get', 'deploy/web', '-n', 'shop'], env });
      const doctor = await runFrom(ground, { words: ['doctor'], env });
      const words = ['k8s', 'scale', 'deploy/web', '--replicas', '3', '-n', 'shop'];
      const allowed = await runFrom(ground, { words, env });
      const approved = await decide(ground, { id, passphrase, env });
      const refused = [allowed.stdout + allowed.stderr, approved.shown].every(said =>
        said.includes('This machine says'),
      );
      ends.push(
        refused && read.status === 0 && /clock/.test(doctor.stdout)
          ? `${minutes} minutes: refused`
          : `${minutes} minutes: ${allowed.stdout}${allowed.stderr}${approved.shown}`,
      );
    }
    return judge(ends.join('; '), {
      'each is refused': ends.every(end => end.endsWith(': refused')),
      'the ticket is open': (await stateOf(ground, id)) === 'waiting',
      'nothing was written': cluster.writes().length === 0,
    });
  },
});
