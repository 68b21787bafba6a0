import { describe, expect, test } from 'vitest';
import { certificatesAnalyzer } from '../../../../src/diagnosis/analyzers/network/certificates.ts';
import { unissuedCertificatesAnalyzer } from '../../../../src/diagnosis/analyzers/network/unissued-certificates.ts';
import { snapshotOf, takenAt } from '../../../support/snapshot-of.ts';

const day = 86_400_000;
const at = (days: number) => new Date(takenAt.getTime() + days * day).toISOString();

/** A TLS Secret whose certificate is valid from and to so many days from now. */
const secret = ({ from = -10, to = 80, names = 'a.example.com,*.b.example.com', more = '' } = {}) => `---
apiVersion: v1
kind: Secret
metadata:
  name: tls
  namespace: shop
  annotations: {vigie.dev/tls.not-before: "${at(from)}", vigie.dev/tls.not-after: "${at(to)}", vigie.dev/tls.names: "${names}" ${more}}
type: kubernetes.io/tls
data: {tls.crt: "", tls.key: ""}
`;

const ingress = (host = 'a.example.com') => `---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: api, namespace: shop}
spec: {tls: [{hosts: ["${host}"], secretName: tls}], rules: [{host: "${host}"}]}
`;

const found = (documents: string) =>
  certificatesAnalyzer.analyze(snapshotOf(documents)).map(({ code, severity }) => `${severity} ${code}`);

test.each([
  ['has ended', { to: -1 }, ['critical CERTIFICATE_EXPIRED']],
  ['ends this second', { to: 0 }, ['critical CERTIFICATE_EXPIRED']],
  ['ends in a week', { from: -83, to: 7 }, ['warning CERTIFICATE_EXPIRES_SOON']],
  ['ends in three weeks', { from: -69, to: 21 }, []],
  ['lives a week, and has most of it left', { from: -1, to: 6 }, []],
  ['begins tomorrow', { from: 1 }, ['critical CERTIFICATE_NOT_YET_VALID']],
  ['begins in five minutes, by a clock that differs', { from: 5 / 1_440 }, []],
])('a certificate that %s', (_, times, expected) => {
  expect(found(secret(times) + ingress())).toEqual(expected);
});

test.each([
  ['a.example.com', []],
  ['A.example.com', []],
  ['x.b.example.com', []],
  ['*.b.example.com', []],
  ['b.example.com', ['critical CERTIFICATE_NAME_MISMATCH']],
  ['x.y.b.example.com', ['critical CERTIFICATE_NAME_MISMATCH']],
  ['c.example.com', ['critical CERTIFICATE_NAME_MISMATCH']],
])('the host %s against its names', (host, expected) => {
  expect(found(secret() + ingress(host))).toEqual(expected);
});

describe('a Secret', () => {
  test('that nobody uses is left alone, unless something renews it', () => {
    expect(found(secret({ to: -1 }))).toEqual([]);
    expect(found(secret({ to: -1, more: ', cert-manager.io/certificate-name: tls' }))).toEqual([
      'critical CERTIFICATE_EXPIRED',
    ]);
  });

  test('that pods mount is used', () => {
    const pod =
      '---\napiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: shop}\nspec: {containers: [{name: c}], volumes: [{name: t, secret: {secretName: tls}}]}\n';
    expect(found(secret({ to: -1 }) + pod)).toEqual(['critical CERTIFICATE_EXPIRED']);
  });

  test('whose certificate nobody could read says nothing', () => {
    expect(
      found(secret().replaceAll(/vigie\.dev\/tls\.(?:not-before|not-after)/g, 'x$&') + ingress()),
    ).toEqual([]);
    expect(found(secret({ names: '' }).replaceAll('Z"', 'Z, soon"') + ingress())).toEqual([]);
  });
});

const certificate = (minutes: number) => `---
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: {name: tls, namespace: shop}
spec: {secretName: tls, issuerRef: {name: letsencrypt, kind: ClusterIssuer}}
status: {conditions: [{type: Ready, status: "False", reason: DoesNotExist, message: "Issuing certificate as Secret does not exist", lastTransitionTime: "${new Date(takenAt.getTime() - minutes * 60_000).toISOString()}"}]}
`;

test('a certificate that is not issued after ten minutes is told, and explains the Secret that is missing', () => {
  expect(unissuedCertificatesAnalyzer.analyze(snapshotOf(certificate(3)))).toEqual([]);
  const [draft] = unissuedCertificatesAnalyzer.analyze(snapshotOf(certificate(30)));
  expect(draft).toMatchObject({
    code: 'CERTIFICATE_NOT_ISSUED',
    breaks: [{ kind: 'Secret', name: 'tls', namespace: 'shop' }],
  });
});
