import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildVigie } from '../../src/app.ts';
import { runTool } from '../../src/pipeline/run-tool.ts';
import { rejectTicket } from '../../src/pipeline/settle.ts';
import type { Vigie } from '../../src/pipeline/vigie.ts';
import { fc } from '../support/properties.ts';
import { agent, idOf, startVigie, type TestVigie } from '../support/start-vigie.ts';
import { type Meddled, startMeddled } from './meddler.ts';

/*
 * Judged on what the cluster itself got: method, path and query of every request, read here anew and not by the code that
 * made them.
 */

let running: TestVigie;
let reading: Vigie;
beforeAll(async () => {
  running = await startVigie({
    policy: '{low: ask, medium: ask, high: ask, budget: {openTickets: 100, proposalsPerHour: 1000}}',
  });
  reading = await buildVigie(
    { door: 'mcp-stdio', configFile: running.configFile, readOnly: true },
    { version: 'read-only', env: running.env, self: [], now: () => new Date() },
  );
});
afterAll(async () => {
  await reading.close();
  await running.stop();
});

const ours = ['shop', 'other'];
const readable = [undefined, 'log', 'scale', 'status'];
const reviews =
  /^\/apis\/(?:authorization\.k8s\.io\/v1\/(?:selfsubject(?:access|rules)|subjectaccess)reviews|authentication\.k8s\.io\/v1\/selfsubjectreviews)$/;
const documents = /^\/(?:version|api|apis|openapi\/v3)(?:\/|$)/;
const changeParameters = ['fieldManager', 'fieldValidation', 'force', 'dryRun'];
/** Of the small world and of what a plan looks at beside its targets. */
const namespacedKinds = [
  'pods',
  'configmaps',
  'secrets',
  'services',
  'events',
  'deployments',
  'replicasets',
  'horizontalpodautoscalers',
];

interface Place {
  namespace?: string | undefined;
  resource: string;
  name?: string | undefined;
  subresource?: string | undefined;
}

/** `/api/v1/namespaces/shop/pods/web/log` by its parts, counted from the left as an API server counts them. */
function placeOf(pathname: string): Place | undefined {
  const parts = pathname.split('/').slice(1);
  const rest = parts[0] === 'api' ? parts.slice(2) : parts[0] === 'apis' ? parts.slice(3) : [];
  const [first, second, third, ...more] = rest;
  if (first === undefined) return undefined;
  if (first === 'namespaces' && third !== undefined && !['status', 'finalize'].includes(third))
    return {
      namespace: second,
      resource: third,
      name: more[0],
      subresource: more.slice(1).join('/') || undefined,
    };
  return {
    resource: first,
    name: second,
    subresource: [third, ...more].filter(Boolean).join('/') || undefined,
  };
}

/** Why a request must not have left before anybody decided; undefined: it may. */
function fault({ method, path }: { method: string; path: string }): string | undefined {
  const { pathname, searchParams } = new URL(path, 'http://cluster');
  if (pathname !== path.split('?')[0]) return 'is another path for a parser of URLs';
  const place = placeOf(pathname);
  if (method === 'POST') return reviews.test(pathname) ? undefined : 'is a POST';
  if (place === undefined) return method === 'GET' && documents.test(pathname) ? undefined : 'is no object';
  const { namespace, resource, name, subresource } = place;
  if (namespace !== undefined && !ours.includes(namespace)) return 'lies in a namespace of others';
  if (namespace === undefined && namespacedKinds.includes(resource)) return 'goes over all namespaces';
  if (method === 'GET') return readable.includes(subresource) ? undefined : 'reads what does something';
  if (method !== 'PATCH' && method !== 'DELETE') return 'is another verb';
  if (namespace === undefined || name === undefined)
    return 'changes what belongs to no namespace, or many objects';
  if (subresource !== undefined && !(method === 'PATCH' && subresource === 'scale'))
    return 'is a subresource';
  const dryRun = searchParams.getAll('dryRun');
  if (dryRun.length !== 1 || dryRun[0] !== 'All') return 'is no dry run';
  const others = [...searchParams.keys()].filter(key => !changeParameters.includes(key));
  if (others.length > 0) return `has other parameters: ${others.join(', ')}`;
  if (method === 'PATCH' && searchParams.get('fieldManager') !== 'vigie') return 'writes under another name';
  return undefined;
}

function faults(): string[] {
  return running.sandbox
    .requests()
    .map(request => [fault(request), `${request.method} ${request.path}`])
    .filter(([why]) => why !== undefined)
    .map(parts => parts.join(': '));
}

