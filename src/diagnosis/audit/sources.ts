import type { Source } from './rule.ts';

const podSecurity = 'https://kubernetes.io/docs/concepts/security/pod-security-standards/';
const hardening =
  'https://media.defense.gov/2022/Aug/29/2003066362/-1/-1/0/CTR_KUBERNETES_HARDENING_GUIDANCE_1.2_20220829.PDF';

export const baseline = (control: string): Source => ({
  name: `Pod Security Standards, Baseline: ${control}`,
  url: `${podSecurity}#baseline`,
});

export const restricted = (control: string): Source => ({
  name: `Pod Security Standards, Restricted: ${control}`,
  url: `${podSecurity}#restricted`,
});

/** Sections as numbered in the Benchmarks 1.9 and 1.11, which agree on those that are named. */
export const cis = (section: string): Source => ({
  name: `CIS Kubernetes Benchmark ${section}`,
  url: 'https://www.cisecurity.org/benchmark/kubernetes',
});

export const nsa = (section: string): Source => ({
  name: `NSA and CISA Kubernetes Hardening Guide: ${section}`,
  url: hardening,
});

/** A page of the Kubernetes documentation, by its path. */
export const docs = (name: string, path: string): Source => ({
  name: `Kubernetes documentation: ${name}`,
  url: `https://kubernetes.io/docs/${path}`,
});
