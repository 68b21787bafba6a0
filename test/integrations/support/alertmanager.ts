import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RealServer, startProgram } from './start-program.ts';

/** Starts a real Alertmanager; `inhibit`: its rules of what mutes what; `webhook`: whom it tells. Absent: nobody. */
export async function startAlertmanager({
  inhibit = [],
  webhook,
}: {
  inhibit?: readonly Record<string, readonly string[]>[];
  webhook?: { url: string; token: string };
} = {}): Promise<RealServer> {
  const files = mkdtempSync(join(tmpdir(), 'vigie-alertmanager-'));
  const configFile = join(files, 'alertmanager.yml');
  const config = {
    route: { receiver: 'nobody', group_wait: '0s', group_interval: '1s' },
    receivers: [{ name: 'nobody', ...(webhook === undefined ? {} : { webhook_configs: [toldAt(webhook)] }) }],
    inhibit_rules: inhibit,
  };
  writeFileSync(configFile, JSON.stringify(config));
  const server = await startProgram('prometheus-alertmanager', {
    ready: '/-/ready',
    argv: ({ port, dir }) => [
      `--config.file=${configFile}`,
      `--storage.path=${dir}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--cluster.listen-address=',
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

function toldAt({ url, token }: { url: string; token: string }): Record<string, unknown> {
  return { url, http_config: { authorization: { credentials: token } } };
}
