import * as z from 'zod';
import type { ApprovalPayload, Statement } from '../core/approval.ts';
import { VigieError } from '../core/errors.ts';
import { readId } from '../core/ids.ts';
import { limits } from '../core/limits.ts';
import { cleanLine } from '../core/text.ts';
import type { WantedAct } from '../desk/desk.ts';

// What is to be signed comes from a daemon, which may be another than it was. So nothing is signed here that this process
// has not read: exactly the fields of what the person asked for, under the name they chose, for now. What the daemon says
// about the change itself cannot be proven here; what is signed is told in words of our own, from the content itself.

/** The longest `ticketTtl` of a policy, 30 days, and one for clocks. */
const longestMs = 31 * 24 * 3_600_000;
/** Enough of a hash to compare by eye. */
const shownDigits = 16;

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const time = z.iso.datetime();
const name = z.string().min(1).max(253);

/** What is signed, read anew, and the line that a person reads before the passphrase. */
export interface ToSign<Content> {
  content: Content;
  says: string;
}

/** @throws VigieError BAD_SIGNATURE for anything but the approval of this ticket by this person */
export function readApproval(
  payload: unknown,
  asked: { ticket: string; approver: string; now: Date },
): ToSign<ApprovalPayload> {
  const { ticket, approver, now } = asked;
  const wanted = z.strictObject({
    v: z.literal(1),
    ticket: z.literal(readId(ticket) ?? ticket),
    digest: hash,
    environment: name,
    cluster: z.string().max(limits.lineChars),
    decision: z.literal('approve'),
    approver: z.literal(approver),
    expiresAt: time.refine(
      at => Date.parse(at) > now.getTime() - limits.clockSkewMs && Date.parse(at) < now.getTime() + longestMs,
      'is not a time from now to 30 days',
    ),
    policyHash: hash,
    auditHead: hash,
  });
  const content = parse(wanted, payload);
  const says = `You sign as ${shown(approver)}: the approval of ticket ${content.ticket} in ${shown(content.environment)}, plan ${digits(content.digest)}, policy ${digits(content.policyHash)}, until ${content.expiresAt}.`;
  return { content, says };
}

/** @throws VigieError BAD_SIGNATURE for anything but exactly this act, by this person, for now */
export function readStatement(
  statement: unknown,
  asked: { wanted: WantedAct; approver: string; now: Date },
): ToSign<Statement> {
  const { wanted, approver, now } = asked;
  const common = {
    v: z.literal(1),
    approver: z.literal(approver),
    at: time.refine(
      at => Math.abs(Date.parse(at) - now.getTime()) <= limits.clockSkewMs,
      'is not the time of now',
    ),
    auditHead: hash,
  };
  const by = `You sign as ${shown(approver)}:`;
  switch (wanted.act) {
    case 'kill-switch-off': {
      const schema = z.strictObject({ ...common, act: z.literal(wanted.act), lifts: hash });
      const content = parse(schema, statement);
      return { content, says: `${by} the kill switch goes off, as row ${digits(content.lifts)} has set it.` };
    }
    case 'policy-accept': {
      const schema = z.strictObject({
        ...common,
        act: z.literal(wanted.act),
        policyHash: hash,
        follows: hash,
      });
      const content = parse(schema, statement);
      return { content, says: `${by} policy ${digits(content.policyHash)} is accepted.` };
    }
    case 'env-trust': {
      const schema = z.strictObject({
        ...common,
        act: z.literal(wanted.act),
        environment: z.literal(wanted.environment),
        fingerprint: z.string().regex(/^[0-9a-f]{64}:[0-9a-f]{64}$/),
        follows: hash,
      });
      const content = parse(schema, statement);
      const [setup = '', file = ''] = content.fingerprint.split(':');
      const says = `${by} ${shown(wanted.environment)} may log in with command ${digits(setup)}, file ${digits(file)}.`;
      return { content, says };
    }
  }
}

function parse<T>(schema: z.ZodType<T>, content: unknown): T {
  const read = schema.safeParse(content);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const where = (issue?.path ?? []).map(String).join('.');
  throw new VigieError(
    'BAD_SIGNATURE',
    `Nothing was signed: Vigie was handed something else to sign than what was asked for (${cleanLine(`${where}: ${issue?.message ?? ''}`, limits.warningChars)}).`,
    {
      hint: 'Do not try again before somebody has looked at the daemon, its clock and its account.',
    },
  );
}

function digits(hex: string): string {
  return hex.slice(0, shownDigits);
}

function shown(text: string): string {
  return cleanLine(text, limits.warningChars);
}
