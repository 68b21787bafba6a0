// Reads what a Kubernetes API server publishes about its kinds and writes src/kubernetes/schema/bundle.json:
// the facts that merging, defaulting and validating need, and no prose.
//
// The folder given is filled from a running server (here: 1.36.2):
//   kubectl get --raw /version > F/version.json
//   kubectl get --raw /openapi/v3/GV > F/v3/GV-with-slashes-as-underscores.json   for each group-version
//   curl -H 'Accept: application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' SERVER/api  > F/api.json
//   curl -H (the same) SERVER/apis > F/apis.json
// then: node scripts/build-schema.mjs F GO
// GO: folder `staging/src/k8s.io` of the Kubernetes source of the same version.
//
// OpenAPI v3 is read and not v2, because only v3 tells which keys of a keyed list may be left out (`default: "TCP"`).
// What neither tells stands in the Go types: whether the server writes a field that is unset (`always`), and
// whether a zero is a value of its own (`pointer`) or the same as unset. Both decide who owns what after a write.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const groupVersions = [
  'v1',
  'apps/v1',
  'batch/v1',
  'autoscaling/v1',
  'autoscaling/v2',
  'policy/v1',
  'networking.k8s.io/v1',
  'rbac.authorization.k8s.io/v1',
  'storage.k8s.io/v1',
  'discovery.k8s.io/v1',
  'events.k8s.io/v1',
  'coordination.k8s.io/v1',
  'scheduling.k8s.io/v1',
  'apiextensions.k8s.io/v1',
  'apiregistration.k8s.io/v1',
  'admissionregistration.k8s.io/v1',
  'authorization.k8s.io/v1',
  'authentication.k8s.io/v1',
];

