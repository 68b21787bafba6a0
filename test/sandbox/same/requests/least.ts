import type { JsonObject } from '../../../../src/core/json.ts';
import type { Ask } from '../ask.ts';
import { least, spaced, wrong } from './kinds-in-the-least.ts';
import { asTable, namespace } from './say.ts';

const dry = '?dryRun=All&fieldManager=t';
const collection = `/api/v1${spaced}/configmaps`;
const applied = { 'content-type': 'application/apply-patch+yaml' };
const merged = { 'content-type': 'application/merge-patch+json' };

function apply(name: string, more: { path?: string; manager: string; force?: true; body: JsonObject }): Ask {
  const { path = `${collection}/s`, manager, force, body } = more;
  return {
    name,
    method: 'PATCH',
    path: `${path}?fieldManager=${manager}${force === undefined ? '' : '&force=true'}`,
    headers: applied,
    body,
  };
}

const shared = (data: JsonObject): JsonObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 's' },
  data,
});
const service = (ports: JsonObject[]): JsonObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'p' },
  spec: { ports },
});
const servicePath = `/api/v1${spaced}/services/p`;
// Bound by nobody, so that it stays as it was written on both.
const idlePod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'idle', labels: { app: 'idle' } },
  spec: { schedulerName: 'nobody', containers: [{ name: 'c', image: 'i' }] },
};

/** One object through many hands: who owns what after each. */
const hands: Ask[] = [
  apply('a makes it', { manager: 'a', body: shared({ one: '1', two: '2' }) }),
  apply('b shares an equal value', { manager: 'b', body: shared({ one: '1', three: '3' }) }),
  apply('a lets go of what b has too', { manager: 'a', body: shared({ two: '2' }) }),
  apply('c wants another value', { manager: 'c', body: shared({ one: 'x', two: 'y' }) }),
  apply('c takes it by force', { manager: 'c', force: true, body: shared({ one: 'x', two: 'y' }) }),
  apply('a lets go of what it lost', { manager: 'a', body: shared({}) }),
  apply('nothing new', { manager: 'c', body: shared({ one: 'x', two: 'y' }) }),
  {
    name: 'd updates it',
    method: 'PATCH',
    path: `${collection}/s?fieldManager=d`,
    headers: merged,
    body: { data: { one: 'd', four: null } },
  },
  apply('c again conflicts with an update', { manager: 'c', body: shared({ one: 'x' }) }),
  { name: 'read with its owners', method: 'GET', path: `${collection}/s` },
  apply('ports by name and number', {
    path: servicePath,
    manager: 'a',
    body: service([{ name: 'a', port: 80 }]),
  }),
  apply('a port of another manager', {
    path: servicePath,
    manager: 'b',
    body: service([{ name: 'b', port: 81 }]),
  }),
  apply('another target of a foreign port', {
    path: servicePath,
    manager: 'b',
    body: service([
      { name: 'b', port: 81 },
      { name: 'a', port: 80, targetPort: 8080 },
    ]),
  }),
  apply('a port that goes', { path: servicePath, manager: 'b', body: service([]) }),
  apply('the same port twice', {
    path: servicePath,
    manager: 'a',
    body: service([{ port: 80 }, { port: 80 }]),
  }),
  { name: 'an idle pod', method: 'POST', path: `/api/v1${spaced}/pods?fieldManager=t`, body: idlePod },
  {
    name: 'its status by its own door',
    method: 'PATCH',
    path: `/api/v1${spaced}/pods/idle/status?fieldManager=k`,
    headers: merged,
    body: {
      status: { phase: 'Running', podIP: '10.1.1.9', podIPs: [{ ip: '10.1.1.9' }] },
      spec: { nodeName: 'ignored' },
    },
  },
  {
    name: 'strategic merge of its labels and image',
    method: 'PATCH',
    path: `/api/v1${spaced}/pods/idle?fieldManager=t`,
    headers: { 'content-type': 'application/strategic-merge-patch+json' },
    body: { metadata: { labels: { more: '1' } }, spec: { containers: [{ name: 'c', image: 'j' }] } },
  },
  {
    name: 'its eviction, dry',
    method: 'POST',
    path: `/api/v1${spaced}/pods/idle/eviction`,
    body: {
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name: 'idle' },
      deleteOptions: { dryRun: ['All'] },
    },
  },
];

const selectors = ['app', '!app', 'app in (idle,x)', 'app notin (idle)', 'app!=idle', 'app=idle,more=1'];
const fields = [
  'status.phase=Running',
  'spec.nodeName=',
  'metadata.namespace!=twin',
  'status.phase=Running,spec.schedulerName=nobody',
];
const tables = ['pods', 'services', 'secrets', 'resourcequotas', 'limitranges', 'persistentvolumeclaims'];

const metadata = (name: string): JsonObject => ({ name });
const versionOf = (path: string): string =>
  /^\/apis?\/(.+?)(?:\/namespaces|\/[a-z]+$)/.exec(path)?.[1] ?? 'v1';

/** Everything that is asked of both, in this order. */
export const leastAndHands: Ask[] = [
  ...namespace('twin'),
  ...least.map(([path, kind, more], index) => ({
    name: `${kind} in the least (${index})`,
    method: 'POST',
    path: path + dry,
    body: { apiVersion: versionOf(path), kind, metadata: metadata('least'), ...more },
  })),
  ...wrong.map(([why, path, kind, more]) => ({
    name: why,
    method: 'POST',
    path: path + dry,
    body: { apiVersion: versionOf(path), kind, metadata: metadata('wrong'), ...more },
  })),
  ...hands,
  ...selectors.map(labels => ({
    name: `pods where ${labels}`,
    method: 'GET',
    path: `/api/v1${spaced}/pods?labelSelector=${encodeURIComponent(labels)}&includeObject=None`,
    headers: asTable,
  })),
  ...fields.map(each => ({
    name: `pods with ${each}`,
    method: 'GET',
    path: `/api/v1${spaced}/pods?fieldSelector=${encodeURIComponent(each)}&includeObject=None`,
    headers: asTable,
  })),
  ...tables.map(kind => ({
    name: `${kind} as a table`,
    method: 'GET',
    path: `/api/v1${spaced}/${kind}?includeObject=None`,
    headers: asTable,
  })),
];
