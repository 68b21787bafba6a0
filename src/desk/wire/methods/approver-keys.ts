import { nothing } from './fields.ts';
import { defineApproverMethod } from './method.ts';

export const approverKeys = defineApproverMethod({
  name: 'approverKeys',
  params: nothing,
  call: desk => desk.approverKeys(),
});
