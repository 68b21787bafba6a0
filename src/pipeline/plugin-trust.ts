import type { MayRun } from '../clients/kube/exec-plugin.ts';
import type { PluginIdentity } from '../clients/kube/plugin-identity.ts';
import { type SignedStatement, signedText, statementIn } from '../core/approval.ts';
import { VigieError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import { type Trusted, trusted } from '../core/trusted-text.ts';
import { type AuditRow, beginning } from '../store/audit-row.ts';
import { faultOf } from './prove-signature.ts';
import { trustedApprovers } from './trusted-approvers.ts';
import type { Environment, Vigie } from './vigie.ts';

// A kubeconfig can name a command to log in with, and whoever can write that file can make Vigie run one. An approver
// signs which one an environment may run; the signed row of the audit is the record, and the newest of an environment
// counts. From then on no other runs there, not even for a read. Before that, a read runs what the kubeconfig says, as
// kubectl does; a change does not, since a person may sit next to it with a passphrase.

/** How an environment stands to its credential plugin. */
export type PluginTrust =
  | { state: 'none' }
  | { state: 'untrusted'; plugin: PluginIdentity }
  | { state: 'trusted'; plugin: PluginIdentity; by: string; at: string }
  /** Another one was trusted, or the signature does not count any more; `why` is a half sentence. */
  | { state: 'changed' | 'lapsed' | 'void'; plugin: PluginIdentity; why: string };

/** What this file needs of a Vigie. */
export type TrustSource = Pick<Vigie, 'approvers' | 'store' | 'now' | 'assurance'>;

/** A refusal of one plugin is recorded once in that time, however often it is met. */
const sameRefusalMs = 3_600_000;

/** Whether the plugin that an environment would run now is the one that was trusted. @throws VigieError CREDENTIAL_PLUGIN, KUBECONFIG */
export async function pluginTrustOf(vigie: TrustSource, environment: Environment): Promise<PluginTrust> {
  const plugin = await environment.plugin();
  if (plugin === undefined) return { state: 'none' };
  const pin = await pinOf(vigie, environment.view.name);
  if (pin === undefined) return { state: 'untrusted', plugin };
  if ('flaw' in pin) return { state: 'void', plugin, why: pin.flaw };
  if (pin.fingerprint !== plugin.fingerprint)
    return { state: 'changed', plugin, why: whyAnother(pin, plugin.fingerprint) };
  if (pin.lapsed !== undefined) return { state: 'lapsed', plugin, why: pin.lapsed };
  return { state: 'trusted', plugin, by: pin.by, at: pin.at };
}

/**
 * Before anything of a change reaches out: runs no plugin that nobody signed for. While there is no approver nobody can
 * sign, and nobody can approve either: a change may then be asked for, but not made.
 * @throws VigieError CREDENTIALS_CHANGED
 */
export async function refuseUntrustedPlugin(
  vigie: TrustSource,
  { environment, to }: { environment: Environment; to: 'propose' | 'execute' },
): Promise<void> {
  const trust = await pluginTrustOf(vigie, environment);
  if (trust.state === 'none' || trust.state === 'trusted') return;
  const { name } = environment.view;
  if (trust.state !== 'untrusted')
    return refuse(vigie, { environment: name, fingerprint: trust.plugin.fingerprint, why: trust.why });
  const { list } = await trustedApprovers(vigie);
  if (list.length === 0 && to === 'propose') return;
  const hint =
    list.length === 0 ? trusted`vigie approvers add NAME, then: vigie env trust ${name}` : undefined;
  const why = 'was never trusted, and no change runs one that was not';
  return refuse(vigie, { environment: name, fingerprint: trust.plugin.fingerprint, why, hint });
}

/** The question that an environment's connection asks before each run of its plugin. */
export function mayRunPlugin(vigie: TrustSource, environment: string): MayRun {
  return async fingerprint => {
    const pin = await pinOf(vigie, environment);
    if (pin === undefined) return;
    const found = await fingerprint();
    if ('flaw' in pin) return refuse(vigie, { environment, fingerprint: found, why: pin.flaw });
    if (pin.fingerprint === found) return;
    return refuse(vigie, { environment, fingerprint: found, why: whyAnother(pin, found) });
  };
}

/** The hash that a statement which trusts a plugin has to name. */
export async function trustToFollow(vigie: Pick<Vigie, 'store'>, environment: string): Promise<string> {
  const { audit } = await vigie.store();
  const [newest] = await audit.list({ events: ['env_trusted'], environment, limit: 1 });
  return newest?.hash ?? beginning;
}

/** What the newest row of an environment pins: by whom, and whether that person could still sign. */
interface Pin {
  fingerprint: string;
  by: string;
  at: string;
  lapsed: string | undefined;
}

function whyAnother(pin: Pin, found: string): string {
  const [setup, file] = pin.fingerprint.split(':');
  const [foundSetup, foundFile] = found.split(':');
  const others = [
    ...(setup === foundSetup ? [] : ['command, arguments, a file among them, variables or interpreter']),
    ...(file === foundFile ? [] : ['file']),
  ];
  return `is not the one that ${pin.by} trusted at ${pin.at} (other ${others.join(', and other ')})`;
}

async function pinOf(vigie: TrustSource, environment: string): Promise<Pin | { flaw: string } | undefined> {
  const { audit } = await vigie.store();
  const [newest, before] = await audit.list({ events: ['env_trusted'], environment, limit: 2 });
  if (newest === undefined) return undefined;
  const signed = statementIn(newest.facts);
  const unfit = whyUnfit(newest, { signed, environment, follows: before?.hash ?? beginning });
  // A row that does not count must not free the plugin from an earlier one: then none runs.
  if (signed?.statement.act !== 'env-trust' || unfit !== undefined)
    return { flaw: `cannot be checked: row ${newest.sequence} of the audit ${unfit ?? 'is not signed'}` };
  const { statement, signature, publicKey } = signed;
  try {
    const approvers = await trustedApprovers(vigie);
    const said = {
      person: statement.approver,
      text: signedText('statement', statement),
      signature,
      publicKey,
    };
    const flaw = faultOf(said, { approvers, at: newest.at });
    if (flaw !== undefined) return { flaw: `cannot be checked: row ${newest.sequence} of the audit ${flaw}` };
    return {
      fingerprint: statement.fingerprint,
      by: statement.approver,
      at: newest.at,
      lapsed:
        faultOf(said, { approvers }) === undefined
          ? undefined
          : `was trusted by ${statement.approver}, who is no approver any more`,
    };
  } catch (error) {
    if (error instanceof VigieError && ['BAD_SIGNATURE', 'INVALID_CONFIG'].includes(error.code))
      return { flaw: `cannot be checked: ${error.message}` };
    throw error;
  }
}

function whyUnfit(
  row: AuditRow,
  at: { signed: SignedStatement | undefined; environment: string; follows: string },
): string | undefined {
  const statement = at.signed?.statement;
  if (statement?.act !== 'env-trust') return 'is not signed';
  if (statement.environment !== at.environment || row.environment !== at.environment)
    return 'was signed for another environment';
  return statement.follows === at.follows ? undefined : 'was signed for another place in the audit';
}

async function refuse(
  vigie: TrustSource,
  refused: { environment: string; fingerprint: string; why: string; hint?: Trusted | undefined },
): Promise<never> {
  const { environment, fingerprint, why } = refused;
  await recordRefusal(vigie, { environment, facts: { fingerprint, why } });
  throw new VigieError(
    'CREDENTIALS_CHANGED',
    `The credential plugin of environment ${environment} was not run: it ${why}.`,
    {
      hint:
        refused.hint ??
        trusted`Look at what it would run, and trust it only if that is yours: vigie env trust ${environment}`,
      details: { environment, fingerprint },
    },
  );
}

async function recordRefusal(
  vigie: TrustSource,
  { environment, facts }: { environment: string; facts: { fingerprint: string; why: string } },
): Promise<void> {
  const { audit } = await vigie.store();
  const [last] = await audit.list({ events: ['credentials_refused'], environment, limit: 1 });
  const known =
    last !== undefined &&
    isSame(last.facts, facts) &&
    vigie.now().getTime() - Date.parse(last.at) < sameRefusalMs;
  if (known) return;
  await audit.append({
    event: 'credentials_refused',
    environment,
    facts: { assurance: vigie.assurance, ...facts },
  });
}

function isSame(recorded: JsonObject, facts: { fingerprint: string; why: string }): boolean {
  return recorded['fingerprint'] === facts.fingerprint && recorded['why'] === facts.why;
}
