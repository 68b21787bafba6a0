import { expect, onTestFinished, test } from 'vitest';
import { VigieError } from '../../src/core/errors.ts';
import { playbook, startTriggers, token } from '../engine/triggers/triggers-of.ts';
import { eventually } from '../support/eventually.ts';
import { startAlertmanager } from './support/alertmanager.ts';
import { isInstalled, unlessMissing } from './support/start-program.ts';

// What a real Alertmanager sends, and sends again, is what a worker listens for.

const program = 'prometheus-alertmanager';

test.skipIf(!isInstalled(program))(
  `alerts that a real Alertmanager tells of start one run each, however often it tells${unlessMissing(program)}`,
  async () => {
    const heal = playbook('heal', {
      on: '{alert: {match: alert.labels.alertname == "Broken", inputs: {namespace: "${{ alert.labels.namespace }}"}}}',
      more: 'inputs: {namespace: {type: string, required: true}}',
    });
    const { url, runs, journal } = await startTriggers([heal]);
    const alertmanager = await startAlertmanager({ webhook: { url: `${url}/alerts/main`, token } });
    onTestFinished(() => alertmanager.close());
    const fire = async (namespaces: readonly string[], more: object = {}): Promise<void> => {
      const alerts = namespaces.map(namespace => ({
        labels: { alertname: 'Broken', namespace },
        annotations: { summary: 'It is broken' },
        ...more,
      }));
      const answer = await fetch(`${alertmanager.url}/api/v2/alerts`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(alerts),
      });
      expect(answer.status).toBe(200);
    };
    // Twice nothing could be kept, which was answered with 503.
    let failures = 2;
    const begin = journal.begin.bind(journal);
    journal.begin = async (occasion, run) => {
      if (failures-- > 0) throw new VigieError('STORE', 'The store failed: the disk is full.');
      return begin(occasion, run);
    };
    const startsAt = new Date().toISOString();
    await fire(['shop'], { startsAt });
    await eventually(async () => expect(await runs()).toHaveLength(1));
    expect(failures).toBeLessThan(0);
    // Another alert of the group makes it tell of both.
    await fire(['shop', 'other'], { startsAt });
    await eventually(async () => expect(await runs()).toHaveLength(2));
    const inputs = await Promise.all((await runs()).map(async ({ id }) => (await journal.get(id))?.input));
    expect(new Set(inputs.map(each => each?.['namespace']))).toEqual(new Set(['other', 'shop']));
    const [first] = await runs();
    expect(await journal.get(first?.id ?? '')).toMatchObject({
      startedBy: {
        trigger: { alert: { status: 'firing', fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/) } },
      },
    });
    // What it tells of as resolved, with one that still fires, starts nothing more.
    await fire(['shop'], { startsAt, endsAt: new Date().toISOString() });
    await fire(['third'], { startsAt });
    await eventually(async () => expect(await runs()).toHaveLength(3));
  },
);
