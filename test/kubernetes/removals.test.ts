import { expect, test } from 'vitest';
import { removalOf } from '../../src/kubernetes/removals.ts';

// What kube-apiserver 1.36.2 answers with a warning (`unavailable in v1.37+`), or without one.
test.each([
  ['networking.k8s.io/v1beta1', 'IPAddress', 37],
  ['networking.k8s.io/v1beta1', 'ServiceCIDR', 37],
  ['storage.k8s.io/v1beta1', 'VolumeAttributesClass', 37],
  ['resource.k8s.io/v1beta1', 'ResourceClaim', 38],
  ['resource.k8s.io/v1beta2', 'ResourceClaim', 39],
  ['resource.k8s.io/v1beta2', 'DeviceTaintRule', undefined],
  ['admissionregistration.k8s.io/v1beta1', 'MutatingAdmissionPolicy', undefined],
])('%s of %s goes with 1.%s', (apiVersion, kind, removed) => {
  expect(removalOf(apiVersion, kind)?.removed).toBe(removed);
});
