import type { Fault } from '../world.ts';
import { containerFaults } from './containers.ts';
import { schedulingFaults } from './scheduling.ts';
import { workloadFaults } from './workloads.ts';

/** Every fault that is planted, by subject. */
export const faults: readonly Fault[] = [...containerFaults, ...schedulingFaults, ...workloadFaults];
