import type { JournalPlace } from './clients/witness/journal.ts';
import type { Witness } from './clients/witness/witness.ts';
import type { WitnessConfig } from './config/witness-config.ts';
import { hmacHex } from './core/digest.ts';
import type { Keys } from './core/keys.ts';

/** Digits of an installation's id: two that share a witness will not have the same. */
const idDigits = 16;

interface Around {
  keys: () => Promise<Keys>;
  env: NodeJS.ProcessEnv;
  /** Absent: this machine's. */
  journal?: JournalPlace;
  /** Where several share a store: of which machine a witness is that no other one reaches. Absent: nobody else tells one. */
  machine?: string;
}

/** The witnesses that are configured, and the journal where this machine has one; the same ones as long as the configuration is the same. */
export function witnessSource(around: Around): (configured: WitnessConfig) => Promise<Witness[]> {
  let known: { of: WitnessConfig; witnesses: Witness[] } | undefined;
  return async configured => {
    if (known?.of !== configured)
      known = { of: configured, witnesses: await makeWitnesses(configured, around) };
    return known.witnesses;
  };
}

async function makeWitnesses(configured: WitnessConfig, around: Around): Promise<Witness[]> {
  const { env } = around;
  const installation = installationOf(await around.keys());
  const { journal, git, https } = configured;
  // What each was told stands in the store by its name.
  const local = (witness: Witness): Witness =>
    around.machine === undefined ? witness : { ...witness, name: `${witness.name} on ${around.machine}` };
  const found: Witness[] = [];
  if (git !== undefined) {
    const { gitWitness } = await import('./clients/witness/git.ts');
    found.push(local(gitWitness({ path: git, installation, env })));
  }
  if (https !== undefined) {
    const { url, token, caFile } = https;
    const { httpsWitness } = await import('./clients/witness/https.ts');
    const { resolveSecret } = await import('./config/secrets.ts');
    found.push(
      httpsWitness({
        url,
        installation,
        ...(caFile === undefined ? {} : { caFile }),
        ...(token === undefined ? {} : { token: () => resolveSecret(token, env) }),
      }),
    );
  }
  if (journal !== false) {
    const { journalWitness, systemJournal } = await import('./clients/witness/journal.ts');
    const witness = await journalWitness({ place: around.journal ?? systemJournal, installation, env });
    if (witness !== undefined) found.push(local(witness));
  }
  return found;
}

/** By what witnesses tell installations apart: made from the key and no secret, and the same when the store is made anew. */
function installationOf(keys: Keys): string {
  return hmacHex(keys.digest, 'which installation this is, for witnesses').slice(0, idDigits);
}
