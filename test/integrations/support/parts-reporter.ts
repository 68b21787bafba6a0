import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Reporter, TestModule } from 'vitest/node';
import { postgresPrograms } from './postgres.ts';

interface Part {
  name: string;
  program: string;
  /** What it is asked for its version with. */
  asks: string;
}

const postgres = postgresPrograms();

const parts: readonly Part[] = [
  { name: 'Prometheus', program: 'prometheus', asks: '--version' },
  { name: 'Alertmanager', program: 'prometheus-alertmanager', asks: '--version' },
  { name: 'VictoriaMetrics', program: 'victoria-metrics', asks: '--version' },
  { name: 'node-exporter', program: 'prometheus-node-exporter', asks: '--version' },
  {
    name: 'PostgreSQL',
    program: postgres === undefined ? 'postgres' : join(postgres, 'postgres'),
    asks: '--version',
  },
  { name: 'Redis', program: 'redis-server', asks: '--version' },
  { name: 'restic', program: 'restic', asks: 'version' },
  { name: 'rclone', program: 'rclone', asks: 'version' },
  { name: 'age', program: 'age', asks: '--version' },
  { name: 'moto (S3)', program: 'moto_server', asks: '--version' },
  { name: 's3rver (S3)', program: 's3rver', asks: '--version' },
];

/** Says after the run which real parts there were, which were missing, and what was skipped: a skip must not pass for a success. */
export default class PartsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const looked = parts.map(part => ({ part, version: versionOf(part) }));
    const found = looked.flatMap(({ part, version }) =>
      version === undefined ? [] : [`${part.name} ${version}`.trim()],
    );
    const missing = looked.flatMap(({ part, version }) => (version === undefined ? [part.name] : []));
    const skipped = modules.flatMap(module => {
      const count = [...module.children.allTests('skipped')].length;
      return count === 0 ? [] : [`${module.relativeModuleId} (${count})`];
    });
    process.stdout.write(
      [
        '',
        `Real parts: ${found.join(', ') || 'none'}`,
        `Missing:    ${missing.join(', ') || 'none'}`,
        `Skipped:    ${skipped.join(', ') || 'nothing'}`,
        '',
      ].join('\n'),
    );
  }
}

/** Undefined: it is not installed. */
function versionOf({ program, asks }: Part): string | undefined {
  const ran = spawnSync(program, [asks], { encoding: 'utf8', timeout: 20_000 });
  if (ran.error !== undefined) return undefined;
  return /\d+(?:\.\d+)+/.exec(`${ran.stdout}${ran.stderr}`)?.[0] ?? '';
}
