import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { VigieError } from '../../../src/core/errors.ts';
import { decodeProtobuf } from '../../../src/kubernetes/protobuf/decode.ts';
import { fc } from '../../support/properties.ts';
import { send, startShop } from '../../support/sandbox-client.ts';

// The JSON border: the file is ours.
const { requests } = JSON.parse(readFileSync('test/fixtures/sandbox/protobuf.json', 'utf8')) as {
  requests: Record<string, { path: string; body: string }>;
};

function bytesOf(command: string): Buffer {
  return Buffer.from(requests[command]?.body ?? '', 'base64');
}

test.each([
  ['create configmap', { kind: 'ConfigMap', metadata: { name: 'made' }, data: { a: '1', empty: '' } }],
  ['create secret', { kind: 'Secret', data: { a: Buffer.from('1').toString('base64') } }],
  [
    'create deployment',
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'made', labels: { app: 'made' } },
      spec: {
        replicas: 0,
        selector: { matchLabels: { app: 'made' } },
        template: {
          spec: { containers: [{ name: 'made', image: 'acme/made:1', ports: [{ containerPort: 80 }] }] },
        },
      },
    },
  ],
  ['create job', { spec: { template: { spec: { containers: [{ command: ['echo', 'hello', ''] }] } } } }],
  ['create cronjob', { spec: { schedule: '0 3 * * *' } }],
  ['create role', { rules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }] }],
  ['create quota', { spec: { hard: { pods: '30' } } }],
  ['create service', { spec: { ports: [{ port: 80, targetPort: 'http' }] } }],
  [
    'create ingress',
    { spec: { rules: [{ host: 'made.example', http: { paths: [{ pathType: 'Prefix' }] } }] } },
  ],
  ['autoscale', { kind: 'HorizontalPodAutoscaler', spec: { minReplicas: 1, maxReplicas: 3 } }],
  [
    'auth can-i',
    { kind: 'SelfSubjectAccessReview', spec: { resourceAttributes: { verb: 'delete', resource: 'pods' } } },
  ],
])('what kubectl sent for `%s` reads as the object it means', (command, object) => {
  expect(decodeProtobuf(bytesOf(command))).toMatchObject(object);
});

test('members that Go writes though they are unset are left out', () => {
  const deployment = decodeProtobuf(bytesOf('create deployment'));
  expect(JSON.stringify(deployment)).not.toMatch(/"(uid|minReadySeconds|hostPort|creationTimestamp)"/);
});

test('every recorded request is served, without a kubectl on the machine', async () => {
  const sandbox = await startShop();
  for (const [command, { path, body }] of Object.entries(requests)) {
    const headers = { 'content-type': 'application/vnd.kubernetes.protobuf' };
    const answer = await send(sandbox, { method: 'POST', path, body: Buffer.from(body, 'base64'), headers });
    expect([command, answer.status]).toEqual([command, 201]);
  }
  await sandbox.close();
});

test('a kind that kubectl does not send so is refused with what to do', async () => {
  const text = bytesOf('create configmap').toString('latin1').replace('ConfigMap', 'ConfigCap');
  expect(() => decodeProtobuf(Buffer.from(text, 'latin1'))).toThrow('v1 ConfigCap');
  const sandbox = await startShop();
  const answer = await send(sandbox, {
    method: 'POST',
    path: '/api/v1/namespaces/shop/configmaps',
    body: Buffer.from(text, 'latin1'),
    headers: { 'content-type': 'application/vnd.kubernetes.protobuf' },
  });
  expect([answer.status, answer.body]).toMatchObject([
    415,
    { message: 'the sandbox does not simulate protobuf bodies of v1 ConfigCap; send JSON' },
  ]);
  await sandbox.close();
});

test('bytes of any kind, and bodies cut or changed anywhere, are read or refused, never a fault', () => {
  const bodies = Object.keys(requests).map(bytesOf);
  const damaged = fc
    .tuple(fc.constantFrom(...bodies), fc.nat(), fc.nat(255), fc.boolean())
    .map(([body, at, byte, cut]) => {
      const place = at % body.length;
      if (cut) return body.subarray(0, place);
      const copy = Buffer.from(body);
      copy[place] = byte;
      return copy;
    });
  const random = fc.uint8Array({ maxLength: 200 }).map(bytes => Buffer.concat([Buffer.from('k8s\0'), bytes]));
  fc.assert(
    fc.property(fc.oneof(damaged, random), bytes => {
      try {
        decodeProtobuf(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(VigieError);
      }
    }),
    { numRuns: 500 },
  );
});
