import { nothing } from './fields.ts';
import { defineAgentMethod } from './method.ts';

export const killSwitch = defineAgentMethod({
  name: 'killSwitch',
  params: nothing,
  call: desk => desk.killSwitch(),
});
