import type { JsonObject } from '../../../../src/core/json.ts';
import type { Ask } from '../ask.ts';
import { asMetadata, asTable, get, namespace, patch, post, put, remove } from './say.ts';

const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const ships = '/apis/sea.example/v1/namespaces/custom/ships';

const schema: JsonObject = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: { masts: { type: 'integer' }, name: { type: 'string' } },
      'x-kubernetes-preserve-unknown-fields': true,
    },
    status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  },
};

const definition: JsonObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'ships.sea.example' },
  spec: {
    group: 'sea.example',
    scope: 'Namespaced',
    names: { plural: 'ships', singular: 'ship', kind: 'Ship', shortNames: ['sh'], categories: ['fleet'] },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: schema },
        subresources: { status: {} },
        additionalPrinterColumns: [
          { name: 'Masts', type: 'integer', jsonPath: '.spec.masts' },
          { name: 'State', type: 'string', jsonPath: '.status.state' },
          { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
        ],
      },
    ],
  },
};

const ship = (name: string, more: JsonObject = {}): JsonObject => ({
  apiVersion: 'sea.example/v1',
  kind: 'Ship',
  metadata: { name, labels: { of: 'sea' } },
  spec: { masts: 3 },
  ...more,
});

/** Resources that the cluster did not have before. */
export const custom: Ask[] = [
  ...namespace('custom'),
  get('ships before there are any', ships),
  post('a definition', `${definitions}?fieldManager=t`, definition, { compare: 'reason' }),
  get('ships of the sea', ships, { until: 200 }),
  get('the group', '/apis/sea.example'),
  get('its resources', '/apis/sea.example/v1'),
  post('a ship', `${ships}?fieldManager=t`, ship('one', { status: { state: 'afloat' } })),
  post('a ship again', ships, ship('one')),
  post('a ship without a name', ships, { apiVersion: 'sea.example/v1', kind: 'Ship', metadata: {} }),
  post(
    'a ship of another version',
    ships,
    { ...ship('two'), apiVersion: 'sea.example/v2' },
    { compare: 'reason' },
  ),
  post(
    'a ship that is a map',
    ships,
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' } },
    { compare: 'reason' },
  ),
  get('the ship', `${ships}/one`),
  get('the ships', ships),
  get('the ships as a table', `${ships}?includeObject=None`, { headers: asTable }),
  get('the ship as metadata', `${ships}/one`, { headers: asMetadata }),
  get('a ship that is none', `${ships}/none`),
  patch('merged', `${ships}/one?fieldManager=u`, { spec: { masts: 4 } }),
  patch('merged to the same', `${ships}/one?fieldManager=u`, { spec: { masts: 4 } }),
  patch(
    'patched by operations',
    `${ships}/one?fieldManager=u`,
    [{ op: 'add', path: '/spec/name', value: 'Anna' }],
    { as: 'json' },
  ),
  patch('patched strategically', `${ships}/one`, { spec: { masts: 5 } }, { as: 'strategic' }),
  patch(
    'applied',
    `${ships}/one?fieldManager=v`,
    { apiVersion: 'sea.example/v1', kind: 'Ship', metadata: { name: 'one' }, spec: { flag: 'red' } },
    { as: 'apply' },
  ),
  patch(
    'applied against another',
    `${ships}/one?fieldManager=v`,
    { apiVersion: 'sea.example/v1', kind: 'Ship', metadata: { name: 'one' }, spec: { masts: 1 } },
    { as: 'apply' },
  ),
  put('put without a version', `${ships}/one`, ship('one')),
  put(
    'put',
    `${ships}/one?fieldManager=t`,
    ship('one', { metadata: { name: 'one', resourceVersion: '<<applied|metadata.resourceVersion>>' } }),
  ),
  patch('its status', `${ships}/one/status?fieldManager=k`, {
    status: { state: 'sunk' },
    spec: { masts: 0 },
  }),
  get('its status got', `${ships}/one/status`),
  get('its scale', `${ships}/one/scale`),
  get('ships watched', `${ships}?watch=1&timeoutSeconds=1`, { watch: { events: 2 } }),
  get('ships by a field', `${ships}?fieldSelector=metadata.name%3Done&includeObject=None`, {
    headers: asTable,
  }),
  get('ships by a field of theirs', `${ships}?fieldSelector=spec.masts%3D3`),
  remove('deleted, tried', `${ships}/one?dryRun=All`),
  remove('deleted', `${ships}/one`),
  remove('all ships', ships),
  remove('the definition', `${definitions}/ships.sea.example`, {}),
];
