import { access, mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { EnvironmentConfig } from '../../config/environment-config.ts';
import { VigieError } from '../../core/errors.ts';
import { trusted } from '../../core/trusted-text.ts';
import type { CommonOptions, Session } from '../session.ts';
import { writeNew } from '../write-new.ts';
import { accountsNamespace, agentAccount, vigieAccount } from './accounts.ts';
import { type HardenFile, hardenFiles } from './files.ts';

export interface HardenOptions extends CommonOptions {
  environment?: string;
  outputDir?: string;
}

/** Prints what narrows an environment from outside, or writes it into a folder, over nothing that is there. */
export async function harden(session: Session, options: HardenOptions): Promise<void> {
  const { terminal } = session;
  const { environments } = await session.config(options);
  const environment = chosen(environments, options.environment);
  const files = await hardenFiles(environment, {
    env: terminal.env,
    note: text => terminal.note(text),
  });
  if (options.outputDir === undefined)
    for (const { name, what, text } of files) await terminal.write(`# ${name}: ${what}\n${text}\n`);
  else await writeAll(session, { folder: resolve(options.outputDir), files });
  await terminal.write(nextSteps(environment));
}

function chosen(environments: readonly EnvironmentConfig[], wanted: string | undefined): EnvironmentConfig {
  const [only, ...others] = environments;
  const found =
    wanted === undefined && others.length === 0 ? only : environments.find(each => each.name === wanted);
  if (found !== undefined) return found;
  const names = environments.map(each => each.name);
  throw new VigieError(
    'UNKNOWN_ENVIRONMENT',
    wanted === undefined ? 'Name the environment to harden.' : `There is no environment ${wanted}.`,
    { hint: trusted`Environments: ${names}. vigie init --harden -e ENV` },
  );
}

async function writeAll(
  { terminal }: Session,
  { folder, files }: { folder: string; files: readonly HardenFile[] },
): Promise<void> {
  const hint = trusted`Name an empty folder: vigie init --harden -o DIR`;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // All or none: half a set beside an older half would look whole.
  for (const { name } of files) {
    const there = await access(join(folder, name)).then(
      () => true,
      () => false,
    );
    if (there)
      throw new VigieError(
        'ALREADY_EXISTS',
        `${join(folder, name)} exists, and vigie init never overwrites a file.`,
        { hint },
      );
  }
  for (const { name, what, text } of files) {
    await writeNew(join(folder, name), { text, hint });
    await terminal.write(`Wrote ${join(folder, name)}: ${what}\n`);
  }
  await terminal.write('\n');
}

function nextSteps({ name, namespaces }: EnvironmentConfig): string {
  const token = (account: string, duration: string) =>
    `       kubectl create token ${account} -n ${accountsNamespace} --duration=${duration}\n`;
  return (
    'Next, as somebody who may give rights in this cluster:\n' +
    '  1. Read rbac.yaml, then: kubectl apply -f rbac.yaml\n' +
    '  2. Vigie makes no credentials. Make each token, and put it into its kubeconfig:\n' +
    token(vigieAccount(name), '8h') +
    token(agentAccount(name), '8h') +
    `  3. Let kube.kubeconfig of ${name} in vigie.yaml name vigie.kubeconfig, and its context be ${name}.\n` +
    '  4. Start the agent with KUBECONFIG=agent.kubeconfig, and without any other way to this cluster.\n' +
    '  5. Merge claude-settings.json into the settings of Claude Code (cooperative: a client may ignore them).\n' +
    `  6. vigie doctor\n${
      namespaces === undefined
        ? `\n${name} names no namespaces, so these rights hold in all of them, kube-system too. Name its namespaces in\nvigie.yaml (kube.namespaces) to have a role for each instead.\n`
        : ''
    }`
  );
}
