import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { openSqliteJournal } from '../../../src/store/journal/sqlite-journal.ts';
import { CliHome } from '../../support/command-line.ts';

let home: CliHome;
beforeEach(async () => {
  home = await CliHome.make();
});
afterEach(() => home.remove());

interface Told {
  area: string;
  state: string;
  what: string;
  todo?: string;
}

async function triggersTold(triggers: string): Promise<Told[]> {
  await writeFile(
    join(home.dir, 'vigie.yaml'),
    `witness: {journal: false}\n${triggers}environments: {box: {sandbox: {world: shop}}}\n`,
    { mode: 0o600 },
  );
  const { stdout } = await home.run('doctor', '-o', 'json');
  const { checks }: { checks: Told[] } = JSON.parse(stdout);
  return checks.filter(({ area }) => area === 'triggers');
}

test('doctor says of what starts by itself whether it can, and whether a worker sees to it', async () => {
  expect(await triggersTold('')).toEqual([]);
  // Each day at the minute that it was two hours ago.
  const ago = new Date(Date.now() - 2 * 3_600_000);
  const cron = `${ago.getUTCMinutes()} ${ago.getUTCHours()} * * *`;
  const folder = join(home.dir, 'playbooks', 'daily');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(
    join(folder, 'playbook.yaml'),
    `apiVersion: vigie/v1
kind: Playbook
metadata: {name: daily, title: A trial}
on: {schedule: {cron: "${cron}"}, event: {match: event.count > 1}}
steps: [{id: see, tool: k8s_list, with: {kind: Pod}}]
`,
    { mode: 0o600 },
  );
  const named = (list: string): string =>
    `playbooks: {directory: ${join(home.dir, 'playbooks')}, triggers: ${list}}\n`;
  expect(await triggersTold(named('[daily, gone, nightly-health-raport, deploy]'))).toEqual([
    {
      area: 'triggers',
      state: 'wrong',
      what: 'gone starts by nothing: There is no playbook gone.',
      todo: 'vigie playbooks list',
    },
    {
      area: 'triggers',
      state: 'wrong',
      what: 'nightly-health-raport starts by nothing: There is no playbook nightly-health-raport.',
      todo: 'Did you mean nightly-health-report?',
    },
    {
      area: 'triggers',
      state: 'wrong',
      what: 'deploy starts by nothing: Of its triggers there is only chat, which nothing serves yet.',
      todo: 'Give it alert, schedule, event or webhook under on, or take it out of playbooks.triggers.',
    },
    ...['schedule', 'event'].map(by => ({
      area: 'triggers',
      state: 'note',
      what: `daily in box: no worker has seen its ${by} yet`,
      todo: 'vigie worker',
    })),
  ]);
  await mkdir(join(home.dir, 'home'), { recursive: true, mode: 0o700 });
  const journal = await openSqliteJournal({
    file: join(home.dir, 'home', 'runs.db'),
    now: () => Date.now(),
  });
  onTestFinished(() => journal.close());
  const schedule = `daily/box ${cron} UTC`;
  const days3 = 3 * 24 * 3_600_000;
  await journal.tick({ schedule: 'events daily/box', at: Date.now() - days3 });
  await journal.tick({ schedule, at: Date.now() - days3 });
  expect(await triggersTold(named('[daily]'))).toMatchObject([
    {
      state: 'wrong',
      what: expect.stringMatching(/^daily in box: it came round at \S+Z, and no worker saw to it$/),
    },
  ]);
  await journal.tick({ schedule, at: Date.now() });
  expect(await triggersTold(named('[daily]'))).toMatchObject([
    { state: 'fine', what: expect.stringMatching(/^1 schedule of playbooks, the next at \S+Z$/) },
  ]);
});

