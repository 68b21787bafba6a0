import type { Tool } from '../../toolkit/tool.ts';
import { playbooksControl } from './control.ts';
import { playbooksGet } from './get.ts';
import { playbooksList } from './list.ts';
import { playbooksRun } from './run.ts';
import { playbooksStatus } from './status.ts';

export const playbookTools: readonly Tool[] = [
  playbooksList,
  playbooksGet,
  playbooksRun,
  playbooksStatus,
  playbooksControl,
];
