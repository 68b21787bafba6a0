import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JsonObject } from '../../../src/core/json.ts';
import { refusal } from '../../support/meddled-wire.ts';
import { defineAttack, judge } from '../attack.ts';
import type { Ground } from '../ground.ts';
import { decide, propose } from '../person.ts';
import { secretsByType, secretValue, textsByForm } from './planted.ts';
import { startPlanted } from './planted-world.ts';
import { Catch, told, tracesBelow } from './traces.ts';

const meta = (name: string): JsonObject => ({ name, namespace: 'shop' });

/** What an agent would apply: a secret in each place that a manifest has for one. */
function manifests(round: number): Record<string, JsonObject> {
  const note = { 'shop.example/round': String(round) };
  return {
    secret: {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { ...meta('made'), annotations: note },
      stringData: {
        ...Object.assign({}, ...Object.values(secretsByType).map(({ entries }) => entries)),
        round: `${round}`,
      },
    },
    configmap: {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { ...meta('made'), annotations: note },
      data: { ...textsByForm, dbPassword: secretValue('a key of a ConfigMap') },
    },
    deployment: {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: meta('made'),
      spec: {
        replicas: 1,
        selector: { matchLabels: { app: 'made' } },
        template: {
          metadata: { labels: { app: 'made' }, annotations: { ...note, ...textsByForm } },
          spec: {
            containers: [
              {
                name: 'made',
                image: 'shop/web:1',
                command: ['serve', '--password', secretValue('a flag and its value')],
                args: [`--db-password=${secretValue('a flag with its value')}`],
                env: [{ name: 'DB_PASSWORD', value: secretValue('a variable') }],
              },
            ],
          },
        },
      },
    },
    database: {
      apiVersion: 'shop.example/v1',
      kind: 'Database',
      metadata: { ...meta('made'), annotations: note },
      spec: { password: secretValue('a field of a custom object'), connection: textsByForm['dsn'] ?? '' },
    },
  };
}

export const secretsInChanges = defineAttack({
  name: 'secrets-in-changes',
  adversary: 'secret hunt',
  does: 'Proposes manifests with a secret in each place, twice, has alice approve them at a terminal, has the server refuse one and quote all of it, and takes one back.',
  must: 'Not twelve characters of any reach an answer, the screen, the log, an export, or any file of the home, the store among them, while tickets are open and after; but the words of a command, which whoever approves it sees and nobody else.',
  needs: 'script',
  async run(ground) {
    const cluster = await startPlanted(ground);
    const sources = join(ground.dir, 'sources');
    const temporary = join(ground.dir, 'temporary');
    await mkdir(sources);
    await mkdir(temporary);
    ground.home.env['VIGIE_LOG'] = 'debug';
    ground.home.env['TMPDIR'] = temporary;
    const passphrase = await ground.approver('alice');
    await ground.accept(passphrase);
    const left = new Catch();
    const keep = async (...words: string[]): Promise<string> => {
      const { stdout, stderr } = await ground.run(...words);
      left.add(words.join(' '), `${stdout}\n${stderr}`);
      return stdout;
    };
    let files = 0;
    const search = (when: string): void => {
      for (const folder of [join(ground.dir, 'home'), temporary]) {
        const below = tracesBelow(folder);
        files += below.files;
        for (const find of below.found) left.add(`${when}, ${find}`, secretValue('a variable'));
      }
    };
    const ids: string[] = [];
    for (const round of [1, 2]) {
      for (const [name, manifest] of Object.entries(manifests(round))) {
        // Twice what has a value before: a rotated Secret, and what the server will refuse.
        if (round === 2 && name !== 'secret' && name !== 'configmap') continue;
        const file = join(sources, `${name}-${round}.json`);
        await writeFile(file, JSON.stringify(manifest));
        const id = await proposed(ground, { file, left });
        ids.push(id);
        await keep('changes', 'get', id, '-o', round === 1 ? 'json' : 'table');
        search('while the ticket is open');
        if (name === 'configmap' && round === 2) cluster.meddle(quoting(manifest));
        const { shown } = await decide(ground, { id, passphrase, ...shownName(manifest) });
        left.add(`approve ${name}`, withoutWordsThatRun(shown));
        cluster.meddle({});
      }
    }
    const [first = ''] = ids.slice(-1);
    await keep('changes', 'undo', first);
    for (const words of [
      ['approvals', '-o', 'json'],
      ['changes', 'list', '-o', 'json'],
      ['audit', 'list', '-o', 'yaml'],
      ['audit', 'export'],
      ['doctor'],
    ])
      await keep(...words);
    search('in the end');
    const found = left.found();
    const states = await keep('changes', 'list', '-o', 'json');
    const done = states.split('"done"').length - 1;
    return judge(
      `${ids.length} changes, ${done} done, ${left.bytes} bytes and ${files} files: ${told(found)}`,
      {
        'most were made, and one was refused': done >= 5 && /"failed"|"returned"|"plan_changed"/.test(states),
        'the store was searched': files >= ids.length * 2,
        'nothing was found': found.length === 0,
      },
    );
  },
});

/** What was shown up to the passphrase, without what the approver must see of a command; and all that came after it. */
function withoutWordsThatRun(shown: string): string {
  const [screen = '', ...after] = shown.split('Passphrase of');
  const words = ['a flag and its value', 'a flag with its value'].map(secretValue);
  return [words.reduce((text, word) => text.replaceAll(word, ''), screen), ...after].join('Passphrase of');
}

async function proposed(ground: Ground, { file, left }: { file: string; left: Catch }): Promise<string> {
  const reason = `rotate to ${textsByForm['flag'] ?? ''}`;
  const { stdout, stderr } = await ground.run('k8s', 'apply', '-f', file, '--wait', '5s', '--reason', reason);
  left.add(`apply ${file}`, `${stdout}\n${stderr}`);
  const id = /vigie approve (\w{8})/.exec(stdout)?.[1];
  return id ?? propose(ground, 'apply', '-f', file);
}

/** Secrets are of high risk, whose name has to be typed. */
function shownName(manifest: JsonObject): { name: string } | undefined {
  return manifest['kind'] === 'Secret' || manifest['kind'] === 'Database' || manifest['kind'] === 'Deployment'
    ? { name: 'made' }
    : undefined;
}

/** An API server, or a webhook before it, that quotes all it was sent. */
function quoting(manifest: JsonObject): Parameters<Awaited<ReturnType<Ground['cluster']>>['meddle']>[0] {
  return {
    before: ({ isWrite, body }) =>
      isWrite
        ? refusal(422, {
            reason: 'Invalid',
            message: `ConfigMap "made" is invalid: ${body} ${JSON.stringify(manifest)}`,
            details: { causes: [{ reason: 'FieldValueInvalid', message: body, field: 'data' }] },
          })
        : undefined,
  };
}
