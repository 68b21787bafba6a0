import { dirname } from 'node:path';
import type { PluginIdentity } from '../../clients/kube/plugin-identity.ts';
import { VigieError } from '../../core/errors.ts';
import { trusted } from '../../core/trusted-text.ts';
import { environmentOf } from '../../pipeline/look-up.ts';
import { type PluginTrust, pluginTrustOf, trustToFollow } from '../../pipeline/plugin-trust.ts';
import { spell } from '../../pipeline/screen.ts';
import type { Act } from './act.ts';

/** Trusts the credential plugin that an environment would run now; no other runs there from then on. */
export const envTrust: Act = {
  act: 'env-trust',
  async prepare(vigie, asked) {
    if (asked.act !== 'env-trust') throw new Error(`env-trust was asked for ${asked.act}`);
    const { environment: name } = asked;
    const trust = await pluginTrustOf(vigie, environmentOf(vigie, { environment: name }));
    if (trust.state === 'none')
      throw new VigieError(
        'CONFLICT',
        `Environment ${name} runs no credential plugin: there is none to trust.`,
        {
          hint: 'See `vigie env list`.',
        },
      );
    const { plugin } = trust;
    return {
      content: {
        act: 'env-trust',
        environment: name,
        fingerprint: plugin.fingerprint,
        follows: await trustToFollow(vigie, name),
      },
      shows: [
        `To log in to the cluster of ${name}, Vigie would run:`,
        ...factsOf(plugin).map(line => `  ${line}`),
        standing(trust),
      ],
    };
  },
  async commit(vigie, { signed, facts }) {
    const { statement } = signed;
    if (statement.act !== 'env-trust') throw new Error(`env-trust was given ${statement.act}`);
    const { environment, fingerprint, approver } = statement;
    const now = await environmentOf(vigie, { environment }).plugin();
    if (now?.fingerprint !== fingerprint)
      throw new VigieError(
        'CONFLICT',
        `The credential plugin of ${environment} is not the one that was signed.`,
        {
          hint: trusted`Look at it again: vigie env trust ${environment}`,
        },
      );
    const { settings } = await vigie.store();
    await settings.setTrustedPlugin({ environment, signed, audit: { event: 'env_trusted', facts } });
    return `Trusted by ${approver}: the credential plugin of ${environment}, and no other.`;
  },
};

/** What a person judges it by: whole, and spelled out, since the kubeconfig chose every word. */
function factsOf(plugin: PluginIdentity): string[] {
  const { command, args, envNames, path, fileHash, given } = plugin;
  return [
    `command    ${spell(JSON.stringify(command))}`,
    `arguments  ${args.length === 0 ? '(none)' : args.map(arg => spell(JSON.stringify(arg))).join(' ')}`,
    `variables  ${envNames.length === 0 ? '(none)' : `${envNames.map(spell).join(', ')} (their values are trusted too)`}`,
    `file       ${spell(path)}`,
    `SHA-256    ${fileHash}`,
    ...given.flatMap(file => [`given      ${spell(file.path)}`, `SHA-256    ${file.hash}`]),
    ...scriptFacts(plugin),
  ];
}

/** What a signature does not hold fast of a script. */
function scriptFacts({ interpreter, path }: PluginIdentity): string[] {
  if (interpreter === undefined) return [];
  const { line, path: found } = interpreter;
  return [
    `script     started by ${spell(line)}${found === undefined ? '' : `, now ${spell(found)}`}`,
    `NOT held   the interpreter and what it loads; whoever may write ${spell(dirname(path))} can swap the script as it starts`,
  ];
}

function standing(trust: Exclude<PluginTrust, { state: 'none' }>): string {
  switch (trust.state) {
    case 'untrusted':
      return 'None was trusted for it before.';
    case 'trusted':
      return `It is trusted already, by ${trust.by} since ${trust.at}.`;
    case 'changed':
    case 'lapsed':
    case 'void':
      return `It ${trust.why}.`;
  }
}
