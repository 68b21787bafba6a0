import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isObject, type Json, type JsonObject } from '../../src/core/json.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/server.ts';
import { parseWorld } from '../../src/sandbox/world.ts';
import { send } from '../support/sandbox-client.ts';
import { withoutRunData } from '../support/wire-answers.ts';

interface Step {
  name: string;
  method: string;
  path: string;
  headers?: Record<string, string>;
  body?: Json;
  /** Only status, kind and reason are held. */
  compare?: 'reason';
}

// The JSON border: both files are ours.
const { steps } = JSON.parse(readFileSync('test/fixtures/sandbox/wire.json', 'utf8')) as { steps: Step[] };
const recorded = JSON.parse(readFileSync('test/golden/sandbox/wire.json', 'utf8')) as Record<
  string,
  JsonObject
>;

let sandbox: Sandbox;
beforeAll(async () => {
  const world = parseWorld(
    'cluster: {serverVersion: v1.36.2, ageDays: 1, nodes: [{name: n1, ip: 10.0.0.1, podSubnet: 10.42.0}]}\nobjects: []',
    'wire',
  );
  sandbox = await startSandbox({ world });
});
afterAll(() => sandbox.close());

function reasonOf(answer: JsonObject): JsonObject {
  const body = isObject(answer['body']) ? answer['body'] : {};
  return { status: answer['status'], kind: body['kind'], reason: body['reason'] };
}

// In order, on one cluster: later requests meet what earlier ones left.
describe('the sandbox answers as a real API server did', () => {
  test.each(steps)('$name', async step => {
    const { status, headers, text } = await send(sandbox, step);
    const answer = withoutRunData({
      status,
      type: headers['content-type']?.toString(),
      warning: headers['warning']?.toString(),
      text,
    });
    const wanted = recorded[step.name];
    if (wanted === undefined) throw new Error(`no answer is recorded for "${step.name}"`);
    if (step.compare === 'reason') expect(reasonOf(answer)).toEqual(reasonOf(wanted));
    else expect(answer).toEqual(wanted);
  });
});
