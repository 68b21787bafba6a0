import { isLetInto } from '../config/separation/gather-facts.ts';
import { VigieError } from '../core/errors.ts';
import type { ProvenCaller } from '../desk/wire/caller-proof.ts';
import type { Vigie } from '../pipeline/vigie.ts';
import type { Refusals } from './refusals.ts';

// The folder of the approvers' socket lets in whoever has its group, and a process can have a group that its account has
// not: systemd lends one (SupplementaryGroups=), so do containers (--group-add) and a group's password (sg). What an
// approval is worth is judged by accounts; so only an account that was judged may decide.

/** Each look runs a few programs: somebody who tries again and again starts no more. */
const refusedMs = 5_000;
/** More logins than a machine has people; beyond, none is remembered, and each is refused all the same. */
const mostStrays = 1_000;

/** Lets in at the approvers' socket only accounts that the system's databases let in there. */
export class ApproveGate {
  readonly #vigie: Vigie;
  readonly #folder: string;
  readonly #refusals: Refusals;
  readonly #strays: Set<string>;
  readonly #refusedAt = new Map<number, number>();

  /** `strays` is added to: what these ask for is advisory for as long as the daemon lives. */
  constructor(vigie: Vigie, at: { folder: string; strays: Set<string>; refusals: Refusals }) {
    this.#vigie = vigie;
    this.#folder = at.folder;
    this.#strays = at.strays;
    this.#refusals = at.refusals;
  }

  /** @throws VigieError APPROVER_SOCKET */
  async admit(caller: ProvenCaller): Promise<void> {
    // Neither could be kept out by a group.
    if (caller.uid === 0 || caller.uid === process.getuid?.()) return;
    const { worth } = await this.#vigie.inForce('read');
    if (worth.deciders.includes(caller.login)) return;
    const now = this.#vigie.now().getTime();
    const refused = this.#refusedAt.get(caller.uid);
    if (refused === undefined || Math.abs(now - refused) >= refusedMs) {
      // Who was let in a moment ago, the worth does not know yet. Where nobody can tell, everything here is advisory.
      if ((await isLetInto(this.#folder, caller)) !== false) return;
      if (this.#refusedAt.size >= mostStrays) this.#refusedAt.clear();
      this.#refusedAt.set(caller.uid, now);
    }
    if (this.#strays.size < mostStrays) this.#strays.add(caller.login);
    await this.#refusals.record(caller, 'to decide');
    throw new VigieError(
      'APPROVER_SOCKET',
      `${caller.login} is not among the accounts that may open the socket of approvers; its process came by a group that the account has not.`,
      {
        hint: 'Run the command without that group; or, for a person who decides, as root: usermod -aG vigie-approve LOGIN',
        details: { login: caller.login },
      },
    );
  }
}
