import { signedText, statementIn } from '../core/approval.ts';
import { VigieError } from '../core/errors.ts';
import { isObject } from '../core/json.ts';
import { limits } from '../core/limits.ts';
import { cleanLine } from '../core/text.ts';
import { type AuditRow, beginning, switchEvents } from '../store/audit-row.ts';
import type { KillSwitch } from '../store/settings.ts';
import { faultOf } from './prove-signature.ts';
import { type ApproverSource, trustedApprovers } from './trusted-approvers.ts';

/**
 * How the kill switch stands. It is off only if its row says so and the audit too: nobody ever set it, or the newest row
 * about it is signed by an approver and lifts the row before it. A row that is gone, or a lifting that nobody signed,
 * leaves it on. Why it stands so is one short line: anybody may have set it, and everybody's denials say it.
 */
export async function readKillSwitch(vigie: ApproverSource): Promise<KillSwitch> {
  const found = await standing(vigie);
  return { ...found, why: cleanLine(found.why, limits.reasonChars) };
}

async function standing(vigie: ApproverSource): Promise<KillSwitch> {
  const { settings, audit } = await vigie.store();
  const set = await settings.killSwitch();
  if (set.on) return set;
  const [newest, before] = await audit.list({ events: switchEvents, limit: 2 });
  if (newest === undefined) return set;
  if (newest.event === 'kill_switch_on')
    return { on: true, by: whoOf(newest), at: newest.at, why: whyOf(newest) };
  const fault = await faultOfLifting(vigie, { row: newest, lifts: before?.hash ?? beginning });
  if (fault === undefined) return set;
  const why = `row ${newest.sequence} of the audit lifts it and ${fault}`;
  return { on: true, by: whoOf(newest), at: newest.at, why };
}

/** The hash that a statement which lifts the switch has to name. */
export async function rowToLift(vigie: ApproverSource): Promise<string> {
  const { audit } = await vigie.store();
  const [newest] = await audit.list({ events: switchEvents, limit: 1 });
  return newest?.hash ?? beginning;
}

async function faultOfLifting(
  vigie: ApproverSource,
  at: { row: AuditRow; lifts: string },
): Promise<string | undefined> {
  const signed = statementIn(at.row.facts);
  if (signed?.statement.act !== 'kill-switch-off') return 'is not signed';
  const { statement, signature, publicKey } = signed;
  if (statement.lifts !== at.lifts) return 'was signed for another row';
  try {
    const approvers = await trustedApprovers(vigie);
    const said = {
      person: statement.approver,
      text: signedText('statement', statement),
      signature,
      publicKey,
    };
    return faultOf(said, { approvers, at: at.row.at });
  } catch (error) {
    if (error instanceof VigieError && ['BAD_SIGNATURE', 'INVALID_CONFIG'].includes(error.code))
      return `cannot be checked: ${error.message}`;
    throw error;
  }
}

function whoOf({ facts }: AuditRow): string {
  const { actor } = facts;
  return isObject(actor) && typeof actor['name'] === 'string' ? actor['name'] : 'somebody';
}

function whyOf({ facts }: AuditRow): string {
  return typeof facts['why'] === 'string' ? facts['why'] : '';
}
