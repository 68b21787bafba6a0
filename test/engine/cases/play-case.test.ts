import { expect, test } from 'vitest';
import { faultNamed } from '../../../src/cli/demo/faults.ts';
import { type CaseOutcome, playCase } from '../../../src/engine/cases/play-case.ts';
import { readCases } from '../../../src/engine/cases/read-cases.ts';
import { readPlaybook } from '../../../src/engine/language/read-playbook.ts';
import { playInSandbox } from '../../../src/play/play-in-sandbox.ts';

const scaling = `apiVersion: vigie/v1
kind: Playbook
metadata: {name: trial, title: A trial}
inputs: {replicas: {type: integer, default: 3}}
timeout: 1d
steps:
  - {id: more, tool: k8s_scale, with: {target: {kind: Deployment, name: cart, namespace: shop}, replicas: "\${{ inputs.replicas }}"}}
  - {id: nap, wait: {for: 10m}}
  - {id: never, if: inputs.replicas > 100, tool: k8s_scale, with: {target: {kind: Deployment, name: cart, namespace: shop}, replicas: 1}}
  - id: report
    set: {replicas: "\${{ inputs.replicas }}", names: [cart]}
`;
const failing = `${scaling}  - {id: gone, tool: k8s_get, with: {target: {kind: Deployment, name: nothing, namespace: shop}}}
`;

/** Plays the one case that is written, of a playbook that gives cart more pods. */
async function played(written: string, source = scaling): Promise<CaseOutcome> {
  const { cases } = await readCases(`apiVersion: vigie/v1\nkind: PlaybookTest\ncases:\n  - ${written}\n`);
  const [one] = cases ?? [];
  const read = await readPlaybook(source);
  if (one === undefined || read.playbook === undefined) throw new Error(`cannot be read: ${written}`);
  return playCase(one, {
    playbook: read.playbook,
    digest: read.digest,
    source,
    definitionOf: async name => {
      throw new Error(`there is no ${name}`);
    },
    signal: new AbortController().signal,
    play: (order, use) => playInSandbox(order, { use, version: '0.0.0' }),
    faultNamed: name => faultNamed(name).writes,
  });
}

test('a case that comes out as expected has no problem', async () => {
  const outcome = await played(
    '{name: one, expect: {status: done, steps: {more: done, never: skipped}, asked: 0, report: {replicas: 3, names: [cart]}, objects: [{kind: Deployment, name: cart, namespace: shop, field: spec.replicas, is: 3}, {kind: Deployment, name: nothing, namespace: shop, gone: true}]}}',
  );
  expect(outcome).toMatchObject({ name: 'one', ok: true, problems: [] });
  expect(outcome.tookMs).toBeGreaterThan(600_000);
});

test('each thing that came out otherwise is told', async () => {
  const outcome = await played(
    '{name: one, expect: {status: failed, failure: DENIED, undone: true, steps: {more: skipped, none: done}, asked: 2, report: {replicas: 4}, objects: [{kind: Deployment, name: cart, namespace: shop, field: spec.replicas, is: 2}, {kind: Deployment, name: cart, namespace: shop, gone: true}]}}',
  );
  expect(outcome.ok).toBe(false);
  expect(outcome.problems).toEqual([
    'the run is done, not failed',
    'it failed with no code, not DENIED',
    'the step more is done, not skipped',
    'the playbook has no step none: more?',
    'people were asked 0 times, not 2',
    'it reports replicas as 3, not 4',
    'Deployment/cart in shop is not as it was before the run',
    'Deployment/cart in shop: spec.replicas is 3, not 2',
    'Deployment/cart in shop is still there',
  ]);
});

test('what is taken back is as before; and where a playbook leaves it, the case fails', async () => {
  const expected = '{name: one, expect: {status: failed, undone: true, steps: {more: undone}}}';
  expect(await played(expected, `${failing}onFailure: {undo: completedInReverse}\n`)).toMatchObject({
    problems: [],
  });
  const left = await played(expected, `${failing}onFailure: {undo: none}\n`);
  expect(left.problems).toContain('Deployment/cart in shop is not as it was before the run');
});

