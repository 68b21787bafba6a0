import { nothing } from './fields.ts';
import { defineAgentMethod } from './method.ts';

export const credentialPlugins = defineAgentMethod({
  name: 'credentialPlugins',
  params: nothing,
  call: desk => desk.credentialPlugins(),
});
