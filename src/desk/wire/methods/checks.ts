import { nothing } from './fields.ts';
import { defineAgentMethod } from './method.ts';

export const checks = defineAgentMethod({
  name: 'checks',
  params: nothing,
  call: (desk, _params, doing) => desk.checks(doing),
});
