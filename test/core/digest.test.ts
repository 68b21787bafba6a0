import { expect, test } from 'vitest';
import { signedText } from '../../src/core/approval.ts';
import { hmacHex, sha256Hex } from '../../src/core/digest.ts';
import { canonicalJson } from '../../src/core/json.ts';

test('digests are those of the standards', () => {
  expect(sha256Hex('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  // RFC 4231, test case 2.
  const answer = '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843';
  expect(hmacHex(Buffer.from('Jefe'), 'what do ya want for nothing?')).toBe(answer);
});

test('what is signed does not depend on the order in which it was put together', () => {
  const payload = {
    v: 1,
    ticket: 't',
    digest: 'd',
    environment: 'e',
    cluster: 'c',
    decision: 'approve',
    approver: 'a',
    expiresAt: 'x',
    policyHash: 'p',
    auditHead: 'h',
  } as const;
  const { v, ...rest } = payload;
  expect(signedText('approval', { ...rest, v })).toBe(signedText('approval', payload));
  expect(signedText('approval', { ...payload, digest: 'other' })).not.toBe(signedText('approval', payload));
});

test('what is signed as one thing is another text than the same content signed as another', () => {
  const content = { v: 1, act: 'add', person: 'mallory' };
  const texts = (['approval', 'statement', 'approvers'] as const).map(what => signedText(what, content));
  expect(new Set([...texts, canonicalJson(content)]).size).toBe(4);
  expect(texts[0]?.startsWith('vigie-approval-v1\n{')).toBe(true);
});
