import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { PrometheusReader } from '../../../src/clients/prometheus/reader.ts';
import { firingNow } from '../../../src/pipeline/changes/firing-now.ts';
import { endpointTo } from '../../integrations/support/endpoint-to.ts';
import { noSystems } from '../../support/no-systems.ts';

const rules = { old: [], now: [{ groups: [{ rules: [{ alert: 'Down', expr: 'up == 0' }] }] }] };
const stop = new AbortController();
/** A server that takes questions; `answers`: each with an error, else with nothing. */
let answers = true;
const server = createServer((_, response) => {
  if (answers) response.writeHead(503).end('not today');
  else stop.abort();
});

beforeEach(async () => {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function ask(signal: AbortSignal) {
  const { port } = server.address() as AddressInfo;
  const prometheus = async () => new PrometheusReader(endpointTo(`http://127.0.0.1:${port}`), { signal });
  return firingNow({ systems: noSystems({ configured: new Set(['prometheus']), prometheus }) }, rules);
}

test('a server that fails is a warning', async () => {
  expect(await ask(new AbortController().signal)).toMatchObject({
    lines: [],
    warnings: [expect.stringContaining('What would fire now was not asked')],
  });
});

test('a call that was stopped is stopped, and no warning', async () => {
  answers = false;
  await expect(ask(stop.signal)).rejects.toMatchObject({ code: 'CANCELLED' });
});
