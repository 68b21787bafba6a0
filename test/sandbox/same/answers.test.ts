import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Sandbox } from '../../../src/sandbox/server.ts';
import { Conversation } from './ask.ts';
import { comparable } from './comparable.ts';
import { exceptions } from './exceptions.ts';
import { recordedAnswers } from './goldens.ts';
import { startIdleSandbox } from './idle-sandbox.ts';
import { subjects } from './requests/index.ts';

// Goldens are what a real API server answered (npm run record:sandbox). Each subject is asked in order on one sandbox.
describe.each(subjects)('$subject: the sandbox answers as a real API server did', each => {
  const recorded = recordedAnswers(each);
  let sandbox: Sandbox;
  let talk: Conversation;
  beforeAll(async () => {
    sandbox = await startIdleSandbox();
    talk = new Conversation(sandbox);
  });
  afterAll(() => sandbox.close());

  test.each(each.asks)('$name', async asked => {
    const answer = comparable(await talk.ask(asked), asked.compare);
    const wanted = recorded.get(asked.name);
    if (wanted === undefined) throw new Error('no answer is recorded: npm run record:sandbox');
    if (Object.hasOwn(exceptions, `${each.subject}: ${asked.name}`)) expect(answer).not.toEqual(wanted);
    else expect(answer).toEqual(wanted);
  });
});
