import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isObject, type JsonObject } from '../../src/core/json.ts';
import { limits } from '../../src/core/limits.ts';
import type { CallResult } from '../../src/core/result.ts';
import { LocalDesk } from '../../src/desk/local.ts';
import { rejectTicket, reviewTicket } from '../../src/pipeline/settle.ts';
import { readResource } from '../../src/server/resources.ts';
import { agent, idOf } from '../support/start-vigie.ts';
import { type Meddled, startMeddled } from './meddler.ts';

/*
 * Who proposes a change with a guess of a Secret's value in it, in a field that has nothing to do with a secret, must not
 * be able to tell from what they are shown of it whether the guess is right. To all others the value stays masked.
 */
const right = 'planted-password-1234';
const wrong = 'planted-password-9999';
const roomy =
  'budget: {automaticPerHour: 1000, perObjectPerDay: 1000, openTickets: 100, proposalsPerHour: 1000}';

let asking: Meddled;
let allowing: Meddled;

/** With a Secret that was read, and a ConfigMap that holds its value in a text. */
async function startKnowing(policy: string): Promise<Meddled> {
  const home = await startMeddled({ policy });
  const data = { password: Buffer.from(right).toString('base64') };
  await put(home, 'secrets', { ...named('Secret', 'planted'), data });
  await put(home, 'configmaps', { ...named('ConfigMap', 'holds'), data: { note: `it is ${right} here` } });
  const read = await home.call('k8s_get', { target: { kind: 'Secret', name: 'planted', namespace: 'shop' } });
  expect(read.status, read.text).toBe('answered');
  return home;
}
const ask = `{low: ask, medium: ask, high: ask, ${roomy}}`;
const allow = `{low: allow, medium: allow, high: allow, ${roomy}}`;

beforeAll(async () => {
  asking = await startKnowing(ask);
  allowing = await startKnowing(allow);
});
afterAll(async () => {
  for (const each of [asking, allowing]) await each.stop();
});

function named(kind: string, name: string, more: JsonObject = {}): JsonObject {
  return { apiVersion: 'v1', kind, metadata: { name, namespace: 'shop', ...more } };
}

function put(home: Meddled, plural: string, object: JsonObject): Promise<JsonObject> {
  return home.admin('POST', `/api/v1/namespaces/shop/${plural}?fieldManager=vigie`, object);
}

function web(container: JsonObject, metadata: JsonObject = {}): JsonObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop', ...metadata },
    spec: { template: { spec: { containers: [{ name: 'web', ...container }] } } },
  };
}

const apply = (...objects: JsonObject[]) => ({
  manifest: objects.map(object => JSON.stringify(object)).join('\n---\n'),
  force: true,
});

type Case = [how: string, tool: string, input: (guess: string) => object];

const proposals: Case[] = [
  ['an annotation', 'k8s_apply', g => apply(web({}, { annotations: { note: g } }))],
  ['a label', 'k8s_apply', g => apply(web({}, { labels: { note: g } }))],
  [
    'a label of the Secret itself',
    'k8s_apply',
    g => apply(named('Secret', 'planted', { labels: { note: g } })),
  ],
  ['the name of a label', 'k8s_apply', g => apply(web({}, { labels: { [g]: 'a' } }))],
  ['a text of a ConfigMap', 'k8s_apply', g => apply({ ...named('ConfigMap', 'sent'), data: { a: g } })],
  ['a part of one', 'k8s_apply', g => apply({ ...named('ConfigMap', 'sent'), data: { a: `see\n${g}\n!` } })],
  ['a key of one', 'k8s_apply', g => apply({ ...named('ConfigMap', 'sent'), data: { [g]: 'a' } })],
  ['a variable', 'k8s_apply', g => apply(web({ env: [{ name: 'MODE', value: g }] }))],
  ['the name of a variable', 'k8s_apply', g => apply(web({ env: [{ name: g, value: 'a' }] }))],
  ['an image', 'k8s_apply', g => apply(web({ image: `shop/web:${g}` }))],
  ['a word of a command', 'k8s_apply', g => apply(web({ args: ['serve', g] }))],
  ['the name of a new object', 'k8s_apply', g => apply({ ...named('ConfigMap', g), data: { a: 'b' } })],
  [
    'the names of many',
    'k8s_apply',
    g => apply(...[1, 2, 3, 4].map(n => ({ ...named('ConfigMap', `${g}-${n}`), data: { a: 'b' } }))),
  ],
  [
    'hundreds of texts',
    'k8s_apply',
    g =>
      apply({
        ...named('ConfigMap', 'sent'),
        data: Object.fromEntries([...Array(150).keys()].map(n => [`k${n}`, n === 77 ? g : `guess-${n}`])),
      }),
  ],
  [
    'a text beside one that holds it',
    'k8s_apply',
    g => apply({ ...named('ConfigMap', 'holds'), data: { other: g } }),
  ],
  // The same change again is denied for a while after it was rejected.
  [
    'the reason to scale',
    'k8s_scale',
    g => ({ target: targetOf('web'), replicas: g === right ? 4 : 3, reason: g }),
  ],
];

