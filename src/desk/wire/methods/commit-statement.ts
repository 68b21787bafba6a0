import * as z from 'zod';
import { type SignedStatement, statementIn } from '../../../core/approval.ts';
import { isObject } from '../../../core/json.ts';
import { words } from './fields.ts';
import { defineApproverMethod } from './method.ts';

/** Made of the fields that its act has, as the audit reads it; with one more the signature does not fit. */
const signed = z.unknown().transform((value, context): SignedStatement => {
  const statement = isObject(value) ? statementIn(value) : undefined;
  if (statement !== undefined) return statement;
  context.addIssue({ code: 'custom', message: 'is no signed statement' });
  return z.NEVER;
});

export const commitStatement = defineApproverMethod({
  name: 'commitStatement',
  params: z.strictObject({ signed, why: words }),
  call: (desk, params) => desk.commitStatement(params),
});
