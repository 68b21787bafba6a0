import { expect, test } from 'vitest';
import { VigieError } from '../../../src/core/errors.ts';
import { isAboutForm } from '../../../src/pipeline/changes/about-form.ts';

function refusedFor(...messages: string[]): VigieError {
  const causes = messages.map(message => ({ field: 'spec.token', message }));
  return new VigieError('REJECTED_BY_SERVER', 'it is invalid', { details: { causes } });
}

test.each([
  'Unsupported value: "other-1": supported values: "oidc", "ldap"',
  'Invalid value: "other-1": spec.token in body should match \'^ghp_\'',
  'Too long: may not be more than 20 bytes',
])('a refusal by the schema says nothing of what stood there: %s', message => {
  expect(isAboutForm(refusedFor(message))).toBe(true);
});

test('whatever else is refused may', () => {
  expect(isAboutForm(refusedFor('Invalid value: "other-1": field is immutable'))).toBe(false);
  expect(isAboutForm(refusedFor('Unsupported value: "a"', 'Invalid value: "b": is final'))).toBe(false);
  expect(isAboutForm(refusedFor())).toBe(false);
  expect(isAboutForm(new VigieError('CONFLICT', 'Unsupported value: "a"'))).toBe(false);
});
