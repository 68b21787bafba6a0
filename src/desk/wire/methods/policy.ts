import { nothing } from './fields.ts';
import { defineAgentMethod } from './method.ts';

export const policy = defineAgentMethod({
  name: 'policy',
  params: nothing,
  call: desk => desk.policy(),
});