// Kinds that no resource answers with, but that requests carry.
const extraKinds = [
  { apiVersion: 'v1', kind: 'DeleteOptions', name: 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions' },
  { apiVersion: 'v1', kind: 'Status', name: 'io.k8s.apimachinery.pkg.apis.meta.v1.Status' },
  { apiVersion: 'autoscaling/v1', kind: 'Scale', name: 'io.k8s.api.autoscaling.v1.Scale' },
  { apiVersion: 'policy/v1', kind: 'Eviction', name: 'io.k8s.api.policy.v1.Eviction' },
  {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    name: 'io.k8s.api.authentication.v1.TokenRequest',
  },
];

const [folder, goFolder] = process.argv.slice(2);
if (folder === undefined || goFolder === undefined)
  throw new Error('usage: node scripts/build-schema.mjs F GO');
const read = name => JSON.parse(readFileSync(join(folder, name), 'utf8'));

const schemas = {};
for (const file of readdirSync(join(folder, 'v3')).sort()) {
  Object.assign(schemas, read(join('v3', file)).components.schemas);
}

// Structs that look like a scalar in JSON.
const leafStructs = new Set(['meta.v1.Time', 'meta.v1.MicroTime', 'resource.Quantity', 'intstr.IntOrString']);
const goStructs = readGoStructs();
const definitions = {};
const kinds = [];
const otherKinds = [];
for (const item of [...read('api.json').items, ...read('apis.json').items]) {
  for (const { version, resources } of item.versions) {
    const group = item.metadata.name ?? '';
    const apiVersion = group === '' ? version : `${group}/${version}`;
    if (!groupVersions.includes(apiVersion)) continue;
    for (const resource of resources) kinds.push(kindOf({ resource, group, version, apiVersion }));
  }
}
kinds.sort((a, b) => groupVersions.indexOf(a.apiVersion) - groupVersions.indexOf(b.apiVersion));
for (const { apiVersion, kind, name } of extraKinds) {
  otherKinds.push({ apiVersion, kind, definition: define(name) });
}

const sorted = Object.fromEntries(Object.entries(definitions).sort(([a], [b]) => (a < b ? -1 : 1)));
const { gitVersion } = read('version.json');
const text = `${JSON.stringify({ version: gitVersion, kinds, otherKinds, definitions: sorted })}\n`;
writeFileSync('src/kubernetes/schema/bundle.json', text);
console.log(`${kinds.length} kinds, ${Object.keys(sorted).length} definitions, ${text.length} bytes`);

function kindOf({ resource, group, version, apiVersion }) {
  const kind = resource.responseKind.kind;
  const full = Object.keys(schemas).find(name =>
    schemas[name]['x-kubernetes-group-version-kind']?.some(
      gvk => gvk.group === group && gvk.version === version && gvk.kind === kind,
    ),
  );
  if (full === undefined) throw new Error(`no definition of ${apiVersion} ${kind}`);
  return {
    apiVersion,
    kind,
    plural: resource.resource,
    singular: resource.singularResource,
    shortNames: resource.shortNames ?? [],
    categories: resource.categories ?? [],
    namespaced: resource.scope === 'Namespaced',
    verbs: resource.verbs,
    definition: define(full),
    subresources: (resource.subresources ?? []).map(sub => ({
      name: sub.subresource,
      kind: sub.responseKind.kind,
      // Left out by the server where it is the parent's own.
      apiVersion: [sub.responseKind.group || group, sub.responseKind.version || version]
        .filter(part => part !== '')
        .join('/'),
      verbs: sub.verbs,
    })),
  };
}

// io.k8s.api.apps.v1.Deployment → apps.v1.Deployment; …pkg.apis.meta.v1.ObjectMeta → meta.v1.ObjectMeta
function shortName(full) {
  return full.replace(/^.*(?:\.apis|\.api|\.pkg)\.(?=[a-z]+\.)/, '');
}

function define(full) {
  const name = shortName(full);
  if (definitions[name] !== undefined) return name;
  const schema = schemas[full];
  const definition = {};
  definitions[name] = definition;
  definition.fields = Object.fromEntries(
    Object.entries(schema.properties).map(([field, member]) => [
      field,
      { ...fieldOf(member), ...goTraits(name, field) },
    ]),
  );
  if (schema.required !== undefined) definition.required = schema.required;
  if (schema['x-kubernetes-map-type'] === 'atomic') definition.atomic = true;
  return name;
}

function fieldOf(schema) {
  const field = { ...typeOf(schema) };
  if (schema['x-kubernetes-list-type'] !== undefined) field.list = schema['x-kubernetes-list-type'];
  if (schema['x-kubernetes-list-map-keys'] !== undefined) field.keys = schema['x-kubernetes-list-map-keys'];
  // On a field it overrides what the struct says of itself.
  const mapType = schema['x-kubernetes-map-type'];
  if (mapType !== undefined) field.atomic = mapType === 'atomic';
  if (schema['x-kubernetes-patch-strategy'] !== undefined)
    field.strategy = schema['x-kubernetes-patch-strategy'];
  if (schema['x-kubernetes-patch-merge-key'] !== undefined)
    field.mergeKey = schema['x-kubernetes-patch-merge-key'];
  if (schema.enum !== undefined) field.enum = schema.enum;
  if (schema.default !== undefined && typeof schema.default !== 'object') field.default = schema.default;
  return field;
}

function typeOf(schema) {
  const target = (schema.$ref ?? schema.allOf?.[0]?.$ref)?.split('/').at(-1);
  if (target !== undefined) {
    const referred = schemas[target];
    if (referred.properties !== undefined) return { ref: define(target) };
    return typeOfLeaf(shortName(target), referred);
  }
  if (schema.type === 'array') return { type: 'array', items: fieldOf(schema.items) };
  if (schema.type === 'object') {
    const values = schema.additionalProperties;
    return {
      type: 'map',
      values: values === undefined || values === true ? { type: 'any' } : fieldOf(values),
    };
  }
  if (schema.type === undefined) return { type: 'any' };
  return { type: schema.type, ...(schema.format === undefined ? {} : { format: schema.format }) };
}

function typeOfLeaf(name, schema) {
  if (name === 'resource.Quantity') return { type: 'quantity' };
  if (name === 'util.intstr.IntOrString') return { type: 'int-or-string' };
  if (name === 'meta.v1.MicroTime') return { type: 'string', format: 'micro-time' };
  // RawExtension, FieldsV1, JSON …: whatever JSON is there.
  return typeOf(schema);
}

function goTraits(name, field) {
  const trait = goStructs[name]?.[field];
  if (trait === undefined) throw new Error(`no Go field for ${name} ${field}`);
  return trait;
}

// {'core.v1.Container': {env: {}, name: {always: true} …}}: a reader for gofmt's layout, not for Go.
function readGoStructs() {
  const structs = {};
  const roots = [
    'api',
    'apimachinery/pkg/apis',
    'apiextensions-apiserver/pkg/apis',
    'kube-aggregator/pkg/apis',
  ];
  for (const root of roots) {
    for (const file of readdirSync(join(goFolder, root), { recursive: true })) {
      const found = /([a-z]+)\/(v\d+)\/types[a-z_]*\.go$/.exec(file);
      if (found === null) continue;
      const text = readFileSync(join(goFolder, root, file), 'utf8');
      for (const [, name, body] of text.matchAll(/^type (\w+) struct \{\n(.*?)^\}/gms)) {
        structs[`${found[1]}.${found[2]}.${name}`] = readGoStruct(body, `${found[1]}.${found[2]}`);
      }
    }
  }
  return Object.fromEntries(Object.keys(structs).map(name => [name, flatten(structs, name)]));
}

function readGoStruct(body, pkg) {
  const fields = {};
  const inlined = [];
  for (const line of body.split('\n')) {
    const found = /^\t(?:(\w+)[ \t]+)?([*\w.[\]]+)[ \t]+`.*?json:"([^"]*)"/.exec(line);
    if (found === null) continue;
    const [, , type, tag] = found;
    const [name, ...options] = tag.split(',');
    if (name === '-') continue;
    if (name === '' && (options.includes('inline') || options.length === 0)) {
      inlined.push(
        type
          .replace(/^metav1\./, 'meta.v1.')
          .replace(/^(?:core)?v1\./, 'core.v1.')
          .replace(/^(?=\w+$)/, `${pkg}.`),
      );
      continue;
    }
    const pointer = type.startsWith('*');
    // A struct that is no pointer is written always: Go finds no struct empty unless told `omitzero`.
    const omitted = options.includes('omitempty') || options.includes('omitzero');
    const isStruct = !pointer && /^[A-Z]|\.[A-Z]/.test(type) && !options.includes('omitzero');
    fields[name] = { type, pointer, omitted, isStruct };
  }
  return { fields, inlined };
}

function flatten(structs, name) {
  const traits = {};
  for (const inner of structs[name].inlined) {
    if (structs[inner] !== undefined) Object.assign(traits, flatten(structs, inner));
  }
  for (const [field, { type, pointer, omitted, isStruct }] of Object.entries(structs[name].fields)) {
    const scope = name.slice(0, name.lastIndexOf('.') + 1);
    const target = type
      .replace(/^metav1\./, 'meta.v1.')
      .replace(/^(?:core)?v1\./, 'core.v1.')
      .replace(/^(?=\w+$)/, scope);
    const always = omitted ? isStruct && (structs[target] !== undefined || leafStructs.has(target)) : true;
    traits[field] = { ...(always ? { always } : {}), ...(pointer ? { pointer } : {}) };
  }
  return traits;
}
