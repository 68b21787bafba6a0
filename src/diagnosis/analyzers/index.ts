import type { Analyzer } from '../analyzer.ts';
import { claimsAnalyzer } from './claims.ts';

/** Every subject that is looked at; an analyzer is one file here and one line below. */
export const analyzers: readonly Analyzer[] = [claimsAnalyzer];
