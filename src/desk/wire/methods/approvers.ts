import { nothing } from './fields.ts';
import { defineAgentMethod } from './method.ts';

export const approvers = defineAgentMethod({
  name: 'approvers',
  params: nothing,
  call: desk => desk.approvers(),
});
