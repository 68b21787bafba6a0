import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/config.ts';
import { KnownSecrets } from '../../src/core/known-secrets.ts';
import { logsSystems, metricsSystems, type SystemName } from '../../src/core/system-names.ts';
import { Exit } from '../../src/pipeline/exit.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { notConfigured } from '../../src/toolkit/not-configured.ts';
import { place, temporaryFolder } from '../config/temporary-folder.ts';

const systems: readonly (SystemName | 'rules')[] = [
  ...metricsSystems,
  ...logsSystems,
  'rules',
  'data',
  'backups',
];

describe.each(systems)('the lines that would name %s', system => {
  test('come out of a call as they are written, and vigie.yaml takes them', async () => {
    const error = notConfigured('prod', system);
    const exit = new Exit({
      known: new KnownSecrets(),
      budgetBytes: 40_000,
      log: createLogger('error', () => undefined),
    });
    const { data, text } = exit.failed(error);
    expect(data['hint']).toBe(error.hint);
    expect(text).toContain(`\n${error.hint}`);

    const [, lines = ''] =
      /^Under environments\.prod in vigie\.yaml: (.*?\})(?:\.|, or )/.exec(error.hint ?? '') ?? [];
    const sections = lines.split('; ').map(line => `    ${line}\n`);
    const folder = await temporaryFolder();
    const kube = system === 'rules' || system === 'loki' ? '    kube: {context: prod}\n' : '';
    const file = await place(
      join(folder, 'vigie.yaml'),
      `environments:\n  prod:\n${kube}${sections.join('')}`,
    );
    const config = await loadConfig({ file, env: { HOME: folder }, systemFolder: join(folder, 'etc') });
    expect(Object.keys(config.environments[0]?.integrations ?? {})).toHaveLength(1);
  });
});
