import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Server } from '../ask.ts';
import { maskedText } from '../comparable.ts';
import { type Between, type Exchange, standBetween } from './between.ts';
import type { Script } from './scripts.ts';

/** What one line of a script printed, without what differs from run to run. */
export interface Printed {
  line: string;
  status: number;
  out: string;
  error: string;
}

/** Longer than any line takes on a busy machine. */
const lineMs = 120_000;

/** Runs a script with one kubectl on a server, in a folder and with a cache of its own. */
export async function runScript(
  script: Script,
  { kubectl, server }: { kubectl: string; server: Server },
): Promise<{ printed: Printed[]; exchanges: Exchange[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'vigie-kubectl-'));
  const between = await standBetween(server);
  try {
    writeFileSync(join(folder, 'config'), kubeconfig(between, script.script), { mode: 0o600 });
    for (const [name, text] of Object.entries(script.files ?? {})) writeFileSync(join(folder, name), text);
    const printed: Printed[] = [];
    for (const line of script.lines) printed.push(await runLine(line, { kubectl, folder, url: between.url }));
    return { printed, exchanges: between.exchanges };
  } finally {
    await between.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function runLine(
  line: string,
  { kubectl, folder, url }: { kubectl: string; folder: string; url: string },
): Promise<Printed> {
  const env = {
    PATH: process.env['PATH'],
    HOME: folder,
    KUBECONFIG: join(folder, 'config'),
    KUBECACHEDIR: join(folder, 'cache'),
    KUBE_EDITOR: 'sed -i s/before/after/',
    TMPDIR: folder,
  };
  return new Promise(resolve => {
    const child = execFile(
      kubectl,
      wordsOf(line),
      { cwd: folder, timeout: lineMs, env },
      (failed, out, error) => {
        const status = failed === null ? 0 : typeof failed.code === 'number' ? failed.code : -1;
        const shown = (text: string): string =>
          maskedOutput(text.replaceAll(url, 'SERVER').replaceAll(folder, 'FOLDER'));
        resolve({ line, status, out: shown(out), error: shown(error) });
      },
    );
    child.stdin?.end();
  });
}

/** Words between spaces; what stands in single quotes is one. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/(?:[^\s']+|'[^']*')+/g)].map(([word]) => word.replaceAll("'", ''));
}

function kubeconfig({ url }: Between, namespace: string): string {
  return `apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "${url}"}}]
contexts: [{name: c, context: {cluster: c, namespace: ${namespace}}}]
current-context: c
`;
}

/** Widths of columns follow from ages and addresses, so that runs of spaces count as one. */
function maskedOutput(text: string): string {
  return maskedText(text)
    .replaceAll(/[EIW]\d{4} [\d:.]+ +\d+ /g, 'LOG ')
    .replaceAll(/resourceVersion"?: "\d+"/g, 'resourceVersion: VERSION')
    .replaceAll(/\w{3}, \d\d \w{3} \d{4} [\d:]+ [+-]\d{4}/g, 'DATE')
    .replaceAll(/\d{4}-\d\d-\d\d [\d:.]+ [+-]\d{4}( \w+)?/g, 'DATE')
    .replaceAll(/(LIVE|MERGED)-\d+/g, '$1')
    .replaceAll(/\b3[0-2]\d{3}\b/g, 'PORT')
    .replaceAll(/(?<=^|\s)(\d+[smhdy])+(?=\s|$)/gm, 'AGE')
    .replaceAll(/ {2,}/g, '  ')
    .replaceAll(/[ \t]+$/gm, '');
}