function targetOf(name: string) {
  return { kind: 'Deployment', name, namespace: 'shop' };
}

/** What an answer says, without the guess and without what is of this one proposal or moment. */
function without(said: string, { guess, id }: { guess: string; id?: string }): string {
  const all = said
    .replaceAll(guess, 'GUESS')
    .replaceAll(/,?"auditHead":"[^"]*"|Audit head: \S+/g, '')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replaceAll(/spec.replicas 2 → \d|replicas: \d|adds \d pods?/g, 'REPLICAS')
    .replaceAll(/[0-9a-f]{64}/g, 'HASH')
    // What controllers did meanwhile.
    .replaceAll(/.* also changed since by kube-controller-manager at TIME(?:\n|$)/gm, '')
    .replaceAll(/(?<=\s|")\d+[smhd](?:\d+[smh])?(?=\s|"|$)/g, 'AGE')
    .replaceAll(/ {2,}/g, '  ');
  return id === undefined ? all : all.replaceAll(id, 'ID');
}

const saidIn = ({ status, text, data }: CallResult) => [status, text, JSON.stringify(data)].join('\n');

const textOf = (content: object) => ('text' in content ? String(content.text) : '');

const signal = new AbortController().signal;

/** All that the asker, or another, is shown of a change beside the answer to the proposal. */
async function shownOf(home: Meddled, { id, actor }: { id: string; actor: typeof agent }): Promise<string> {
  const [got, listed, asJson] = await Promise.all([
    home.call('changes_get', { id }, { actor }),
    home.call('changes_list', { limit: 1 }, { actor }),
    home.call('changes_list', { limit: 1, format: 'json' }, { actor }),
  ]);
  const { contents } = await readResource(home.vigie, { uri: `vigie://changes/${id}`, actor, signal });
  const all = await readResource(home.vigie, { uri: 'vigie://changes', actor, signal });
  // Of the lists the rows about this change: the others are of other tests.
  const rows = [listed.text, JSON.stringify(asJson.data['rows']), ...all.contents.map(textOf)]
    .flatMap(text => text.split('\n'))
    .filter(line => line.includes(id) && !line.startsWith('more: '));
  const desk = new LocalDesk(home.vigie, {
    login: actor.onBehalfOf,
    answerBytes: limits.responseBytes,
    socket: 'agent',
  });
  const { tickets } = await desk.tickets({});
  const ticket = tickets.find(one => one.id === id);
  const { digest: _digest, ...facts } = ticket ?? { digest: '' };
  return [saidIn(got), ...rows, ...contents.map(textOf), JSON.stringify(facts)].join('\n');
}

describe('what an asker is shown of a proposal is alike for a right guess and a wrong one:', () => {
  test.each(proposals)('%s', async (_how, tool, input) => {
    const seen: string[] = [];
    for (const guess of [wrong, right]) {
      const asked = await asking.call(tool, input(guess), { budgetBytes: 80_000 });
      expect(asked.status, asked.text).toBe('approval_required');
      const id = idOf(asked);
      const shown = await shownOf(asking, { id, actor: agent });
      const reject = { id, person: 'carol', reason: guess, socket: 'agent' as const };
      const rejected = await rejectTicket(asking.vigie, reject);
      expect(rejected.text).toContain(`; rejected by carol: ${guess}`);
      const after = await shownOf(asking, { id, actor: agent });
      const { audit } = await asking.vigie.store();
      const rows = await audit.list({ changeId: id, limit: 10 });
      const facts = JSON.stringify(rows.map(row => row.facts)).replaceAll(/"(?:digest)":"[^"]*"/g, '');
      const said = [saidIn(asked), shown, saidIn(rejected), after, facts].map(each =>
        without(each, { guess, id }),
      );
      seen.push(said.join('\n=====\n'));
    }
    expect(seen[1]).toBe(seen[0]);
    expect(seen[0]).toContain('GUESS');
  });

  test('by the prompt of a client that may say yes itself', async () => {
    const eliciting = await startKnowing(`{low: ask, medium: ask, high: ask, elicitation: true, ${roomy}}`);
    try {
      const seen: string[] = [];
      for (const guess of [wrong, right]) {
        const done = await eliciting.call(
          'k8s_apply',
          apply({ ...named('ConfigMap', `a-${guess}`), data: { a: guess } }),
          {
            elicit: async ({ summary, diff }) => {
              seen.push(without([summary, diff].join('\n'), { guess }));
              return 'accept';
            },
          },
        );
        expect(done.status, done.text).toBe('done');
        seen.push(without(saidIn(done), { guess, id: idOf(done) }));
      }
      expect(seen.slice(2)).toEqual(seen.slice(0, 2));
      expect(seen[0]).toContain('GUESS');
    } finally {
      await eliciting.stop();
    }
  });
});

