import { describe, expect, test } from 'vitest';
import { isObject, type JsonObject } from '../../src/core/json.ts';
import { conversionMismatch, typeMismatch, unknownFields } from '../../src/kubernetes/decoding.ts';
import type { KubeObject } from '../../src/kubernetes/object.ts';

function deployment(more: JsonObject): KubeObject {
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd' }, ...more };
}

const container = (fields: JsonObject) => ({
  spec: { template: { spec: { containers: [{ name: 'c', ...fields }] } } },
});
const field = 'json: cannot unmarshal';

// All words recorded from kube-apiserver 1.36.2.
describe('conversionMismatch', () => {
  test.each<[JsonObject, string]>([
    [{ spec: { replicas: 'x' } }, 'unrecognized type: int32'],
    [{ spec: { replicas: true } }, 'unrecognized type: int32'],
    [{ spec: { replicas: 1.5 } }, 'cannot convert float64 to int32'],
    [{ spec: { paused: 1 } }, 'unrecognized type: bool'],
    [{ spec: { paused: 1.5 } }, 'unrecognized type: bool'],
    [{ spec: true }, 'cannot restore struct from: bool'],
    [{ spec: { selector: ['x'] } }, 'cannot restore struct from: slice'],
    [{ metadata: { labels: { a: 1 } } }, 'cannot convert int64 to string'],
    [{ metadata: { labels: { a: 1.5 } } }, 'unrecognized type: string'],
    [{ metadata: { labels: { a: { b: 'x' } } } }, 'unrecognized type: string'],
    [{ metadata: { labels: 1.5 } }, 'cannot restore map from float64'],
    [{ metadata: { finalizers: { a: 'b' } } }, 'cannot restore slice from map'],
    [{ metadata: { creationTimestamp: 5 } }, 'json: cannot unmarshal number into Go value of type string'],
    [
      { spec: { strategy: { rollingUpdate: { maxSurge: 1.5 } } } },
      'json: cannot unmarshal number 1.5 into Go value of type int32',
    ],
    [
      { spec: { strategy: { rollingUpdate: { maxSurge: { a: 1 } } } } },
      'json: cannot unmarshal object into Go value of type int32',
    ],
  ])('of %j: %s', (more, message) => {
    const { metadata, ...others } = more;
    const named = { name: 'd', ...(isObject(metadata) ? metadata : {}) };
    expect(conversionMismatch(deployment({ ...others, metadata: named }))).toBe(message);
  });

  test('bytes that are none are told as such', () => {
    const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'm' } };
    expect(conversionMismatch({ ...map, binaryData: { a: '###' } })).toBe(
      'error decoding from json: illegal base64 data at input byte 0',
    );
    expect(conversionMismatch({ ...map, binaryData: { a: 5 } })).toBe('cannot restore slice from int64');
  });

  test('what fits is converted', () => {
    expect(conversionMismatch(deployment({ spec: { replicas: 2, paused: true } }))).toBeUndefined();
  });
});

describe('typeMismatch', () => {
  test.each<[JsonObject, string]>([
    [
      { spec: { replicas: 'x' } },
      `${field} string into Go struct field DeploymentSpec.spec.replicas of type int32`,
    ],
    [
      { spec: { replicas: 1.5 } },
      `${field} number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32`,
    ],
    [
      { spec: { paused: 'yes' } },
      `${field} string into Go struct field DeploymentSpec.spec.paused of type bool`,
    ],
    [{ spec: 'x' }, `${field} string into Go struct field Deployment.spec of type v1.DeploymentSpec`],
    [
      { spec: { selector: [] } },
      `${field} array into Go struct field DeploymentSpec.spec.selector of type v1.LabelSelector`,
    ],
    [
      { metadata: { labels: { a: 1 } } },
      `${field} number into Go struct field ObjectMeta.metadata.labels of type string`,
    ],
    [
      container({ image: 5 }),
      `${field} number into Go struct field Container.spec.template.spec.containers.image of type string`,
    ],
    [
      { spec: { template: { spec: { containers: { name: 'c' } } } } },
      `${field} object into Go struct field PodSpec.spec.template.spec.containers of type []v1.Container`,
    ],
    [
      container({ ports: [{ containerPort: '80' }] }),
      `${field} string into Go struct field ContainerPort.spec.template.spec.containers.ports.containerPort of type int32`,
    ],
    [
      { spec: { strategy: { rollingUpdate: { maxSurge: true } } } },
      `${field} bool into Go struct field RollingUpdateDeployment.spec.strategy.rollingUpdate.maxSurge of type int32`,
    ],
    [
      container({ resources: { limits: { cpu: 'abc' } } }),
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    ],
    [
      { metadata: { creationTimestamp: 'zz' } },
      'parsing time "zz" as "2006-01-02T15:04:05Z07:00": cannot parse "zz" as "2006"',
    ],
  ])('%j is named as the server names it', (more, message) => {
    expect(typeMismatch(deployment(more))).toBe(message);
  });

  test('an object that fits has none', () => {
    expect(
      typeMismatch(deployment(container({ image: 'i', resources: { limits: { cpu: 1 } } }))),
    ).toBeUndefined();
    expect(
      typeMismatch({ apiVersion: 'x.dev/v1', kind: 'W', metadata: { name: 'w' }, spec: { a: 1 } }),
    ).toBeUndefined();
  });
});

describe('unknownFields', () => {
  test('names each by its path, lists by index', () => {
    const service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'x', labl: 1 },
      spec: { ports: [{ port: 80, nme: 2 }], foo: { bar: 1 } },
    } as unknown as KubeObject;
    expect(unknownFields(service)).toEqual(['metadata.labl', 'spec.ports[0].nme', 'spec.foo']);
  });

  test('keys of maps and fields of custom resources are never unknown', () => {
    expect(
      unknownFields({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data: { any: 'x' } }),
    ).toEqual([]);
    expect(
      unknownFields({ apiVersion: 'x.dev/v1', kind: 'W', metadata: { name: 'w' }, any: { x: 1 } }),
    ).toEqual([]);
  });
});
