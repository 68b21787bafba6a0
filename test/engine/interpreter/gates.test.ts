import { expect, test } from 'vitest';
import { askEverything } from '../../support/start-vigie.ts';
import { replicasOf, scaling, startRuns, stateOf, ticketOf } from './runs-of.ts';

const gated = (more = '') => `steps:
  - {id: gate, approval: {for: [up]${more}}}
  - {id: up, ${scaling('web', 3)}}
`;

test('what people agreed to at a gate is done without asking again, and nothing before', async () => {
  const runs = await startRuns({ policy: askEverything, hurried: true });
  runs.startWorker();
  const id = await runs.start(gated());
  const ticket = ticketOf(await runs.until(id, 'waiting'), 'gate');
  expect(await runs.test.approve(ticket)).toMatchObject({
    status: 'done',
    text: expect.stringContaining('nothing was sent'),
  });
  const { steps } = await runs.until(id, 'done');
  expect(steps.find(({ path }) => path === 'gate')?.output).toEqual({ decision: 'approved', by: ['alice'] });
  expect(await replicasOf(runs, 'web')).toBe(3);
  const { audit } = await runs.test.vigie.store();
  const [started] = await audit.list({ events: ['started'], limit: 5 });
  expect(started?.facts).toMatchObject({
    rule: 'playbook.gate',
    standing: { change: ticket, approver: 'alice', step: 'up', run: id },
  });
  expect((await audit.list({ events: ['ticketed'], limit: 5 })).map(({ changeId }) => changeId)).toEqual([
    ticket,
  ]);
  expect(await stateOf(runs, ticket)).toBe('void');
});
