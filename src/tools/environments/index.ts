import type { Tool } from '../../toolkit/tool.ts';
import { environmentsList } from './list.ts';

export const environmentTools: readonly Tool[] = [environmentsList];
