import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, type RealServer, startProgram } from './start-program.ts';

/**
 * Starts a real Prometheus. `samples`: its history, as OpenMetrics text with times; `rules`: a rule file; `scrape`: jobs
 * with their targets, each second; `alertmanager`: where alerts go, as host and port; `rulesFolder`: rule files of others;
 * `lifecycle`: false where nobody may have it reload.
 */
export async function startPrometheus({
  samples,
  rules,
  scrape = {},
  alertmanager,
  rulesFolder,
  lifecycle = true,
}: {
  samples?: string;
  rules?: string;
  scrape?: Readonly<Record<string, readonly string[]>>;
  alertmanager?: string;
  rulesFolder?: string;
  lifecycle?: boolean;
} = {}): Promise<RealServer> {
  const files = mkdtempSync(join(tmpdir(), 'vigie-prometheus-'));
  const rulesFile = join(files, 'rules.yml');
  if (rules !== undefined) writeFileSync(rulesFile, rules);
  const port = await freePort();
  const config = {
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    rule_files: [
      ...(rules === undefined ? [] : [rulesFile]),
      ...(rulesFolder === undefined ? [] : [join(rulesFolder, '*.yml')]),
    ],
    ...(alertmanager === undefined
      ? {}
      : { alerting: { alertmanagers: [{ static_configs: [{ targets: [alertmanager] }] }] } }),
    scrape_configs: Object.entries(scrape).map(([job, targets]) => ({
      job_name: job,
      // `self` is this Prometheus.
      static_configs: [{ targets: targets.map(each => (each === 'self' ? `127.0.0.1:${port}` : each)) }],
    })),
  };
  const configFile = join(files, 'prometheus.yml');
  // JSON is YAML.
  writeFileSync(configFile, JSON.stringify(config));
  const data = join(files, 'data');
  if (samples !== undefined) {
    const samplesFile = join(files, 'samples.om');
    writeFileSync(samplesFile, samples);
    execFileSync('promtool', ['tsdb', 'create-blocks-from', 'openmetrics', '-q', samplesFile, data]);
  }
  const server = await startProgram('prometheus', {
    port,
    ready: '/-/ready',
    argv: () => [
      `--config.file=${configFile}`,
      `--storage.tsdb.path=${data}`,
      // What a test wrote into the past is not old.
      '--storage.tsdb.retention.time=10y',
      `--web.listen-address=127.0.0.1:${port}`,
      ...(lifecycle ? ['--web.enable-lifecycle'] : []),
      '--web.enable-admin-api',
      '--log.level=warn',
    ],
  });
  return {
    ...server,
    async close() {
      await server.close();
      rmSync(files, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
