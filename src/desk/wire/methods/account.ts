import { nothing } from './fields.ts';
import { defineAgentMethod } from './method.ts';

export const account = defineAgentMethod({
  name: 'account',
  params: nothing,
  call: desk => desk.account(),
});
