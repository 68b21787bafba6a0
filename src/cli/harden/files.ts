import type { EnvironmentConfig } from '../../config/environment-config.ts';
import { VigieError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { trusted } from '../../core/trusted-text.ts';
import { accountObjects, accountsNamespace, agentAccount, vigieAccount } from './accounts.ts';
import { clusterEntry, kubeconfigOf } from './kubeconfig.ts';

/** One thing to look at and to put somewhere. */
export interface HardenFile {
  name: string;
  /** One line for people, printed above it. */
  what: string;
  text: string;
}

/** What a client should not do beside Vigie. Nothing enforces it: the client itself reads the list. */
const clientRules = {
  permissions: {
    deny: [
      'Bash(kubectl:*)',
      'Bash(helm:*)',
      'Bash(vigie approve:*)',
      'Bash(vigie approvers:*)',
      'Bash(vigie policy:*)',
      'Read(~/.kube/**)',
    ],
  },
};

/** Everything that narrows one environment from outside of Vigie. @throws VigieError INVALID_INPUT for one that cannot be */
export async function hardenFiles(
  environment: EnvironmentConfig,
  around: { env: NodeJS.ProcessEnv; note: (text: string) => void },
): Promise<HardenFile[]> {
  const { name, cluster, namespaces } = environment;
  if (cluster.kind === 'sandbox')
    throw new VigieError('INVALID_INPUT', `${name} is a simulated cluster: there is nothing to harden.`, {
      hint: 'Name an environment with a kube context: vigie init --harden -e ENV',
    });
  if (namespaces?.includes(accountsNamespace) === true)
    throw new VigieError(
      'INVALID_INPUT',
      `${name} covers ${accountsNamespace}: a pod that is let in there could run as Vigie's own account.`,
      { hint: trusted`Take ${accountsNamespace} out of kube.namespaces of ${name} in vigie.yaml.` },
    );
  if (cluster.kind === 'none')
    throw new VigieError('INVALID_INPUT', `${name} has no cluster: there is nothing to harden.`, {
      hint: 'Name an environment with a kube context: vigie init --harden -e ENV',
    });
  const entry = await clusterEntry(cluster, around);
  const kubeconfig = (account: string) =>
    kubeconfigOf({ environment: name, account, cluster: entry, namespace: namespaces?.[0] });
  return [
    {
      name: 'rbac.yaml',
      what: 'accounts and roles for Vigie and for the agent',
      text: (await Promise.all(accountObjects(environment).map(yamlOf))).join('---\n'),
    },
    {
      name: 'vigie.kubeconfig',
      what: 'for Vigie alone, where the agent cannot read it',
      text: await yamlOf(kubeconfig(vigieAccount(name))),
    },
    {
      name: 'agent.kubeconfig',
      what: 'for the agent: it reads, and no Secrets',
      text: await yamlOf(kubeconfig(agentAccount(name))),
    },
    {
      name: 'claude-settings.json',
      what: 'deny rules for Claude Code (cooperative: a client may ignore them)',
      text: `${JSON.stringify(clientRules, null, 2)}\n`,
    },
  ];
}

/** YAML with lists of plain values on one line, as people write roles. */
async function yamlOf(value: JsonObject): Promise<string> {
  const { Document, isScalar, visit } = await import('yaml');
  const document = new Document(value, { aliasDuplicateObjects: false });
  visit(document, {
    Seq: (_key, list) => {
      if (list.items.every(isScalar)) list.flow = true;
    },
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}
