import { expect, test } from 'vitest';
import { watchedText } from '../../../src/cli/tool-command/diagnosis.ts';

const finding = {
  code: 'SERVICE_SELECTS_NOTHING',
  severity: 'critical',
  object: { kind: 'Service', name: 'web', namespace: 'shop' },
  summary: 'selects labels that nothing has',
  evidence: ['spec.selector: {"app":"wbe"}'],
  confidence: 'certain',
  fixes: [
    {
      tool: 'k8s_scale',
      arguments: { target: { kind: 'Deployment', name: 'web', namespace: 'shop' }, replicas: 2 },
      does: 'Scale it',
    },
  ],
};

test('what appears in a watch is told with its evidence and its fix as a command', () => {
  expect(watchedText(JSON.stringify({ appeared: finding }))).toBe(
    [
      '+ CRITICAL SERVICE_SELECTS_NOTHING Service/web in shop: selects labels that nothing has',
      '  - spec.selector: {"app":"wbe"}',
      '  fix: vigie k8s scale deployment/web --replicas 2 -n shop',
      '       Scale it',
    ].join('\n'),
  );
});

test('what clears, and what cannot be watched, is a line', () => {
  const { code, object } = finding;
  expect(watchedText(JSON.stringify({ cleared: { code, object } }))).toBe(
    '- SERVICE_SELECTS_NOTHING Service/web in shop cleared',
  );
  expect(watchedText(JSON.stringify({ notWatched: 'Pods: no' }))).toBe('! Pods: no');
});

test('a line that is no such object is left as it is', () => {
  for (const line of ['{"appeared":', '{"other":1}', 'plain']) expect(watchedText(line)).toBe(line);
});
