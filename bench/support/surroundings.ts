import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Program } from './install-peers.ts';
import type { Bench } from './measurement.ts';

/** A kubeconfig in a home of its own, so that no program under test meets the files of whoever runs this. */
export interface Home {
  dir: string;
  kubeconfig: string;
  /** Its one context. */
  context: string;
  env: Readonly<Record<string, string>>;
}

/** The same surroundings for every program; `kubeconfig` is its text, with one context that is the current one. */
export function makeHome(bench: Bench, kubeconfig: string): Home {
  const dir = mkdtempSync(join(bench.dir, 'home-'));
  const file = join(dir, 'kubeconfig');
  writeFileSync(file, kubeconfig, { mode: 0o600 });
  const config = join(dir, 'config');
  mkdirSync(config, { mode: 0o700 });
  const context = /^current-context: *"?([^"\n]+)"?/m.exec(kubeconfig)?.[1] ?? '';
  writeFileSync(join(config, 'vigie.yaml'), vigieYaml(file, context), { mode: 0o600 });
  return {
    dir,
    kubeconfig: file,
    context,
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: dir,
      KUBECONFIG: file,
      TMPDIR: newTemporary(dir),
      VIGIE_CONFIG: join(config, 'vigie.yaml'),
      VIGIE_HOME: join(dir, 'data'),
    },
  };
}

/** A temporary folder that nobody used: Node keeps compiled code in it, so a new one is a cold start. */
export function newTemporary(dir: string): string {
  return mkdtempSync(join(dir, 'tmp-'));
}

export function product(bench: Bench, label = 'vigie'): Program {
  return { label, command: [process.execPath, bench.main, 'serve', '--stdio'] };
}

function vigieYaml(file: string, context: string): string {
  return `environments:
  bench:
    kube: {context: ${context}, kubeconfig: ${file}, insecureSkipTlsVerify: true}
`;
}
