import type { Ask } from '../ask.ts';
import { asMetadata, asTable, configMap, get, idlePod, namespace, patch, post, remove } from './say.ts';

const maps = '/api/v1/namespaces/lists/configmaps';
const pods = '/api/v1/namespaces/lists/pods';
const metadataList = { accept: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1' };
const version = '<<listed|metadata.resourceVersion>>';
const initial = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan';

function accepted(accept: string): Ask {
  return get(`accept ${accept === '' ? 'nothing' : accept}`, `${maps}/a`, { headers: { accept } });
}

const pages: Ask[] = [
  get('listed', maps),
  get('first page', `${maps}?limit=2`),
  get('second page', `${maps}?limit=2&continue=<<first page|metadata.continue>>`),
  get('last page', `${maps}?limit=2&continue=<<second page|metadata.continue>>`),
  get('a page of a selection', `${maps}?limit=1&labelSelector=${encodeURIComponent('n in (1,2)')}`),
  get(
    'a page with a token and a version',
    `${maps}?limit=2&resourceVersion=1&continue=<<first page|metadata.continue>>`,
  ),
  get(
    'a page with a token and a rule',
    `${maps}?limit=2&resourceVersionMatch=Exact&continue=<<first page|metadata.continue>>`,
  ),
  get(
    'a page with a token and version 0',
    `${maps}?limit=2&resourceVersion=0&continue=<<first page|metadata.continue>>`,
  ),
  get('a page as a table', `${maps}?limit=2&includeObject=None`, { headers: asTable }),
  get(
    'the next page as a table',
    `${maps}?limit=2&includeObject=None&continue=<<a page as a table|metadata.continue>>`,
    {
      headers: asTable,
    },
  ),
  get('a page as metadata', `${maps}?limit=1`, { headers: metadataList }),
  get('a limit as large as the list', `${maps}?limit=5`),
  get('a limit below zero', `${maps}?limit=-1`),
  get('at the version listed', `${maps}?resourceVersion=${version}&resourceVersionMatch=Exact`),
  get('not older than listed', `${maps}?resourceVersion=${version}&resourceVersionMatch=NotOlderThan`),
  get('any version', `${maps}?resourceVersion=0`),
  get('any version by its rule', `${maps}?resourceVersion=0&resourceVersionMatch=NotOlderThan`),
  get('a version to come', `${maps}?resourceVersion=999999999&resourceVersionMatch=NotOlderThan`),
  get('an empty rule', `${maps}?resourceVersionMatch=`),
  get('one object not older than a version', `${maps}/a?resourceVersion=0`),
  get('one object at a version that is none', `${maps}/a?resourceVersion=x`),
  get('pretty', `${maps}/a?pretty=true`),
  get('a parameter that nobody knows', `${maps}/a?sorted=yes`),
  get('rows with their objects', `${maps}?includeObject=Object`, { headers: asTable }),
  get('rows with what is none', `${maps}?includeObject=Some`, { headers: asTable }),
  get('all namespaces, by name', '/api/v1/configmaps?fieldSelector=metadata.name%3Da'),
  get('all namespaces, by namespace', '/api/v1/configmaps?fieldSelector=metadata.namespace%3Dlists&limit=2'),
];

const labelSelectors = [
  'n',
  '!n',
  'n=1',
  'n==1',
  'n!=1',
  'n in (1,3)',
  'n notin (1)',
  'n=1,all=yes',
  'n>1',
  'n<3',
  'n=1,n=2',
  'n=',
  '',
];
const badLabelSelectors = [
  'n in 1',
  'a b',
  '=',
  'n=a b',
  '-n',
  `${'n'.repeat(64)}=1`,
  'n in ()',
  'n>x',
  'a/b/c=1',
  'n=1,,',
  `n=${'x'.repeat(64)}`,
];
const fieldSelectors = [
  'metadata.name=p',
  'metadata.name!=p',
  'spec.nodeName=',
  'spec.restartPolicy=Always',
  'status.phase=Pending',
  'status.podIP=',
  'spec.schedulerName=nobody',
  'spec.serviceAccountName=default',
  'status.nominatedNodeName=',
  'spec.hostNetwork=false',
  'metadata.name=p,status.phase=Pending',
];
const badFieldSelectors = [
  'spec.foo=1',
  'metadata.labels=x',
  'metadata.uid=1',
  'a',
  'a=b=c',
  'metadata.name in (p)',
];

const watches: Ask[] = [
  get('from now on', `${maps}?watch=1&resourceVersion=${version}&labelSelector=w`, {
    watch: {
      events: 5,
      during: [
        post(
          'made while watched',
          `${maps}?fieldManager=t`,
          configMap('w', { metadata: { name: 'w', labels: { w: '1' } } }),
        ),
        patch('changed while watched', `${maps}/w?fieldManager=t`, { data: { a: '1' } }),
        patch('out of the selection', `${maps}/w?fieldManager=t`, { metadata: { labels: { w: null } } }),
        patch('into the selection', `${maps}/w?fieldManager=t`, { metadata: { labels: { w: '2' } } }),
        remove('deleted while watched', `${maps}/w`),
      ],
    },
  }),
  get('all that happened since', `${maps}?watch=1&resourceVersion=${version}&timeoutSeconds=1`, {
    watch: { events: 9 },
  }),
  get(
    'what happened to one',
    `${maps}?watch=1&resourceVersion=${version}&fieldSelector=metadata.name%3Dw&timeoutSeconds=1`,
    {
      watch: { events: 9 },
    },
  ),
  get('from the start', `${maps}?watch=1&timeoutSeconds=1`, { watch: { events: 9 } }),
  get('from version 0', `${maps}?watch=true&resourceVersion=0&timeoutSeconds=1&labelSelector=n`, {
    watch: { events: 9 },
  }),
  get('with bookmarks', `${maps}?watch=1&allowWatchBookmarks=true&timeoutSeconds=2&labelSelector=n%3D1`, {
    watch: { events: 9 },
  }),
  get(
    'from now on for 1 seconds with bookmarks',
    `${maps}?watch=1&allowWatchBookmarks=true&timeoutSeconds=1&resourceVersion=<<listed|metadata.resourceVersion>>&fieldSelector=metadata.name%3Da`,
    {
      watch: { events: 9 },
    },
  ),
  get(
    'a long watch from the start with bookmarks',
    `${maps}?watch=1&allowWatchBookmarks=true&timeoutSeconds=60&labelSelector=n%3D1`,
    { watch: { events: 2 } },
  ),
  get('a list as a stream', `${maps}?watch=1&${initial}&allowWatchBookmarks=true&labelSelector=n`, {
    watch: { events: 4 },
  }),
  get('a list as a stream without bookmarks', `${maps}?watch=1&${initial}&labelSelector=n&timeoutSeconds=1`, {
    watch: { events: 9 },
  }),
  get('an empty list as a stream', `${maps}?watch=1&${initial}&allowWatchBookmarks=true&labelSelector=none`, {
    watch: { events: 1 },
  }),
  get(
    'no initial events',
    `${maps}?watch=1&sendInitialEvents=false&resourceVersionMatch=NotOlderThan&resourceVersion=${version}&timeoutSeconds=1&labelSelector=n`,
    { watch: { events: 9 } },
  ),
  get(
    'a list as a stream of a table',
    `${maps}?watch=1&${initial}&allowWatchBookmarks=true&labelSelector=n&includeObject=None`,
    {
      headers: asTable,
      watch: { events: 4 },
    },
  ),
  get('a list as a stream of pods', `${pods}?watch=1&${initial}&allowWatchBookmarks=true`, {
    watch: { events: 2 },
  }),
  get(
    'a list as a stream by an exact version',
    `${maps}?watch=1&sendInitialEvents=true&resourceVersionMatch=Exact&resourceVersion=1`,
  ),
  get('initial events of a list', `${maps}?sendInitialEvents=true`),
  get('a watch as metadata', `${maps}?watch=1&labelSelector=n%3D1&timeoutSeconds=1`, {
    headers: asMetadata,
    watch: { events: 9 },
  }),
  get('a watch as a table', `${maps}?watch=1&labelSelector=n&timeoutSeconds=1`, {
    headers: asTable,
    watch: { events: 9 },
  }),
  get('a watch with a limit', `${maps}?watch=1&limit=1&labelSelector=n&timeoutSeconds=1`, {
    watch: { events: 9 },
  }),
  get('a watch from the first version', `${maps}?watch=1&resourceVersion=1&timeoutSeconds=1`, {
    watch: { events: 2 },
  }),
  get('a watch of one by its older path', `/api/v1/watch/namespaces/lists/configmaps/a?timeoutSeconds=1`, {
    compare: 'reason',
  }),
  get('a watch of nobody', '/api/v1/namespaces/nowhere/configmaps?watch=1&timeoutSeconds=1', {
    watch: { events: 1 },
  }),
  get('a watch that is none', `${maps}?watch=maybe&timeoutSeconds=1`, { compare: 'reason' }),
];

export const lists: Ask[] = [
  ...namespace('lists'),
  ...['a', 'b', 'c'].map((name, index) =>
    post(
      `map ${name}`,
      `${maps}?fieldManager=t`,
      configMap(name, { metadata: { name, labels: { n: `${index + 1}`, all: 'yes' } } }),
    ),
  ),
  post('map d', `${maps}?fieldManager=t`, configMap('d')),
  post('map e', `${maps}?fieldManager=t`, configMap('e')),
  post('a pod', `${pods}?fieldManager=t`, idlePod('p')),
  ...pages,
  ...labelSelectors.map(each =>
    get(`where ${each}`, `${maps}?includeObject=None&labelSelector=${encodeURIComponent(each)}`, {
      headers: asTable,
    }),
  ),
  ...badLabelSelectors.map(each =>
    get(`not where ${each}`, `${maps}?labelSelector=${encodeURIComponent(each)}`, { compare: 'reason' }),
  ),
  ...fieldSelectors.map(each =>
    get(`with ${each}`, `${pods}?includeObject=None&fieldSelector=${encodeURIComponent(each)}`, {
      headers: asTable,
    }),
  ),
  ...badFieldSelectors.map(each =>
    get(
      `not with ${each}`,
      `${pods}?fieldSelector=${encodeURIComponent(each)}`,
      /^[as]/.test(each) || each.includes('.l') || each.includes('uid') ? {} : { compare: 'reason' },
    ),
  ),
  ...[
    '',
    '*/*',
    'application/*',
    'application/json',
    'application/xml',
    'text/plain',
    'application/xml,*/*',
    'application/json;as=Table;v=v1;g=meta.k8s.io',
    'application/json;as=Table;v=v2;g=meta.k8s.io',
    'application/json;as=Table;v=v2;g=meta.k8s.io,application/json',
    'application/json;as=Nothing;v=v1;g=meta.k8s.io',
    'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
    'application/vnd.kubernetes.protobuf,application/json;q=0.5,text/html',
  ]
    .filter(each => !each.includes('protobuf'))
    .map(accepted),
  ...watches,
];
