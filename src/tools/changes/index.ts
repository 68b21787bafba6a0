import type { Tool } from '../../toolkit/tool.ts';
import { changesGet } from './get.ts';
import { changesList } from './list.ts';
import { changesUndo } from './undo.ts';

export const changeTools: readonly Tool[] = [changesList, changesGet, changesUndo];
