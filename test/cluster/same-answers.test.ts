import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import type { Sandbox } from '../../src/sandbox/server.ts';
import { Conversation } from '../sandbox/same/ask.ts';
import { comparable } from '../sandbox/same/comparable.ts';
import { exceptions } from '../sandbox/same/exceptions.ts';
import { recordedAnswers } from '../sandbox/same/goldens.ts';
import { startIdleSandbox } from '../sandbox/same/idle-sandbox.ts';
import { subjects } from '../sandbox/same/requests/index.ts';
import { type ControlPlane, startControlPlane } from './support/control-plane.ts';
import { describeOnCluster } from './support/on-cluster.ts';

// The same requests to the sandbox and to a real API server, in one order, and to both alive: what was recorded is
// still what a real one answers, and the sandbox does too (test/sandbox/same/exceptions.ts says where not, and why).
describeOnCluster('sandbox and real API server answer alike', binaries => {
  describe.each(subjects)('$subject', each => {
    const recorded = recordedAnswers(each);
    let plane: ControlPlane;
    let sandbox: Sandbox;
    let talks: [real: Conversation, simulated: Conversation];

    beforeAll(async () => {
      [plane, sandbox] = await Promise.all([startControlPlane(binaries, { idle: true }), startIdleSandbox()]);
      talks = [new Conversation(plane), new Conversation(sandbox)];
    });
    afterAll(async () => {
      await sandbox.close();
      await plane.stop();
    });

    test.each(each.asks)('$name', async asked => {
      const [real, simulated] = await Promise.all(
        talks.map(async (talk): Promise<JsonObject> => comparable(await talk.ask(asked), asked.compare)),
      );
      expect(real).toEqual(recorded.get(asked.name));
      if (Object.hasOwn(exceptions, `${each.subject}: ${asked.name}`)) expect(simulated).not.toEqual(real);
      else expect(simulated).toEqual(real);
    });
  });
});
