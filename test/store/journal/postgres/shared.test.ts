import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import {
  openPostgresJournal,
  type SharedJournal,
} from '../../../../src/store/journal/postgres/postgres-journal.ts';
import {
  postgresPrograms,
  type RealPostgres,
  startPostgres,
  unlessNoPostgres,
} from '../../../integrations/support/postgres.ts';
import { urlOf } from './url-of.ts';

const leaseMs = 30_000;
const digest = 'd'.repeat(64);

describe.skipIf(postgresPrograms() === undefined)(
  `a journal of several machines${unlessNoPostgres()}`,
  () => {
    let server: RealPostgres;
    let journal: SharedJournal;
    const clock = { ahead: 0 };
    beforeAll(async () => {
      server = await startPostgres();
    });
    afterAll(() => server.close());
    beforeEach(async () => {
      server.sql('drop schema if exists vigie_runs cascade');
      journal = await openPostgresJournal({ url: urlOf(server), clock: () => Date.now() + clock.ahead });
      onTestFinished(() => journal.close());
      await journal.putDefinition(digest, 'kind: Playbook');
      await start('one');
    });

    const start = (id: string) =>
      journal.start({ id, name: 'n', environment: 'e', digest, input: {}, startedBy: {} });

    test('what one claimed for a queue is adopted once, and the queue has no say in it any more', async () => {
      const [claimed] = await journal.claim('queue:a', { max: 1, leaseMs });
      if (claimed === undefined) throw new Error('nothing was there to claim');
      const { lease } = claimed;
      await journal.record(lease, [{ path: 'a', attempt: 1, state: 'done' }]);
      const adopted = await Promise.all(['w1', 'w2', 'w3'].map(each => journal.adopt(lease, each, leaseMs)));
      const [mine, ...others] = adopted.filter(each => each !== undefined);
      expect(others).toEqual([]);
      expect(mine).toMatchObject({ lease: { run: 'one', epoch: lease.epoch }, steps: [{ path: 'a' }] });
      expect(await journal.renew([lease], leaseMs)).toEqual([]);
      expect(await journal.held([lease, { run: 'one', epoch: lease.epoch - 1 }])).toEqual([lease]);
      await expect(journal.record(lease, [{ path: 'b', attempt: 1, state: 'done' }])).rejects.toMatchObject({
        code: 'FENCED',
      });
    });

    test('what lay in a queue for longer than its lease is claimed again, and adopted by nobody under the old one', async () => {
      const [first] = await journal.claim('queue:a', { max: 1, leaseMs });
      clock.ahead += leaseMs + 1;
      const [again] = await journal.claim('queue:b', { max: 1, leaseMs });
      if (first === undefined || again === undefined) throw new Error('it was there to claim twice');
      expect(again.lease.epoch).toBe(first.lease.epoch + 1);
      expect(await journal.adopt(first.lease, 'w1', leaseMs)).toBeUndefined();
      expect(await journal.held([first.lease, again.lease])).toEqual([again.lease]);
      expect(await journal.adopt(again.lease, 'w1', leaseMs)).toBeDefined();
    });

    test('names of a thousand letters, and of what a database cannot keep, are held and waited for like others', async () => {
      const long = `${'ü'.repeat(1_000)}\u0000\ud800`;
      await start('two');
      const [one, two] = await journal.claim('w', { max: 2, leaseMs });
      if (one === undefined || two === undefined) throw new Error('nothing was there to claim');
      expect(await journal.hold(one.lease, [long])).toBe(true);
      expect(await journal.hold(two.lease, [long])).toBe(false);
      expect(await journal.hold(two.lease, [`${long}!`])).toBe(true);
      expect(await journal.park(two.lease, [{ path: 's', kind: 'slot', key: long }])).toBe('parked');
      await journal.finish(one.lease, { status: 'done' });
      expect((await journal.claim('w', { max: 2, leaseMs })).map(({ lease }) => lease.run)).toEqual(['two']);
    });

    test('a database that is not there, or that keeps no promise of its own, says so in a way that passes', async () => {
      const gone = new URL(urlOf(server));
      gone.port = '1';
      await expect(openPostgresJournal({ url: gone.href })).rejects.toMatchObject({
        code: 'STORE',
        retryable: true,
      });
      server.sql('insert into vigie_runs.migrated values (99)');
      await expect(openPostgresJournal({ url: urlOf(server) })).rejects.toMatchObject({
        code: 'STORE',
        message: expect.stringContaining('newer Vigie'),
      });
    });
  },
);
