// What a real API server refuses (scripts/record-goldens.mjs) is refused here with the same fields and words.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import { withDefaults } from '../../../src/kubernetes/defaults.ts';
import { applyMergePatch } from '../../../src/kubernetes/merge-patch.ts';
import type { KubeObject } from '../../../src/kubernetes/object.ts';
import { validate } from '../../../src/kubernetes/validation/validate.ts';

interface Refusal {
  object: KubeObject;
  change?: JsonObject;
  status: number;
  causes: { field: string; reason: string; message: string }[];
}

const refusals = JSON.parse(readFileSync('test/golden/kubernetes-invalid.json', 'utf8')) as Refusal[];

// Rules of the server that are not worth having here: cluster settings, rare fields, its own allocations.
const notSimulated = [
  'disallowed by cluster policy',
  'cannot set `allowPrivilegeEscalation` to false',
  'must be a standard resource',
  'field label not supported',
  'serviceAccountToken',
  'not auto-generated',
  'controller-uid',
  'is not a known system priority class',
  'existing toleration can not be modified',
];

describe('validate', () => {
  const cases = refusals.filter(({ status }) => status === 422 || status < 300);

  test('has recorded refusals of many kinds', () => {
    expect(new Set(cases.map(({ object }) => object.kind)).size).toBeGreaterThan(15);
  });

  test.each(cases.map((refusal, index) => [index, refusal.object.kind, refusal] as const))(
    'case %i (%s) ends as on the real server',
    (_, __, { object, change, causes }) => {
      const stored = withAddress(withDefaults(object));
      const found =
        change === undefined
          ? validate(withDefaults(object))
          : validate(withDefaults(applyMergePatch(stored, change)), stored);
      expect(listed(found)).toEqual(listed(causes));
    },
  );
});

// A stored service has the address the server gave it.
function withAddress(object: KubeObject): KubeObject {
  if (
    object.kind !== 'Service' ||
    object.spec?.['clusterIP'] !== undefined ||
    object.spec?.['type'] !== 'ClusterIP'
  )
    return object;
  return { ...object, spec: { ...object.spec, clusterIP: '10.0.0.5', clusterIPs: ['10.0.0.5'] } };
}

/** One line a problem, sorted; what the server says twice counts once, Go's own prints are cut. */
function listed(problems: readonly { field: string; reason: string; message: string }[]): string[] {
  const lines = problems
    .map(({ field, reason, message }) => `${field} ${reason} ${message.replace(/\n@@[\s\S]*$/, '')}`)
    .map(line =>
      line.replace(
        /(spec\.template FieldValueInvalid Invalid value: )[\s\S]*(: field is immutable)$/,
        '$1…$2',
      ),
    )
    .filter(line => !notSimulated.some(words => line.includes(words)))
    .map(line => line.replace(/invalid character .*$|the content is no JSON$/, 'no JSON'));
  return [...new Set(lines)].sort();
}
