import { expect, test } from 'vitest';
import { startRehearsals } from './rehearsal-of.ts';

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
