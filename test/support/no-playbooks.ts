import type { PlaybookDesk } from '../../src/toolkit/playbook-desk.ts';

/** For what has no business with playbooks. */
export function noPlaybooks(): PlaybookDesk {
  const none = async (): Promise<never> => {
    throw new Error('nothing here asks for playbooks');
  };
  return {
    list: none,
    get: none,
    runnable: none,
    tools: none,
    policyAccepted: none,
    tooFewPeople: none,
    rehearse: none,
    start: none,
    run: none,
    definitionOf: none,
    runs: none,
    ask: none,
    resume: none,
    retry: none,
  };
}
