import { expect, test } from 'vitest';
import { headOf, startRehearsals } from './rehearsal-of.ts';

const policy = '{low: ask, medium: ask, high: ask}';
const more =
  'tool: k8s_scale, with: {target: {kind: Deployment, name: web, namespace: shop}, replicas: 4, waitSeconds: 120}';
const gated = (gate: string): string =>
  `steps:\n  - {id: gate, approval: {for: [more], ${gate}}}\n  - {id: more, ${more}}\n`;

test('what asks a group that nobody is in is denied, since a run would wait in vain', async () => {
  const { rehearse } = await startRehearsals({ policy });
  const report = await rehearse(gated('from: [divers]'));
  expect(report).toMatchObject({
    outcome: 'denied',
    why: 'Nobody agrees at gate: nobody in vigie.yaml is in divers.',
  });
  expect(report).not.toHaveProperty('recorded');
});

test('so is what asks more people than there are approvers', async () => {
  const { rehearse } = await startRehearsals({ policy });
  expect(await rehearse(gated('from: [leads], min: 9'))).toMatchObject({
    outcome: 'denied',
    why: expect.stringMatching(
      /^Nobody agrees at gate: 9 approvers of leads must agree, and test has (none|\d)\.$/,
    ),
  });
});

test('an approval that is left out when nobody answers denies nothing, and is told', async () => {
  const { rehearse } = await startRehearsals({ policy });
  const report = await rehearse(gated('from: [divers], onTimeout: skip'));
  expect(report.outcome).toBe('done');
  expect(report.unforeseen).toContain(
    'What is left out behind gate, at which nobody agrees: nobody in vigie.yaml is in divers.',
  );
});

test('an approval that asks nobody this time denies nothing', async () => {
  const { rehearse } = await startRehearsals({ policy });
  const report = await rehearse(`steps:
  - {id: gate, if: run.environment == "prod", approval: {for: [more], from: [divers]}}
  - {id: more, ${more}}
`);
  expect(report.outcome).toBe('done');
});

test('what a called playbook asks of people that there are not is denied, and who would be asked says so', async () => {
  const { rehearse, texts } = await startRehearsals({ policy });
  texts.set('child', headOf('child') + gated('from: [divers]'));
  const report = await rehearse('steps:\n  - {id: heal, playbook: child}\n');
  const why = 'nobody in vigie.yaml is in divers';
  expect(report).toMatchObject({ outcome: 'denied', why: `Nobody agrees at heal → gate: ${why}.` });
  expect(report).not.toHaveProperty('recorded');
  expect(report.steps).toContainEqual(
    expect.objectContaining({
      path: 'heal → gate',
      change: expect.objectContaining({ asks: 'a person of divers', nobodyAgrees: why }),
    }),
  );
});

test('an approval of the same id in a called playbook, which is left out, denies nothing', async () => {
  const { rehearse, texts } = await startRehearsals({ policy });
  texts.set(
    'child',
    `${headOf('child')}steps:
  - {id: gate, if: run.environment == "prod", approval: {for: [less], from: [divers]}}
  - {id: less, if: run.environment == "prod", ${more}}
`,
  );
  const report = await rehearse(`${gated('min: 1')}  - {id: heal, playbook: child}\n`);
  expect(report.outcome).toBe('done');
  expect(report.steps).toContainEqual(expect.objectContaining({ path: 'gate', status: 'done' }));
});

test('an approval without a name that is left out denies nothing where policy asks about a step without one', async () => {
  const { rehearse } = await startRehearsals({ policy });
  const report = await rehearse(`steps:
  - {if: run.environment == "prod", approval: {for: [more], from: [divers]}}
  - {${more}}
  - {id: more, if: run.environment == "prod", ${more}}
`);
  expect(report.outcome).toBe('done');
  expect(report.steps.map(({ change }) => change?.asks)).toContain('any approver');
});

test('an approval without a name is told by what it is for, once for all turns of a loop', async () => {
  const { rehearse } = await startRehearsals({ policy });
  const steps = (onTimeout: string): string => `steps:
  - id: each
    foreach: {in: [4, 5], as: count}
    steps:
      - {approval: {for: [more], from: [divers], onTimeout: ${onTimeout}}}
      - {id: more, tool: k8s_scale, with: {target: {kind: Deployment, name: web, namespace: shop}, replicas: "\${{ count }}"}}
`;
  const why = 'nobody in vigie.yaml is in divers';
  expect(await rehearse(steps('reject'))).toMatchObject({
    outcome: 'denied',
    why: `Nobody agrees at the approval of more: ${why}.`,
  });
  const skipped = await rehearse(steps('skip'));
  expect(skipped.outcome).toBe('done');
  expect(skipped.unforeseen.filter(each => each.includes('nobody agrees'))).toEqual([
    `What is left out behind the approval of more, at which nobody agrees: ${why}.`,
  ]);
});

test('an approval of the way back that nobody could give is among what that leaves', async () => {
  const { rehearse } = await startRehearsals({ policy });
  const report = await rehearse(`steps:
  - {id: first, ${more}}
onFailure:
  steps:
    - {id: gate, approval: {for: [more], from: [divers]}}
    - {id: more, ${more.replace('replicas: 4', 'replicas: 5')}}
`);
  expect(report.outcome).toBe('done');
  expect(report.wayBack?.problems).toContain(
    'Nobody agrees at onFailure/gate: nobody in vigie.yaml is in divers.',
  );
});
