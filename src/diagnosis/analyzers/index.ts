import type { Analyzer } from '../analyzer.ts';
import { claimsAnalyzer } from './claims.ts';
import { clientAddressesAnalyzer } from './client-addresses.ts';
import { missingConfigAnalyzer } from './missing-config.ts';
import { mountsAnalyzer } from './mounts.ts';
import { networkPoliciesAnalyzer } from './network-policies.ts';
import { pendingAnalyzer } from './pending.ts';
import { podVolumesAnalyzer } from './pod-volumes.ts';
import { servicePortsAnalyzer } from './service-ports.ts';
import { servicesAnalyzer } from './services.ts';
import { volumesAnalyzer } from './volumes.ts';

/** Every subject that is looked at; an analyzer is one file here and one line below. */
export const analyzers: readonly Analyzer[] = [
  claimsAnalyzer,
  volumesAnalyzer,
  podVolumesAnalyzer,
  mountsAnalyzer,
  missingConfigAnalyzer,
  pendingAnalyzer,
  clientAddressesAnalyzer,
  networkPoliciesAnalyzer,
  servicePortsAnalyzer,
  servicesAnalyzer,
];
