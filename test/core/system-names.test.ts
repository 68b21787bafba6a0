import { expect, test } from 'vitest';
import { integrationKeys } from '../../src/config/integrations/integrations.ts';
import { logsSection } from '../../src/config/integrations/logs.ts';
import { metricsSection } from '../../src/config/integrations/metrics.ts';
import { integrationNames, logsSystems, metricsSystems } from '../../src/core/system-names.ts';

test.each([
  ['metrics', metricsSection.shape, metricsSystems],
  ['logs', logsSection.shape, logsSystems],
])('every endpoint of %s is one of its systems, and every system an endpoint', (_section, shape, systems) => {
  const endpoints = Object.entries(shape).filter(
    ([, schema]) => schema.safeParse('https://a.example.com').success,
  );
  expect(endpoints.map(([key]) => key)).toEqual(systems);
});

test('a configuration that speaks of any family is read for it', () => {
  expect(integrationNames).toEqual(expect.arrayContaining(Object.keys(integrationKeys)));
});
