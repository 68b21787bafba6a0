import { lengthText } from '../core/length-text.ts';
import { sizeText } from '../core/size-text.ts';
import { type Threshold, type ThresholdName, thresholds } from './thresholds.ts';
import type { Line } from './verdict.ts';

/**
 * One value against its threshold. `text` says what the value is of; the value and what it passed are added. A value that
 * is no number is not checked.
 */
export function measured(
  check: string,
  { value, by, text }: { value: number; by: ThresholdName; text: string },
): Line {
  const threshold: Threshold = thresholds[by];
  if (!Number.isFinite(value)) return { check, level: 'not checked', text: `${text}: no number was told` };
  const level = levelOf(value, threshold);
  if (level === 'ok') return { check, level, text };
  return {
    check,
    level,
    text: `${text}; ${level} ${threshold.worse} ${amountText(threshold[level] ?? 0, threshold.unit)}`,
    source: threshold.source,
  };
}

/** How bad a value is, without a line. */
export function levelOf(value: number, threshold: Threshold): 'ok' | 'warning' | 'critical' {
  const beyond = (limit: number | undefined): boolean =>
    limit !== undefined && (threshold.worse === 'above' ? value > limit : value < limit);
  if (beyond(threshold.critical)) return 'critical';
  return beyond(threshold.warning) ? 'warning' : 'ok';
}

/** `84 %`, `1.2 GB`, `3 min`, `740 ms`, `12,000`. */
export function amountText(value: number, unit: Threshold['unit']): string {
  switch (unit) {
    case 'percent':
      return `${Math.floor(value)} %`;
    case 'bytes':
      return sizeText(value);
    case 'milliseconds':
      return lengthText(value / 1000);
    case 'seconds':
      return lengthText(value);
    case 'count':
      return Math.round(value).toLocaleString('en-US');
  }
}
