import { afterEach, expect, test } from 'vitest';
import type { Check } from '../../../src/desk/checks/check.ts';
import { wholeEnvironment } from '../../../src/desk/checks/whole-environment.ts';
import { startVigie, type TestVigie } from '../../support/start-vigie.ts';
import { type Answering, closedPort, sendJson, startWire, type Wire } from '../../support/wire.ts';

const signal = new AbortController().signal;
const wires: Wire[] = [];
let vigie: TestVigie | undefined;
afterEach(async () => {
  await vigie?.stop();
  await Promise.all(wires.splice(0).map(wire => wire.close()));
});

async function wireThat(answering: Answering): Promise<string> {
  const wire = await startWire(answering);
  wires.push(wire);
  return wire.url;
}

async function checksOf(sections: string, name: string): Promise<Check[]> {
  vigie = await startVigie({ sections });
  const environment = vigie.vigie.environments.find(({ view }) => view.name === name);
  if (environment === undefined) throw new Error(`there is no ${name}`);
  return allOf(wholeEnvironment(vigie.vigie, { environment, signal }));
}

async function allOf(checks: AsyncIterable<Check>): Promise<Check[]> {
  const all: Check[] = [];
  for await (const check of checks) all.push(check);
  return all;
}

const alertmanager: Answering = ({ response }) =>
  sendJson(response, {
    body: { versionInfo: { version: '0.28.1' } },
    headers: { date: new Date().toUTCString() },
  });

test('each system that is configured is asked who it is; one that is down hides no other', async () => {
  const down = `http://127.0.0.1:${await closedPort()}`;
  const checks = await checksOf(
    `    metrics: {prometheus: "${down}", alertmanager: "${await wireThat(alertmanager)}"}\n`,
    'test',
  );
  expect(checks).toContainEqual({
    area: 'test',
    state: 'wrong',
    what: `prometheus: UNREACHABLE: No connection to ${down}: nothing listens there (ECONNREFUSED)`,
    todo: 'See that it runs and listens there, or mend prometheus of test in vigie.yaml.',
  });
  expect(checks).toContainEqual({
    area: 'test',
    state: 'fine',
    what: `alertmanager: ${wires[0]?.url} answers (Alertmanager 0.28.1)`,
  });
  expect(checks.map(({ what }) => what)).toContain('k8s_scale in shop');
});

test('wrong credentials, and those that are not there, are said with what to do', async () => {
  const refusing = await wireThat(({ response }) => void response.writeHead(401).end());
  const checks = await checksOf(
    `    metrics: {alertmanager: {url: "${refusing}", token: "env:VIGIE_TEST_NO_SUCH_TOKEN"}}
  bare:
    logs: {loki: "${refusing}"}
`,
    'bare',
  );
  expect(checks[0]).toEqual({ area: 'bare', state: 'fine', what: 'it has no cluster' });
  expect(checks).toContainEqual({
    area: 'bare',
    state: 'wrong',
    what: `loki: UNAUTHENTICATED: ${refusing} did not accept the credentials (401)`,
    todo: expect.stringContaining('vigie.yaml'),
  });
  const environment = vigie?.vigie.environments[0];
  if (vigie === undefined || environment === undefined) throw new Error('there is none');
  const others = await allOf(wholeEnvironment(vigie.vigie, { environment, signal }));
  expect(others).toContainEqual(
    expect.objectContaining({
      state: 'wrong',
      what: expect.stringContaining('SECRET: The secret env:VIGIE_TEST_NO_SUCH_TOKEN'),
    }),
  );
});

test('a clock that is far off is told', async () => {
  const off = await wireThat(({ response }) =>
    sendJson(response, {
      body: { versionInfo: {} },
      headers: { date: new Date(Date.now() - 3_600_000).toUTCString() },
    }),
  );
  const checks = await checksOf(`  bare:\n    metrics: {alertmanager: "${off}"}\n`, 'bare');
  expect(checks).toContainEqual(
    expect.objectContaining({
      state: 'wrong',
      what: expect.stringMatching(/alertmanager: its clock and ours differ by 3\d\d\d s/),
    }),
  );
});
