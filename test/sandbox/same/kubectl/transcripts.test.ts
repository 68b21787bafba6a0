import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Sandbox } from '../../../../src/sandbox/server.ts';
import { Conversation } from '../ask.ts';
import { comparable } from '../comparable.ts';
import { exceptions } from '../exceptions.ts';
import { startIdleSandbox } from '../idle-sandbox.ts';
import { namespace } from '../requests/say.ts';
import { recordedScript } from './goldens.ts';
import { scripts } from './scripts.ts';

// What kubectl asked of a real API server, asked of the sandbox. With a kubectl at hand the whole scripts are run on both
// (npm run test:cluster).
const recorded = scripts.flatMap(script =>
  recordedScript(script).map(({ version, transcript }) => ({ script: script.script, version, transcript })),
);

describe.each(recorded)('kubectl $version, $script: the sandbox answers as a real API server did', each => {
  let sandbox: Sandbox;
  let talk: Conversation;
  beforeAll(async () => {
    sandbox = await startIdleSandbox();
    talk = new Conversation(sandbox);
    for (const asked of namespace(each.script)) await talk.ask(asked);
  });
  afterAll(() => sandbox.close());

  test.each(each.transcript)('$ask.name', async ({ ask, answer: wanted }) => {
    const answer = comparable(await talk.ask(ask));
    const isException = [each.script, `${each.script} ${each.version}`].some(place =>
      Object.hasOwn(exceptions, `${place}: ${ask.name}`),
    );
    if (isException) expect(answer).not.toEqual(wanted);
    else expect(answer).toEqual(wanted);
  });
});
