import type { Tool } from '../../toolkit/tool.ts';
import { manifestsLint } from './lint.ts';

export const manifestTools: readonly Tool[] = [manifestsLint];
