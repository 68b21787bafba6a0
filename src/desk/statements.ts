import { type SignedStatement, type Statement, signedText } from '../core/approval.ts';
import { VigieError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import { faultOf } from '../pipeline/prove-signature.ts';
import { newestEntry, trustedApprovers } from '../pipeline/trusted-approvers.ts';
import type { Vigie } from '../pipeline/vigie.ts';
import { beginning } from '../store/audit-row.ts';
import type { Act } from './acts/act.ts';
import { acts } from './acts/index.ts';
import type { ApproverKey, AskedAct, PreparedStatement } from './desk.ts';
import { refusePaused } from './refuse-paused.ts';

/** A person reads a few lines and types a passphrase; what was signed and then kept for later is worth nothing. */
const statementMs = 60 * 60_000;

/** Whose signature counts, with what derives their keys. @throws VigieError BAD_SIGNATURE */
export async function approverKeys(vigie: Vigie): Promise<ApproverKey[]> {
  const { changes } = await vigie.store();
  const { list } = await trustedApprovers(vigie);
  return Promise.all(
    list.map(async ({ person, publicKey, salt }) => {
      const pausedUntil = await changes.pausedUntil(person);
      return { person, publicKey, salt, ...(pausedUntil === undefined ? {} : { pausedUntil }) };
    }),
  );
}

/** What exactly a person is to sign for an act, and what they read first. @throws VigieError NOT_AN_APPROVER, WRONG_PASSPHRASE */
export async function prepareStatement(vigie: Vigie, asked: AskedAct): Promise<PreparedStatement> {
  const { approver } = asked;
  const known = (await approverKeys(vigie)).find(({ person }) => person === approver);
  if (known === undefined)
    throw new VigieError('NOT_AN_APPROVER', `${approver} is no approver here.`, {
      hint: 'See who is: vigie approvers list',
    });
  refusePaused(known);
  const { content, shows } = await actOf(asked.act).prepare(vigie, asked);
  const { hash: auditHead } = await (await vigie.store()).audit.head();
  const statement: Statement = { v: 1, ...content, approver, at: vigie.now().toISOString(), auditHead };
  return { statement, shows };
}

/** Verifies a signed statement as any reader of the audit can, makes it so and records it. @throws VigieError BAD_SIGNATURE, CONFLICT */
export async function commitStatement(
  vigie: Vigie,
  act: { signed: SignedStatement; why: string; facts: JsonObject },
): Promise<string> {
  const { signed, why } = act;
  const { statement, signature, publicKey } = signed;
  const approvers = await trustedApprovers(vigie);
  const said = { person: statement.approver, text: signedText('statement', statement), signature, publicKey };
  const fault = faultOf(said, { approvers }) ?? (await faultOfTime(vigie, statement));
  if (fault !== undefined)
    throw new VigieError('BAD_SIGNATURE', `The statement (${statement.act}) ${fault}.`, {
      hint: 'Run the same command again and sign what it shows.',
    });
  const facts = { ...act.facts, ...newestEntry(approvers) };
  return actOf(statement.act).commit(vigie, { signed, why, facts });
}

async function faultOfTime(vigie: Vigie, statement: Statement): Promise<string | undefined> {
  const { audit } = await vigie.store();
  const { auditHead, at } = statement;
  if (auditHead !== beginning && !(await audit.has(auditHead)))
    return 'names a row of the audit that is not there';
  const age = vigie.now().getTime() - Date.parse(at);
  return age >= 0 && age <= statementMs ? undefined : `was signed for another time (${at})`;
}

function actOf(name: Statement['act']): Act {
  const found = acts.find(({ act }) => act === name);
  if (found === undefined) throw new Error(`the act ${name} is in no list`);
  return found;
}
