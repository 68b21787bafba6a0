import { expect, onTestFinished, test } from 'vitest';
import { LocalDesk } from '../../../src/desk/local.ts';
import { WireAgentDesk, WireApproverDesk } from '../../../src/desk/wire/desks.ts';
import { methods } from '../../../src/desk/wire/methods/index.ts';
import { nightly, startScheduledShop } from '../../support/scheduled-shop.ts';

function namesOf(desk: { prototype: object }): string[] {
  return Object.getOwnPropertyNames(desk.prototype).filter(name => name !== 'constructor');
}

test('what a desk does can be asked over a socket by that name, and nothing else', () => {
  const local = namesOf(LocalDesk).filter(name => !name.startsWith('#'));
  expect(methods.map(method => method.name).toSorted()).toEqual(local.toSorted());
  expect([...namesOf(WireAgentDesk), ...namesOf(WireApproverDesk)].toSorted()).toEqual(local.toSorted());
});

test('what decides is asked of approvers alone', () => {
  const deciding = methods.filter(method => method.desk === 'approver').map(method => method.name);
  expect(deciding.toSorted()).toEqual([
    'approverKeys',
    'commitStatement',
    'countWrongPassphrase',
    'prepareStatement',
    'review',
    'settle',
  ]);
  expect(namesOf(WireApproverDesk).toSorted()).toEqual(deciding.toSorted());
});

test('whoever asks for a tick cannot stop what it begins', async () => {
  const shop = await startScheduledShop();
  onTestFinished(() => shop.stop());
  await shop.schedule(nightly);
  shop.passDays(1);
  const desk = new LocalDesk(shop.vigie, { login: 'agent', answerBytes: 40_000, socket: 'agent' });
  const tick = methods.find(({ name }) => name === 'tick');
  const report = await tick?.call(desk, { dryRun: false }, { signal: AbortSignal.abort() });
  expect(report).toMatchObject({ ticked: [{ did: [{ status: 'done' }] }], left: 0 });
});
