import { expect, test } from 'vitest';
import { KnownSecrets } from '../../src/core/known-secrets.ts';
import { Redactor } from '../../src/core/redaction.ts';
import { notCheckedLine } from '../../src/diagnosis/not-checked.ts';

test.each([
  'not allowed',
  'what was known of the list is too old',
  'the server does not list what serves it',
])('that Secrets were not read since %s is said whole', why => {
  const known = new Redactor(new KnownSecrets());
  for (const unread of [{ why }, { why, namespace: 'shop' }])
    for (const kinds of [['Secret'], ['ConfigMap', 'Secret'], ['Secret', 'Token']]) {
      const line = notCheckedLine(kinds, unread);
      expect(known.text(line)).toBe(line);
      expect(line).toContain(`(${why})`);
    }
});