/** What has been taken for another path, parameter, verb or namespace elsewhere. */
const twisted = [
  '?dryRun=All',
  'web?dryRun=All',
  'web?fieldManager=x#',
  'web&dryRun=None',
  'web;dryRun=None',
  '?dryrun=All',
  '#',
  '..',
  '%2e%2e',
  '../../kube-system/secrets/x',
  'web/scale',
  'web/../../../other/configmaps/theirs',
  'web%2Fscale',
  'web\r\nX-HTTP-Method-Override: DELETE',
  'kube-system',
  'default',
  '*',
  '',
  '-A',
  'shop,kube-system',
  'web?force=true',
  'wеb',
  '\u0000',
  '__proto__',
];
const real = ['web', 'api', 'settings', 'db', 'shop', 'other', 'new'];
const word = fc.oneof(
  fc.constantFrom(...real),
  fc.constantFrom(...twisted),
  fc.tuple(fc.constantFrom(...real), fc.constantFrom(...twisted)).map(parts => parts.join('')),
  fc.string({ unit: 'binary', maxLength: 12 }),
);
const kind = fc.oneof(
  fc.constantFrom('Deployment', 'ConfigMap', 'Secret', 'Service', 'Pod'),
  fc.constantFrom('Namespace', 'Node', 'ClusterRole', 'PersistentVolume', 'CustomResourceDefinition'),
  fc.constantFrom(
    'pods/exec',
    'pods/eviction',
    'deployments/scale',
    'serviceaccounts/token',
    'Eviction',
    'List',
  ),
  word,
);
const label = fc.oneof(word, fc.constantFrom('app', 'vigie.dev/protected', 'a/b/c'));
const ref = fc.record(
  { kind, name: word, namespace: word, apiVersion: word },
  { requiredKeys: ['kind', 'name'] },
);
/** An object that is there, with one thing about it that is not as it should be. */
const nearly = fc
  .tuple(
    fc.constantFrom(
      { kind: 'Deployment', name: 'web', namespace: 'shop' },
      { kind: 'ConfigMap', name: 'settings', namespace: 'shop' },
      { kind: 'Secret', name: 'db', namespace: 'shop' },
    ),
    fc.option(fc.record({ field: fc.constantFrom('kind', 'name', 'namespace', 'apiVersion'), text: word })),
  )
  .map(([good, bad]) => (bad === null ? good : { ...good, [bad.field]: bad.text }));
const target = fc.oneof({ weight: 3, arbitrary: nearly }, { weight: 1, arbitrary: ref });
const reason = fc.record({ reason: word }, { requiredKeys: [] });

const manifest = fc
  .record(
    {
      apiVersion: fc.constantFrom('v1', 'v1', 'apps/v1', 'v1?dryRun=All', '../v1'),
      kind: fc.oneof({ weight: 3, arbitrary: fc.constant('ConfigMap') }, { weight: 1, arbitrary: kind }),
      metadata: fc.record(
        {
          name: fc.oneof(fc.constantFrom('new', 'settings'), word),
          namespace: fc.oneof(fc.constantFrom('shop', 'other'), word),
          labels: fc.dictionary(label, word, { maxKeys: 2 }),
          annotations: fc.dictionary(label, word, { maxKeys: 2 }),
          managedFields: fc.array(
            fc.record({ manager: word, operation: fc.constantFrom('Apply', 'Update') }),
            {
              maxLength: 2,
            },
          ),
          uid: word,
          resourceVersion: word,
        },
        { requiredKeys: ['name'] },
      ),
      data: fc.dictionary(word, word, { maxKeys: 2 }),
      dryRun: fc.constantFrom('None', ['All']),
    },
    { requiredKeys: ['apiVersion', 'kind', 'metadata'] },
  )
  .map(object => JSON.stringify(object));

const changes = fc.oneof(
  fc
    .record({ target, replicas: fc.integer({ min: 0, max: 30 }) })
    .map(input => ['k8s_scale', input] as const),
  fc
    .record({ target, action: fc.constantFrom('restart', 'undo', 'pause', 'resume') })
    .map(input => ['k8s_rollout', input] as const),
  fc.record({ target }).map(input => ['k8s_delete', input] as const),
  fc
    .record({
      matching: fc.record({ kind, namespace: word, labelSelector: word }, { requiredKeys: ['kind'] }),
    })
    .map(input => ['k8s_delete', input] as const),
  fc
    .record({ manifest, namespace: word, force: fc.boolean() }, { requiredKeys: ['manifest'] })
    .map(input => ['k8s_apply', input] as const),
  fc.record({ id: word }).map(input => ['changes_undo', input] as const),
);

const reads = fc.oneof(
  fc.record({ target, field: word }, { requiredKeys: ['target'] }).map(input => ['k8s_get', input] as const),
  fc
    .record(
      { kind, namespace: word, labelSelector: word, fieldSelector: word, cursor: word },
      { requiredKeys: ['kind'] },
    )
    .map(input => ['k8s_list', input] as const),
  fc
    .record({ target, container: word, previous: fc.boolean() }, { requiredKeys: ['target'] })
    .map(input => ['k8s_logs', input] as const),
  fc.record({ target, namespace: word }, { requiredKeys: [] }).map(input => ['k8s_events', input] as const),
  fc.record({ target }).map(input => ['k8s_describe', input] as const),
  fc
    .record({ namespace: word, labelSelector: word }, { requiredKeys: [] })
    .map(input => ['k8s_top', input] as const),
  fc
    .record({ path: fc.oneof(kind, word), recursive: fc.boolean() }, { requiredKeys: ['path'] })
    .map(input => ['k8s_explain', input] as const),
  fc
    .record(
      { verb: fc.constantFrom('get', 'create'), resource: kind, name: word, namespace: word, as: word },
      { requiredKeys: ['verb', 'resource'] },
    )
    .map(input => ['k8s_access', input] as const),
);

