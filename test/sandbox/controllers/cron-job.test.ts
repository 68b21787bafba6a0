import { expect, test } from 'vitest';
import type { CronJob, Job } from '../../../src/kubernetes/kinds/batch.ts';
import { ofKind } from '../../../src/kubernetes/kinds.ts';
import type { KubeObject } from '../../../src/kubernetes/object.ts';
import type { Rehearsal } from '../../../src/sandbox/rehearsal.ts';
import { remove, settleFor, startLife } from '../../support/cluster-life.ts';

const minute = 60_000;

// `long` runs for ten minutes, the others for some seconds. Life starts half an hour past eight.
function startCron({
  image = 'shop/report:1',
  ...spec
}: {
  image?: string;
  [field: string]: unknown;
} = {}): Rehearsal {
  const life = startLife();
  const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image }] } };
  const object: KubeObject = {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'report', namespace: 'shop' },
    spec: { schedule: '*/5 * * * *', jobTemplate: { spec: { template } }, ...spec },
  };
  life.apply({ do: 'create', object });
  return life;
}

function theCron(life: Rehearsal): CronJob {
  const [found] = ofKind(life.list('CronJob'), 'CronJob');
  if (found === undefined) throw new Error('no cron job');
  return found;
}

function jobs(life: Rehearsal): Job[] {
  return ofKind(life.list('Job'), 'Job');
}

function starts(life: Rehearsal): (string | undefined)[] {
  return jobs(life).map(job =>
    job.metadata.annotations?.['batch.kubernetes.io/cronjob-scheduled-timestamp']?.slice(11, 16),
  );
}

function tellings(life: Rehearsal): string[] {
  return ofKind(life.list('Event'), 'Event').flatMap(event =>
    event.involvedObject.kind === 'CronJob' ? [`${event.reason}: ${event.message}`] : [],
  );
}

test('a job is made at each time of the schedule, and the three last that succeeded are kept', () => {
  const life = startCron();
  settleFor(life, 4 * minute);
  expect(jobs(life)).toEqual([]);
  settleFor(life, 2 * minute);
  expect(starts(life)).toEqual(['08:35']);
  expect(jobs(life)[0]?.metadata.name).toMatch(/^report-\d{8}$/);
  settleFor(life, 30 * minute);
  expect(starts(life)).toEqual(['08:55', '09:00', '09:05']);
  expect(theCron(life).status).toMatchObject({
    lastScheduleTime: '2026-03-02T09:05:00Z',
    lastSuccessfulTime: expect.stringContaining('T09:05:'),
  });
  const [name] = jobs(life).map(job => job.metadata.name);
  expect(tellings(life)).toEqual(
    expect.arrayContaining([
      `SuccessfulCreate: Created job ${name}`,
      `SawCompletedJob: Saw completed job: ${name}, condition: Complete`,
    ]),
  );
});

test.each([
  ['Allow', ['08:35', '08:40']],
  ['Forbid', ['08:35']],
  ['Replace', ['08:40']],
])('while a job still runs the policy %s leaves those of %j', (concurrencyPolicy, expected) => {
  const life = startCron({ concurrencyPolicy, image: 'long:1' });
  settleFor(life, 11 * minute);
  expect(starts(life)).toEqual(expected);
  expect(theCron(life).status?.active).toHaveLength(expected.length);
  const passed = tellings(life).filter(text => text.startsWith('JobAlreadyActive'));
  expect(passed).toHaveLength(concurrencyPolicy === 'Forbid' ? 1 : 0);
});

test('a job that was forbidden starts when the one before it is over', () => {
  const life = startCron({ concurrencyPolicy: 'Forbid', image: 'long:1' });
  settleFor(life, 15.5 * minute);
  expect(starts(life)).toEqual(['08:35', '08:45']);
});

test('the schedule is meant in its time zone', () => {
  const life = startCron({ schedule: '40 9 * * *', timeZone: 'Europe/Paris' });
  settleFor(life, 11 * minute);
  expect(starts(life)).toEqual(['08:40']);
});

test('what was missed while it was suspended is made up for once, unless it is too late for it', () => {
  const resumed = (spec: object) => {
    const life = startCron({ suspend: true, ...spec });
    settleFor(life, 17 * minute);
    expect(jobs(life)).toEqual([]);
    const before = theCron(life);
    life.apply({ do: 'update', object: { ...before, spec: { ...before.spec, suspend: false } } });
    settleFor(life, minute);
    return starts(life);
  };
  expect(resumed({})).toEqual(['08:45']);
  expect(resumed({ startingDeadlineSeconds: 60 })).toEqual([]);
});

test('a job that a person made of its template belongs to it and is not taken for a run', () => {
  const life = startCron({ schedule: '0 0 1 1 *' });
  settleFor(life, minute);
  const { metadata, spec } = theCron(life);
  const owner = {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    name: metadata.name,
    uid: metadata.uid ?? '',
    controller: true,
  };
  const job = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'by-hand', namespace: 'shop', ownerReferences: [owner] },
    spec: spec.jobTemplate.spec,
  };
  life.apply({ do: 'create', object: job });
  settleFor(life, minute);
  expect(theCron(life).status).toEqual({ lastSuccessfulTime: jobs(life)[0]?.status?.completionTime });
  expect(tellings(life)).toEqual([
    'UnexpectedJob: Saw a job that the controller did not create or forgot: by-hand',
  ]);
});

test('its jobs go with it', () => {
  const life = startCron();
  settleFor(life, 6 * minute);
  remove(life, { kind: 'CronJob', name: 'report' });
  settleFor(life, minute);
  expect([...jobs(life), ...life.list('Pod')]).toEqual([]);
});
