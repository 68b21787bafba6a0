import { mayGoAgain } from '../core/gate.ts';
import { isObject, type JsonObject, textOf } from '../core/json.ts';
import { type AuditEvent, type AuditRow, endEvents } from '../store/audit-row.ts';

const endsGate: ReadonlySet<AuditEvent> = new Set(['voided', 'expired', 'rejected']);
const endsChange: ReadonlySet<AuditEvent> = new Set(endEvents);

/** What the audit's rows, gone through in their order, say of gates and of what went under them. */
export class GateProof {
  readonly #over = new Set<string>();
  /** By ticket and step, what went under it last. */
  readonly #uses = new Map<string, string>();
  /** Of what went under a gate, how it ended. */
  readonly #ends = new Map<string, JsonObject[]>();

  /** Of a row that tells of a start: what is wrong with the gate it names. Undefined: nothing, or it names none. */
  flawOf({ facts }: AuditRow): string | undefined {
    const use = useIn(facts);
    if (use === undefined) return undefined;
    if (use.tickets.some(ticket => this.#over.has(ticket))) return 'went under a gate that was over';
    const before = use.tickets.flatMap(ticket => this.#uses.get(keyOf(ticket, use.step)) ?? []);
    return before.every(change => mayGoAgain(this.#ends.get(change) ?? []))
      ? undefined
      : 'went under a gate that was used for it before';
  }

  /** Takes in a row. */
  pass({ event, changeId = '', facts }: AuditRow): void {
    if (endsGate.has(event)) this.#over.add(changeId);
    if (endsChange.has(event)) this.#ends.get(changeId)?.push(facts);
    const use = event === 'started' ? useIn(facts) : undefined;
    if (use === undefined) return;
    this.#ends.set(changeId, []);
    for (const ticket of use.tickets) this.#uses.set(keyOf(ticket, use.step), changeId);
  }
}

function keyOf(ticket: string, step: string): string {
  return `${ticket} ${step}`;
}

function useIn(facts: AuditRow['facts']): { step: string; tickets: string[] } | undefined {
  const { standing } = facts;
  if (!isObject(standing) || textOf(standing, 'step') === '') return undefined;
  const seats = Array.isArray(standing['seats']) ? standing['seats'] : [];
  return {
    step: textOf(standing, 'step'),
    tickets: [textOf(standing, 'change'), ...seats.map(seat => textOf(seat, 'change'))],
  };
}
