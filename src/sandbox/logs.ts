import type { Pod } from '../kubernetes/kinds.ts';
import type { World } from './world.ts';

export interface LogLine {
  timeMs: number;
  line: string;
}

/** What a container has written since it started, oldest first; previous: what the instance before its last restart wrote. */
export function logLines(_input: {
  pod: Pod;
  container: string;
  world: World;
  nowMs: number;
  previous: boolean;
}): LogLine[] {
  return [];
}
