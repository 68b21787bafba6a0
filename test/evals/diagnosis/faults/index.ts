import type { Fault } from '../world.ts';
import { chainFaults } from './chains.ts';
import { clusterFaults } from './cluster.ts';
import { containerFaults } from './containers.ts';
import { networkFaults } from './network.ts';
import { elsewhereFaults, rolledFaults } from './rolled.ts';
import { schedulingFaults } from './scheduling.ts';
import { storageFaults } from './storage.ts';
import { workloadFaults } from './workloads.ts';

/** Every fault that is planted, by subject. */
export const faults: readonly Fault[] = [
  ...containerFaults,
  ...schedulingFaults,
  ...workloadFaults,
  ...networkFaults,
  ...storageFaults,
  ...clusterFaults,
  ...chainFaults,
  ...rolledFaults,
  ...elsewhereFaults,
];
