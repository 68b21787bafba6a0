import { describe, expect, test } from 'vitest';
import { trimmed } from '../../../src/diagnosis/collect/trim.ts';
import type { KubeObject } from '../../../src/kubernetes/object.ts';

const certificate = `-----BEGIN CERTIFICATE-----
MIIBszCCAVigAwIBAgIUF1zJ50ws4/gZ19GO5bmLw87q1LcwCgYIKoZIzj0EAwIw
FjEUMBIGA1UEAwwLb2xkLmV4YW1wbGUwHhcNMjYxMTIyMDEwNjAzWhcNMjcxMTIy
MDEwNjAzWjAWMRQwEgYDVQQDDAtvbGQuZXhhbXBsZTBZMBMGByqGSM49AgEGCCqG
SM49AwEHA0IABHTvYqPPBPHUSG1zSQgZ0tTVOrOa0socNieTmcszJTGwcFzxoqp4
JEi4SpBYXsWkxz3DaF7jgtEQEo6fFsPxffOjgYMwgYAwHQYDVR0OBBYEFDorDd3b
aoI0eNDu/fexWoqRXXGWMB8GA1UdIwQYMBaAFDorDd3baoI0eNDu/fexWoqRXXGW
MA8GA1UdEwEB/wQFMAMBAf8wLQYDVR0RBCYwJIIMc2hvcC5leGFtcGxlgg4qLnNo
b3AuZXhhbXBsZYcECgAAATAKBggqhkjOPQQDAgNJADBGAiEAnQgJwGIzsSC6BqTv
Rdt/5FwaFSob9DZtYpiJOeYXrP8CIQDeUtb0gwX9xq9cv033HWhVP//Yi2ENsSI9
ien642Slfw==
-----END CERTIFICATE-----`;

function secret(type: string, data: Record<string, string>): KubeObject {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'tls', namespace: 'shop' }, type, data };
}

describe('trimmed', () => {
  test('tells of a certificate its names and from when until when it holds, and keeps neither it nor its key', () => {
    const object = trimmed(
      secret('kubernetes.io/tls', {
        'tls.crt': Buffer.from(certificate).toString('base64'),
        'tls.key': 'c2VjcmV0',
      }),
    );
    const { annotations = {} } = object.metadata;
    expect(annotations['vigie.dev/tls.names']).toBe('shop.example,*.shop.example,10.0.0.1');
    expect(Date.parse(annotations['vigie.dev/tls.not-after'] ?? '')).toBeGreaterThan(
      Date.parse(annotations['vigie.dev/tls.not-before'] ?? ''),
    );
    expect(object['data']).toEqual({ 'tls.crt': '', 'tls.key': '' });
  });

  test('says that a certificate cannot be read', () => {
    const forged = secret('kubernetes.io/tls', { 'tls.crt': 'bm90IGEgY2VydGlmaWNhdGU=' });
    forged.metadata.annotations = { 'vigie.dev/tls.not-after': '2999-01-01T00:00:00Z' };
    const object = trimmed(forged);
    expect(object.metadata.annotations).toEqual({ 'vigie.dev/tls.unreadable': 'true' });
  });

  test('keeps settings that people write, and of large ones the key', () => {
    const object = trimmed({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'a' },
      data: { Corefile: '.:53 {}', dump: 'x'.repeat(100_000) },
      binaryData: { blob: 'AAAA' },
    });
    expect(object['data']).toEqual({ Corefile: '.:53 {}', dump: '' });
    expect(object['binaryData']).toEqual({ blob: '' });
  });
});
