import type { Approver, Approvers } from '../config/approvers.ts';
import { VigieError } from '../core/errors.ts';
import type { AuditLog } from '../store/audit.ts';
import type { AuditEvent, AuditRow } from '../store/audit-row.ts';
import type { Vigie } from './vigie.ts';

// The approvers file proves its own middle and not its end: an older copy of it, or another first approver's, is as
// good in itself. The audit row of each addition and removal holds the hash of its entry, so all of these must be there;
// and what approvers signed since holds the hash of the newest entry then, for a file that was written by another Vigie.

const approverEvents: readonly AuditEvent[] = ['approver_added', 'approver_removed'];
/** As many entries as the file may have. */
const mostEntries = 1_000;
const signedEvents: readonly AuditEvent[] = ['approved', 'policy_accepted', 'kill_switch_off', 'env_trusted'];
/** Each of them knows of all entries before it, so the newest would do where nobody writes rows of his own. */
const signedRows = 20;

/** What this file needs of a Vigie. */
export type ApproverSource = Pick<Vigie, 'approvers' | 'store'>;

/** The approvers, once the audit agrees that their file is what was left there. @throws VigieError BAD_SIGNATURE, INVALID_CONFIG */
export async function trustedApprovers(vigie: ApproverSource): Promise<Approvers> {
  const approvers = await vigie.approvers();
  const { audit } = await vigie.store();
  const signed = await audit.list({ events: signedEvents, limit: signedRows });
  const unknown = [...signed, ...(await approverRows(audit))].find(row => isUnknownEntry(row, approvers));
  if (unknown === undefined) return approvers;
  throw new VigieError(
    'BAD_SIGNATURE',
    `${approvers.file} is not the file that the audit knows: it lacks the entry that row ${unknown.sequence} (${unknown.event}, ${unknown.at}) tells of.`,
    {
      hint: 'Put the newest copy of the file back; nobody can approve meanwhile. Approvers of another file, or new ones because these are lost for good, need a VIGIE_HOME of their own.',
      details: { file: approvers.file, sequence: unknown.sequence },
    },
  );
}

/** Whether a row tells of an entry that the file does not have. A file of root's is beyond this account, so it is taken as it is. */
export function isUnknownEntry(row: AuditRow, approvers: Approvers): boolean {
  if (approvers.heads.length > 0 && !approvers.bootstrapped) return false;
  const { approversEntry } = row.facts;
  return typeof approversEntry === 'string' && !approvers.heads.includes(approversEntry);
}

/** What an audit row says of the file as it is now, so that an older copy or another history of it shows. */
export function newestEntry(approvers: Approvers): { approversEntry?: string } {
  const approversEntry = approvers.heads.at(-1);
  return approversEntry === undefined ? {} : { approversEntry };
}

/** When an approver was added: by the audit where it has that, since the file may say any time. */
export async function addedAt(vigie: ApproverSource, approver: Approver): Promise<string> {
  return (await additionOf(vigie, approver))?.at ?? approver.addedAt;
}

/** The OS user who added an approver; undefined where the audit does not tell. */
export async function addedFrom(vigie: ApproverSource, approver: Approver): Promise<string | undefined> {
  const account = (await additionOf(vigie, approver))?.facts['onBehalfOf'];
  return typeof account === 'string' ? account : undefined;
}

async function additionOf(vigie: ApproverSource, approver: Approver): Promise<AuditRow | undefined> {
  const { audit } = await vigie.store();
  return (await approverRows(audit)).find(
    ({ event, facts }) =>
      event === 'approver_added' &&
      facts['approver'] === approver.person &&
      facts['publicKey'] === approver.publicKey,
  );
}

function approverRows(audit: AuditLog): Promise<AuditRow[]> {
  return audit.list({ events: approverEvents, limit: mostEntries });
}