test('a finding that the fault does not bring fails the case before it runs', async () => {
  const outcome = await played('{name: one, expect: {status: done, healed: [OUT_OF_MEMORY]}}');
  expect(outcome).toMatchObject({ ok: false });
  expect(outcome.tookMs).toBeUndefined();
  expect(outcome.problems[0]).toContain(
    'finds no OUT_OF_MEMORY (it finds nothing): the fault does not bring it',
  );
});

test('a finding that is still there after the run is not healed', async () => {
  const { problems } = await played(
    '{name: one, fault: image-tag, expect: {status: done, healed: [IMAGE_NOT_FOUND]}}',
  );
  expect(problems).toEqual(['IMAGE_NOT_FOUND is not healed']);
});

test('what happens meanwhile happens at its moment, and the run sees it', async () => {
  const waiting = `apiVersion: vigie/v1
kind: Playbook
metadata: {name: trial, title: A trial}
steps:
  - {id: there, wait: {tool: k8s_list, with: {kind: ConfigMap, namespace: shop, format: json}, until: 'output.rows.exists(r, r.name == "late")', every: 10s, within: 30m}}
`;
  const late =
    'meanwhile: [{after: 12m, create: {apiVersion: v1, kind: ConfigMap, metadata: {name: late, namespace: shop}}}]';
  const outcome = await played(`{name: one, ${late}, expect: {status: done}}`, waiting);
  expect(outcome.problems).toEqual([]);
  expect(outcome.tookMs).toBeGreaterThanOrEqual(720_000);
  expect(outcome.tookMs).toBeLessThan(800_000);
  expect((await played('{name: one, expect: {status: done}}', waiting)).ok).toBe(false);
});

test.each([
  {
    what: 'a fault that there is not',
    text: 'fault: imge-tag',
    why: 'There is no fault imge-tag, only image-tag',
  },
  { what: 'a world by a path', text: 'world: ../../etc/passwd', why: 'A world is named shop or faults' },
  {
    what: 'a kind that is not served',
    text: 'fault: [{delete: {kind: Nothing, name: x}}]',
    why: 'serves no kind Nothing',
  },
  {
    what: 'an object that the cluster refuses',
    text: 'fault: [{create: {apiVersion: v1, kind: Service, metadata: {name: x, namespace: shop}, spec: {ports: []}}}]',
    why: 'was not taken',
  },
  {
    what: 'an object of a world without a kind',
    text: 'world: {objects: [{metadata: {name: x}}]}',
    why: 'cannot be used',
  },
  { what: 'an input that it does not take', text: 'inputs: {replcas: 3}', why: 'it takes no replcas' },
])('$what fails the case, and says why', async ({ text, why }) => {
  const outcome = await played(`{name: one, ${text}, expect: {status: done}}`);
  expect(outcome.ok).toBe(false);
  expect(outcome.problems.join('\n')).toContain(why);
});

test('a step that the playbook does not have is a mistake of the case, also where it is to be left out', async () => {
  const outcome = await played('{name: one, expect: {status: done, steps: {neverr: skipped}}}');
  expect(outcome.problems).toEqual(['the playbook has no step neverr: never?']);
});

test('kinds that a case takes from Vigie cannot be read, all others can', async () => {
  const listing = (kind: string) => `apiVersion: vigie/v1
kind: Playbook
metadata: {name: trial, title: A trial}
steps:
  - {id: pods, tool: k8s_list, with: {kind: ${kind}, namespace: shop}}
`;
  const refused = '{name: one, unread: [Pod, Event], expect: {status: failed, failure: FORBIDDEN}}';
  expect(await played(refused, listing('Pod'))).toMatchObject({ problems: [] });
  const read = '{name: one, unread: [Pod, Event], expect: {status: done}}';
  expect(await played(read, listing('Deployment'))).toMatchObject({ problems: [] });
  expect(await played('{name: one, unread: [Podd], expect: {status: done}}')).toMatchObject({
    problems: ['The world serves no kind Podd.'],
  });
});

test('a case names the environment that it is played in', async () => {
  const told = `apiVersion: vigie/v1
kind: Playbook
metadata: {name: trial, title: A trial}
steps:
  - {id: report, set: {where: "\${{ run.environment }}"}}
`;
  const outcome = await played(
    '{name: one, environment: prod-eu, expect: {status: done, report: {where: prod-eu}}}',
    told,
  );
  expect(outcome.problems).toEqual([]);
});
