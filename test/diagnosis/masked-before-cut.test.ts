import { expect, test } from 'vitest';
import { KnownSecrets } from '../../src/core/known-secrets.ts';
import { Redactor } from '../../src/core/redaction.ts';
import { diagnose } from '../../src/diagnosis/diagnose.ts';
import { readDump } from '../../src/diagnosis/dump/read-dump.ts';

const passphrase = Array.from({ length: 40 }, (_, index) => `horse${index}`).join(' ');

test('of a secret of many words in the last message of a container, no part leaves by a cut', async () => {
  const known = new KnownSecrets();
  const redactor = new Redactor(known);
  const lines = `FATAL error: refused ${passphrase}`;
  const ended = { exitCode: 1, reason: 'Error', message: lines, finishedAt: '2026-11-21T11:59:40Z' };
  const objects = [
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'k', namespace: 'shop' },
      stringData: { k: passphrase },
    },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'web', namespace: 'shop', uid: 'u1', creationTimestamp: '2026-11-21T10:00:00Z' },
      spec: { nodeName: 'n', containers: [{ name: 'web', image: 'shop/web:1' }] },
      status: {
        phase: 'Running',
        conditions: [{ type: 'Ready', status: 'False' }],
        containerStatuses: [
          {
            name: 'web',
            image: 'shop/web:1',
            imageID: 'x',
            ready: false,
            restartCount: 9,
            state: { waiting: { reason: 'CrashLoopBackOff' } },
            lastState: { terminated: ended },
          },
        ],
      },
    },
  ];
  const { snapshot } = await readDump([{ path: 'o.json', bytes: Buffer.from(JSON.stringify(objects)) }], {
    now: new Date('2026-11-21T12:00:00Z'),
    learn: object => known.learnObject(object),
    masking: () => text => redactor.text(text),
  });
  const { findings } = diagnose(snapshot);
  expect(findings.map(({ code }) => code)).toContain('CRASH_LOOP');
  expect(JSON.stringify(findings)).toContain('[redacted #1]');
  expect(JSON.stringify(findings)).not.toContain('horse0');
});