const web = { kind: 'Deployment', name: 'web', namespace: 'shop' };
/** What nobody would find fault with, so that every tool comes as far as it can. */
const plain = [
  ['k8s_scale', { target: web, replicas: 3 }],
  ['k8s_rollout', { target: web, action: 'restart' }],
  ['k8s_delete', { target: web }],
  [
    'k8s_apply',
    { manifest: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: new, namespace: shop}\ndata: {a: b}' },
  ],
] as const;

test('whatever a change names, nothing but reads and dry runs of its own objects reaches the cluster before a person decides', async () => {
  const statuses = new Set<string>();
  await fc.assert(
    fc.asyncProperty(changes, reason, async ([tool, input], why) => {
      const result = await running.call(tool, { ...input, ...why });
      statuses.add(`${tool} ${result.status}`);
      if (result.status === 'approval_required')
        await rejectTicket(running.vigie, { id: idOf(result), person: 'alice' });
      expect(faults()).toEqual([]);
    }),
    { numRuns: 600, examples: plain.map(change => [change, {}]) },
  );
  // Some of each kind must have come as far as a ticket, or nothing was tried.
  for (const [tool] of plain) expect([...statuses]).toContain(`${tool} approval_required`);
  const seen = new Set(running.sandbox.requests().map(({ method }) => method));
  expect([...seen]).toEqual(expect.arrayContaining(['GET', 'PATCH', 'DELETE']));
});

test('read-only, whatever a call names, nothing leaves but reads, and no change is even offered', async () => {
  const signal = new AbortController().signal;
  await fc.assert(
    fc.asyncProperty(fc.oneof(reads, changes), async ([tool, input]) => {
      const result = await runTool(reading, { tool, input, actor: agent, signal, budgetBytes: 40_000 });
      if (reading.tools.every(({ name }) => name !== tool)) expect(result.data['code']).toBe('UNKNOWN_TOOL');
      expect(faults()).toEqual([]);
      expect(
        running.sandbox
          .requests()
          .filter(({ userAgent }) => userAgent === 'vigie/read-only')
          .filter(({ method, path }) => method !== 'GET' && !(method === 'POST' && reviews.test(path))),
      ).toEqual([]);
    }),
    { numRuns: 300 },
  );
  // Some of it must have come as far as the cluster.
  expect(running.sandbox.requests().map(({ userAgent }) => userAgent)).toContain('vigie/read-only');
  await expect(reading.environments[0]?.change(signal)).rejects.toMatchObject({ code: 'READ_ONLY' });
});

test('every write of every kind of change finds its own intent on disk', async () => {
  const vigie: Meddled = await startMeddled({ policy: '{low: allow, medium: ask, high: ask}' });
  const seen: string[] = [];
  vigie.meddle({
    async before({ isWrite, method, path }) {
      if (!isWrite) return undefined;
      const { changes: recorded, audit } = await vigie.vigie.store();
      const [executing] = await recorded.list({ states: ['executing'], limit: 1 });
      const events = executing === undefined ? [] : await audit.list({ changeId: executing.id, limit: 10 });
      const decided = events.some(({ event }) => event === 'approved' || event === 'started');
      seen.push(`${method} ${path.split('?')[0]} ${decided ? 'decided' : 'UNDECIDED'}`);
      return undefined;
    },
  });
  const inShop = (name: string) => ({ kind: 'Deployment', name, namespace: 'shop' });
  const plans: [string, object][] = [
    ['k8s_scale', { target: inShop('web'), replicas: 3 }],
    ['k8s_rollout', { target: inShop('web'), action: 'restart' }],
    [
      'k8s_apply',
      { manifest: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: new, namespace: shop}\ndata: {a: b}' },
    ],
    ['k8s_delete', { target: { kind: 'ConfigMap', name: 'new', namespace: 'shop' } }],
  ];
  for (const [tool, input] of plans) {
    const asked = await vigie.call(tool, input);
    const done = asked.status === 'approval_required' ? await vigie.approve(idOf(asked)) : asked;
    expect(['done', 'unverified'], done.text).toContain(done.status);
  }
  await vigie.stop();
  expect(seen.length).toBeGreaterThanOrEqual(plans.length);
  expect(seen.filter(line => line.endsWith('UNDECIDED'))).toEqual([]);
});
