import { expect, test } from 'vitest';
import { startRehearsals } from './rehearsal-of.ts';

const see = '{id: see, tool: k8s_list, with: {kind: Pod, namespace: shop}}';
const scaled = (name: string): string =>
  `tool: k8s_scale, with: {target: {kind: Deployment, name: ${name}, namespace: shop}, replicas: 3, waitSeconds: 60}`;
const wiped = 'tool: k8s_exec, with: {pod: web, namespace: shop, command: [rm, -rf, /data]}';

test('reads beside a change that cannot be rehearsed prove nothing of it', async () => {
  const { rehearse: rehearsed } = await startRehearsals();
  const report = await rehearsed(`steps: [${see}, {id: wipe, ${wiped}}]`);
  expect(report).toMatchObject({
    outcome: 'unknown',
    why: expect.stringContaining('wipe cannot be rehearsed'),
  });
  expect(report).not.toHaveProperty('recorded');
  expect(await rehearsed(`steps: [{id: more, ${scaled('web')}}, {id: wipe, ${wiped}}]`)).toMatchObject({
    outcome: 'done',
  });
});

test('a run that goes on behind the only change, which fails, is no proof', async () => {
  const { rehearse: rehearsed } = await startRehearsals();
  const report = await rehearsed(`steps: [${see}, {id: more, continueOnError: true, ${scaled('nosuch')}}]`);
  expect(report).toMatchObject({ outcome: 'unknown', why: expect.stringContaining('more failed there') });
});

test('what policy denies counts as denied also where the run goes on behind it', async () => {
  const { rehearse: rehearsed } = await startRehearsals({ policy: '{low: deny, medium: deny, high: deny}' });
  const report = await rehearsed(`steps: [${see}, {id: more, continueOnError: true, ${scaled('web')}}]`);
  expect(report).toMatchObject({ outcome: 'denied', why: expect.stringMatching(/^more: /) });
  expect(report).not.toHaveProperty('recorded');
});

test('a change that its condition leaves out is none that was missed', async () => {
  const { rehearse: rehearsed } = await startRehearsals();
  const report = await rehearsed(
    `inputs: {really: {type: boolean, default: false}}\nsteps: [${see}, {id: more, if: inputs.really, ${scaled('web')}}]`,
  );
  expect(report).toMatchObject({ outcome: 'done', recorded: expect.anything() });
});
