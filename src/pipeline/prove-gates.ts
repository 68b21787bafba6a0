import { isObject, textOf } from '../core/json.ts';
import type { AuditEvent, AuditRow } from '../store/audit-row.ts';

const endsGate: ReadonlySet<AuditEvent> = new Set(['voided', 'expired', 'rejected']);
const endsChange: ReadonlySet<AuditEvent> = new Set(['finished', 'returned', 'recovered']);
/** After these the same step may go under its gate once more. */
const mayBeRepeated: readonly string[] = ['failed', 'returned', 'unverified'];

/** What the audit's rows, gone through in their order, say of gates and of what went under them. */
export class GateProof {
  readonly #over = new Set<string>();
  /** By gate and step, what went under it last. */
  readonly #uses = new Map<string, string>();
  readonly #ends = new Map<string, string>();

  /** Of a row that tells of a start: what is wrong with the gate it names. Undefined: nothing, or it names none. */
  flawOf({ facts }: AuditRow): string | undefined {
    const use = useIn(facts);
    if (use === undefined) return undefined;
    if (use.tickets.some(ticket => this.#over.has(ticket))) return 'went under a gate that was over';
    const last = this.#uses.get(use.key);
    return last === undefined || mayBeRepeated.includes(this.#ends.get(last) ?? '')
      ? undefined
      : 'went under a gate that was used for it before';
  }

  /** Takes in a row. */
  pass({ event, changeId = '', facts }: AuditRow): void {
    if (endsGate.has(event)) this.#over.add(changeId);
    if (endsChange.has(event)) this.#ends.set(changeId, textOf(facts, 'state'));
    const use = event === 'started' ? useIn(facts) : undefined;
    if (use !== undefined) this.#uses.set(use.key, changeId);
  }
}

function useIn(facts: AuditRow['facts']): { key: string; tickets: string[] } | undefined {
  const { standing } = facts;
  if (!isObject(standing) || textOf(standing, 'step') === '') return undefined;
  const seats = Array.isArray(standing['seats']) ? standing['seats'] : [];
  return {
    key: `${textOf(standing, 'change')} ${textOf(standing, 'step')}`,
    tickets: [textOf(standing, 'change'), ...seats.map(seat => textOf(seat, 'change'))],
  };
}
