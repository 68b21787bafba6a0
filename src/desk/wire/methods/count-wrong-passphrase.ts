import * as z from 'zod';
import { id, name, words } from './fields.ts';
import { defineApproverMethod } from './method.ts';

export const countWrongPassphrase = defineApproverMethod({
  name: 'countWrongPassphrase',
  params: z.union([
    z.strictObject({ person: name, ticket: id }),
    z.strictObject({ person: name, purpose: words }),
  ]),
  call: (desk, params) => desk.countWrongPassphrase(params),
});
