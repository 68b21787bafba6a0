import type { ProvenCaller } from '../desk/wire/caller-proof.ts';
import type { SocketKind } from '../desk/wire/trusted-socket.ts';
import { auditFacts } from '../pipeline/audit-facts.ts';
import type { Vigie } from '../pipeline/vigie.ts';

/** One row a minute says as much as a thousand, and fills no disk. */
const rowMs = 60_000;

/** Records who was refused at a socket: at the agents', what only approvers may do; at the approvers', everything. */
export class Refusals {
  readonly #vigie: Vigie;
  readonly #socket: SocketKind;
  #recordedAt = Number.NEGATIVE_INFINITY;
  #unrecorded = 0;

  constructor(vigie: Vigie, socket: SocketKind) {
    this.#vigie = vigie;
    this.#socket = socket;
  }

  /** The first of a minute is a row; how many there were since the row before, the next one says. */
  async record(caller: ProvenCaller, method: string): Promise<void> {
    const now = this.#vigie.now().getTime();
    if (Math.abs(now - this.#recordedAt) < rowMs) {
      this.#unrecorded += 1;
      return;
    }
    const before = this.#unrecorded;
    this.#recordedAt = now;
    this.#unrecorded = 0;
    const { login, uid } = caller;
    const facts = await auditFacts(this.#vigie, {
      actor: { kind: 'person', name: login, via: 'cli', onBehalfOf: login },
      more: { asked: method, socket: this.#socket, uid, ...(before === 0 ? {} : { alsoSinceThen: before }) },
    });
    await (await this.#vigie.store()).audit.append({ event: 'refused', facts });
  }
}