test('doctor says of what starts by itself where it would wait for people that there are not', async () => {
  const folder = join(home.dir, 'playbooks', 'asks');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const gate = (name: string, more: string): string =>
    `  - {id: ${name}, approval: {for: [${name}-up], ${more}}}
  - {id: ${name}-up, tool: k8s_scale, with: {target: {kind: Deployment, name: cart, namespace: shop}, replicas: 4}}
`;
  await writeFile(
    join(folder, 'playbook.yaml'),
    `apiVersion: vigie/v1
kind: Playbook
metadata: {name: asks, title: A trial}
on: {schedule: {cron: "0 6 * * *"}}
steps:
  - {playbook: broken}
${gate('anybody', 'min: 1')}${gate('divers', 'from: [divers]')}${gate('both', 'min: 2')}${gate('perhaps', 'from: [divers], onTimeout: skip')}`,
    { mode: 0o600 },
  );
  await mkdir(join(home.dir, 'playbooks', 'broken'), { mode: 0o700 });
  await writeFile(
    join(home.dir, 'playbooks', 'broken', 'playbook.yaml'),
    'apiVersion: vigie/v1\nkind: Playbook\nmetadata: {name: broken, title: A trial}\nsteps: [{tool: k8s_lst}]\n',
    { mode: 0o600 },
  );
  const told = await triggersTold(
    `playbooks: {directory: ${join(home.dir, 'playbooks')}, triggers: [asks]}\n`,
  );
  const wrong = told.filter(({ state }) => state === 'wrong');
  // The run goes on behind one that is left out when nobody answers.
  expect(told).toContainEqual(
    expect.objectContaining({
      state: 'note',
      what: 'asks in box: nobody agrees at perhaps: nobody in vigie.yaml is in divers',
    }),
  );
  expect(wrong.at(-1)).toMatchObject({
    what: expect.stringMatching(/^called by what starts by itself: The playbook broken has mistakes/),
    todo: 'All of them, with what to write instead: vigie playbooks lint',
  });
  expect(wrong.slice(0, -1)).toEqual(
    ['divers: nobody in vigie.yaml is in divers', 'both: 2 approvers must agree, and box has none'].map(
      what => ({
        area: 'triggers',
        state: 'wrong',
        what: `asks in box: nobody agrees at ${what}`,
        todo: 'Groups stand in vigie.yaml, people: {alice: {groups: [oncall]}}; who has a key: vigie approvers list',
      }),
    ),
  );
});

test('a broken file of approvers hides neither a schedule that no worker sees to nor what nobody can agree to', async () => {
  const folder = join(home.dir, 'playbooks', 'asks');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(
    join(folder, 'playbook.yaml'),
    `apiVersion: vigie/v1
kind: Playbook
metadata: {name: asks, title: A trial}
on: {schedule: {cron: "0 6 * * *"}}
steps:
  - {id: both, approval: {for: [up], min: 2}}
  - {id: up, tool: k8s_scale, with: {target: {kind: Deployment, name: cart, namespace: shop}, replicas: 4}}
`,
    { mode: 0o600 },
  );
  await writeFile(join(home.dir, 'approvers.yaml'), 'approvers: 7\n', { mode: 0o600 });
  const told = await triggersTold(
    `playbooks: {directory: ${join(home.dir, 'playbooks')}, triggers: [asks]}\n`,
  );
  expect(told).toMatchObject([
    { state: 'note', what: 'asks in box: no worker has seen its schedule yet' },
    {
      state: 'wrong',
      what: expect.stringMatching(/^asks in box: nobody agrees at both: who may approve cannot be read: ./),
    },
  ]);
});

test('doctor says of a sender whose secret everybody may read that it is so', async () => {
  const file = join(home.dir, 'alerts.token');
  await writeFile(file, 'a-token-of-the-alertmanager', { mode: 0o600 });
  const senders = `triggers: {listen: 127.0.0.1:9094, alerts: {main: {bearer: "file:${file}"}}}\n`;
  expect(await triggersTold(senders)).toEqual([]);
  await chmod(file, 0o644);
  expect(await triggersTold(senders)).toEqual([
    {
      area: 'triggers',
      state: 'note',
      what: 'main: everybody on this machine may read its secret, and send in its name',
      todo: `chmod o-r ${file}`,
    },
  ]);
});
