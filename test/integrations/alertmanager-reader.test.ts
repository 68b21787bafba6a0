import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AlertmanagerReader } from '../../src/clients/alertmanager/reader.ts';
import { eventually } from '../support/eventually.ts';
import { startAlertmanager } from './support/alertmanager.ts';
import { endpointTo } from './support/endpoint-to.ts';
import { isInstalled, type RealServer, unlessMissing } from './support/start-program.ts';

const program = 'prometheus-alertmanager';
const missing = !isInstalled(program);

describe(`AlertmanagerReader on a real Alertmanager${unlessMissing(program)}`, () => {
  let server: RealServer;
  let reader: AlertmanagerReader;
  beforeAll(async () => {
    if (missing) return;
    server = await startAlertmanager({
      inhibit: [
        { source_matchers: ['severity="page"'], target_matchers: ['severity="info"'], equal: ['job'] },
      ],
    });
    reader = new AlertmanagerReader(endpointTo(server.url), { signal: new AbortController().signal });
  });
  afterAll(() => server?.close());

  test.skipIf(missing)('reads alerts with what mutes them, and silences', async () => {
    const about = await reader.about();
    expect(about.product).toBe('Alertmanager');
    expect(about.version).toMatch(/^\d+\./);
    await send('alerts', [
      {
        labels: { alertname: 'Down', job: 'shop', severity: 'page' },
        annotations: { summary: 'shop is down' },
      },
      { labels: { alertname: 'Slow', job: 'shop', severity: 'info' } },
      { labels: { alertname: 'Disk', job: 'db', severity: 'page' } },
    ]);
    const { silenceID } = await send('silences', {
      matchers: [{ name: 'job', value: 'd.', isRegex: true, isEqual: true }],
      startsAt: new Date().toISOString(),
      endsAt: new Date(Date.now() + 3_600_000).toISOString(),
      createdBy: 'alice',
      comment: 'disk is being replaced',
    });
    const muted = async () => {
      const alerts = await reader.alerts();
      const states = alerts.map(({ labels, state }) => `${labels['alertname']} ${state}`).sort();
      expect(states).toEqual(['Disk suppressed', 'Down active', 'Slow suppressed']);
      return alerts;
    };
    const alerts = await eventually(muted);
    const named = (name: string) => alerts.find(({ labels }) => labels['alertname'] === name);
    expect(named('Disk')).toMatchObject({ silencedBy: [silenceID], inhibitedBy: [] });
    expect(named('Slow')?.inhibitedBy).toEqual([named('Down')?.fingerprint]);
    expect(named('Down')).toMatchObject({
      annotations: { summary: 'shop is down' },
      since: expect.any(Date),
    });
    const silence = {
      id: silenceID,
      state: 'active',
      matchers: [{ name: 'job', value: 'd.', isRegex: true, isEqual: true }],
      createdBy: 'alice',
      comment: 'disk is being replaced',
    };
    expect(await reader.silences()).toMatchObject([silence]);
    expect(await reader.silence(String(silenceID))).toMatchObject(silence);
    expect(await reader.silence('00000000-0000-0000-0000-000000000000')).toBeUndefined();
  });

  async function send(path: string, body: unknown): Promise<Record<string, unknown>> {
    const response = await fetch(`${server.url}/api/v2/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(text);
    return text === '' ? {} : JSON.parse(text);
  }
});
