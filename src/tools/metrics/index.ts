import type { Tool } from '../../toolkit/tool.ts';
import { metricsQuery } from './query.ts';

export const metricsTools: readonly Tool[] = [metricsQuery];
