import type { JsonObject } from '../../../../src/core/json.ts';
import type { Ask } from '../ask.ts';
import { least, spaced } from './kinds-in-the-least.ts';
import { moreKinds } from './more-kinds.ts';
import { asTable, get, namespace, patch, post, put, remove } from './say.ts';

// Each kind from its making to its end: what is completed, who owns what, how it is shown, and how it goes.

const firstOfKind = [...Map.groupBy([...least, ...moreKinds], ([, kind]) => kind).values()].flatMap(same =>
  same.slice(0, 1),
);

function versionOf(path: string): string {
  return /^\/apis?\/(.+?)(?:\/namespaces\/|\/[a-z]+$)/.exec(path)?.[1] ?? 'v1';
}

function lifeOf([collection, kind, more]: [string, string, JsonObject]): Ask[] {
  const name = `life-${kind.toLowerCase()}`;
  const path = `${collection}/${name}`;
  const labels = `?labelSelector=${encodeURIComponent('of=life')}`;
  const body = {
    apiVersion: versionOf(collection),
    kind,
    metadata: { name, labels: { of: 'life' } },
    ...(kind === 'Pod' ? { spec: { ...(more['spec'] as JsonObject), schedulerName: 'nobody' } } : more),
  };
  const said = (what: string): string => `${kind}: ${what}`;
  const bare = { apiVersion: body.apiVersion, kind, metadata: { name } };
  return [
    post(said('made'), `${collection}?fieldManager=t`, body),
    post(said('made again'), collection, body),
    get(said('a row'), `${path}?includeObject=None`, { headers: asTable }),
    get(said('listed'), `${collection}${labels}&limit=5`),
    get(said('listed as a table'), `${collection}${labels}`, { headers: asTable }),
    patch(
      said('annotated'),
      `${path}?fieldManager=u`,
      { metadata: { annotations: { note: 'x' } } },
      { as: 'strategic' },
    ),
    patch(
      said('labelled by apply'),
      `${path}?fieldManager=v`,
      { ...bare, metadata: { name, labels: { applied: 'yes' } } },
      { as: 'apply' },
    ),
    put(said('put at an old version'), path, {
      ...body,
      metadata: { ...body.metadata, resourceVersion: `<<${said('made')}|metadata.resourceVersion>>` },
    }),
    put(said('put without a version'), `${path}?fieldManager=t`, body),
    get(said('watched from the start'), `${collection}${labels}&watch=1`, {
      headers: asTable,
      watch: { events: 1 },
    }),
    get(said('its status'), `${path}/status`, { compare: 'reason' }),
    get(said('its scale'), `${path}/scale`),
    remove(said('deleted dry'), `${path}?dryRun=All`),
    remove(said('deleted'), path),
    get(said('gone'), path),
  ];
}

export const lives: Ask[] = [
  ...namespace('twin'),
  ...firstOfKind.flatMap(lifeOf),
  get('no rows', `/api/v1${spaced}/configmaps?labelSelector=of%3Dnone`, { headers: asTable }),
];
