import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { KubeConnection } from '../../../src/clients/kube/connection.ts';
import {
  configMap,
  makeCertificate,
  sendJson,
  sessionWith,
  startWire,
  type Wire,
} from '../../support/wire.ts';

// The clock of our own timers is moved by hand; sockets live in real time.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(async () => {
  vi.useRealTimers();
  await Promise.all(wires.splice(0).map(wire => wire.close()));
});
const wires: Wire[] = [];

/** Resolves when the wire has so many requests; waits on events and not on a clock. */
async function arrived(wire: Wire, count: number): Promise<void> {
  while (wire.seen.length < count) await new Promise(resolve => setImmediate(resolve));
}

async function keep(wire: Promise<Wire>): Promise<Wire> {
  wires.push(await wire);
  return wire;
}

const settings = { kind: 'ConfigMap', name: 'settings', namespace: 'shop' };

test('a server that never answers is given up after half a minute, and a read is not tried again', async () => {
  const wire = await keep(startWire(() => {}));
  const reading = expect(sessionWith(wire).reader.get(settings)).rejects.toMatchObject({
    code: 'TIMEOUT',
    message: `${wire.url} did not answer within 30 s`,
    retryable: true,
  });
  await arrived(wire, 1);
  vi.advanceTimersByTime(30_000);
  await reading;
  expect(wire.seen).toHaveLength(1);
});

test('an answer that stalls half way is given up as well, and a write says that it may have been done', async () => {
  const wire = await keep(
    startWire(({ response }) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"half":', () => stalled?.());
    }),
  );
  let stalled: (() => void) | undefined;
  const isStalled = new Promise<void>(resolve => {
    stalled = resolve;
  });
  const writer = await sessionWith(wire).writer();
  const patching = writer.patch({ target: settings, patch: {}, uid: 'u', resourceVersion: '1' });
  const outcome = expect(patching).rejects.toMatchObject({
    code: 'TIMEOUT',
    details: { outcomeUnknown: true },
  });
  await isStalled;
  // Until the head of the answer is there, another timer runs.
  for (let turn = 0; turn < 50; turn++) await new Promise(resolve => setImmediate(resolve));
  vi.advanceTimersByTime(30_000);
  await outcome;
});

test('requests that wait for a connection of others are not taken for ones without a connection', async () => {
  const certificate = makeCertificate('IP:127.0.0.1');
  const held: ServerResponse[] = [];
  const wire = await keep(
    startWire(({ response, nth }) => {
      if (nth <= 8) sendJson(response, { body: configMap('settings') });
      else held.push(response);
    }, certificate),
  );
  const folder = mkdtempSync(join(tmpdir(), 'vigie-deadline-'));
  try {
    const file = join(folder, 'config');
    const cluster = {
      server: wire.url,
      'certificate-authority-data': Buffer.from(certificate.cert).toString('base64'),
    };
    const config = {
      'current-context': 'x',
      clusters: [{ name: 'c', cluster }],
      contexts: [{ name: 'x', context: { cluster: 'c' } }],
    };
    writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
    const connection = new KubeConnection({
      target: { via: 'kubeconfig', files: [file], context: undefined, allowInsecure: false },
      bounds: { namespaces: undefined, clusterScoped: false },
      readOnly: true,
      userAgent: 'vigie/test',
    });
    const { reader } = connection.session(new AbortController().signal);
    await reader.resolve('cm');
    const reading = Promise.all(Array.from({ length: 16 }, () => reader.get(settings)));
    await arrived(wire, 16);
    vi.advanceTimersByTime(6_000);
    for (const response of held) sendJson(response, { body: configMap('settings') });
    expect(await reading).toHaveLength(16);
    connection.close();
  } finally {
    rmSync(folder, { recursive: true });
  }
});
