import { expect, test } from 'vitest';
import { assuranceOf } from '../../src/config/assurance.ts';

const apart = { ourUid: 990, askingUid: 1000, readableByAsking: [], bootstrapped: false };

test('only a side that runs as another user and can read nothing of ours is separated', () => {
  expect(assuranceOf(apart)).toEqual({ assurance: 'separated', reasons: [] });
});

test.each([
  [{ askingUid: 990 }, 'the side that asks runs as the same OS user (uid 990)'],
  [{ askingUid: undefined }, 'the side that asks cannot be told apart from this account'],
  [{ ourUid: undefined }, 'the side that asks cannot be told apart from this account'],
  [{ askingUid: 0 }, 'the side that asks runs as root'],
  [{ readableByAsking: ['/k'] }, 'the side that asks can read /k'],
  [{ bootstrapped: true }, 'the first approver was added from this account and signed by nobody else'],
])('%j makes it advisory, with the reason', (difference, reason) => {
  expect(assuranceOf({ ...apart, ...difference })).toEqual({ assurance: 'advisory', reasons: [reason] });
});
