import type { Tool } from '../../toolkit/tool.ts';
import { dataStatus } from './status.ts';

export const dataTools: readonly Tool[] = [dataStatus];