// The old values of a Secret are never kept, and the next case would find its label.
const undoable = proposals.filter(([how, tool]) => tool === 'k8s_apply' && !how.includes('Secret'));

describe('what an asker is shown of an outcome is alike for a right guess and a wrong one:', () => {
  test.each(undoable)('%s', async (_how, tool, input) => {
    const seen: string[] = [];
    for (const guess of [wrong, right]) {
      const progress: string[] = [];
      const done = await allowing.call(tool, input(guess), {
        budgetBytes: 80_000,
        progress: line => progress.push(line),
      });
      expect(['done', 'unverified'], done.text).toContain(done.status);
      const id = idOf(done);
      const shown = await shownOf(allowing, { id, actor: agent });
      seen.push([saidIn(done), shown].map(each => without(each, { guess, id })).join('\n=====\n'));
      expect(progress.join('\n')).not.toContain('[redacted');
      const undone = await allowing.call('changes_undo', { id });
      expect(['done', 'unverified'], undone.text).toContain(undone.status);
    }
    expect(seen[1]).toBe(seen[0]);
  });
});

describe('to others the value stays masked:', () => {
  test('another asker, the approver, the audit and the files of the store', async () => {
    for (const policy of [ask, allow]) {
      const home = await startKnowing(policy);
      try {
        const kept = { ...named('ConfigMap', 'kept'), data: { a: right } };
        const id = idOf(await home.call('k8s_apply', { ...apply(kept), reason: `try ${right}` }));
        expect(await shownOf(home, { id, actor: agent })).toContain(`+  a: ${right}`);
        const shown = await shownOf(home, { id, actor: { ...agent, onBehalfOf: 'mallory' } });
        expect(shown).toContain('+  a: "[redacted #1]"');
        expect(shown).not.toContain(right);
        if (policy === ask) {
          const opened = await reviewTicket(home.vigie, { id, person: 'alice', signal });
          expect('review' in opened && opened.review.screen).toContain('+  a: "[redacted #1]"');
          expect(JSON.stringify(opened)).not.toContain(`a: ${right}`);
        }
        const files = readdirSync(join(home.dir, 'data'), { recursive: true, withFileTypes: true });
        for (const file of files.filter(one => one.isFile())) {
          const bytes = readFileSync(join(file.parentPath, file.name));
          expect(bytes.includes(right), file.name).toBe(false);
          expect(bytes.includes(Buffer.from(right).toString('base64')), file.name).toBe(false);
        }
      } finally {
        await home.stop();
      }
    }
  });

  test('what was sent as a secret stays masked for its asker too', async () => {
    const sent = { ...named('Secret', 'mine'), stringData: { password: right } };
    const both = apply(sent, { ...named('ConfigMap', 'mine'), data: { password: right } });
    const asked = await asking.call('k8s_apply', both);
    expect(asked.status, asked.text).toBe('approval_required');
    expect(saidIn(asked)).not.toContain(right);
    expect(await shownOf(asking, { id: idOf(asked), actor: agent })).not.toContain(right);
  });

  test('what stands in the cluster, beside the guess', async () => {
    const asked = await asking.call(
      'k8s_apply',
      apply({ ...named('ConfigMap', 'holds'), data: { note: `it was ${right} there`, more: right } }),
    );
    expect(asked.text).toMatch(/^- {2}note: "it is \[redacted #1\] here"$/m);
    expect(asked.text).toContain(`+  note: it was ${right} there`);
    expect(isObject(asked.data) && asked.data['summary']).toContain('it is [redacted #1] here →');
  });
});
