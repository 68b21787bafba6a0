import { applying } from './applying.ts';
import { asking } from './asking.ts';
import { changing } from './changing.ts';
import { creating } from './creating.ts';
import { deleting } from './deleting.ts';
import { describing, reading } from './reading.ts';

/** Lines for kubectl, each without its first word, in a namespace that has the script's name and is there already. */
export interface Script {
  script: string;
  /** Files beside it, by name. */
  files?: Record<string, string>;
  lines: string[];
}

export const scripts: Script[] = [reading, describing, creating, applying, changing, deleting, asking];
