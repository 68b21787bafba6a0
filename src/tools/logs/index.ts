import type { Tool } from '../../toolkit/tool.ts';
import { logsPatterns } from './patterns.ts';
import { logsQuery } from './query.ts';

export const logTools: readonly Tool[] = [logsQuery, logsPatterns];
