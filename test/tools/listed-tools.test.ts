import { expect, test } from 'vitest';
import { listingOf } from '../../src/toolkit/listing.ts';
import { listedTools } from '../../src/tools/listed-tools.ts';
import { toolsOf } from '../../src/tools/toolsets.ts';

test.each([
  { families: undefined, readOnly: false },
  { families: undefined, readOnly: true },
  { families: ['environments', 'changes'], readOnly: false },
  { families: ['k8s'], readOnly: true },
])('exactly the tools that are served are listed: $families, read-only $readOnly', asked => {
  const { families, readOnly } = asked;
  const listed = listedTools(families, { readOnly });
  expect(listed.length).toBeGreaterThan(0);
  expect(listed).toEqual(toolsOf(families, { readOnly }).map(listingOf));
});

test('a family that does not exist is refused with the nearest before anything is listed', () => {
  expect(() => listedTools(['k8'], { readOnly: false })).toThrow(
    expect.objectContaining({ code: 'INVALID_INPUT', details: { nearest: ['k8s'] } }),
  );
});
