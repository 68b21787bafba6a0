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

/** `84 %`, `1.2 GiB`, `3 min`, `740 ms`, `12,000`. */
export function amountText(value: number, unit: Threshold['unit']): string {
  switch (unit) {
    case 'percent':
      return `${Math.floor(value)} %`;
    case 'bytes':
      return scaled(value, byteSteps);
    case 'milliseconds':
      return scaled(value / 1000, secondSteps);
    case 'seconds':
      return scaled(value, secondSteps);
    case 'count':
      return Math.round(value).toLocaleString('en-US');
  }
}

type Steps = readonly { from: number; size: number; unit: string }[];

const byteSteps: Steps = ['B', 'kiB', 'MiB', 'GiB', 'TiB'].map((unit, step) => ({
  from: 1024 ** step,
  size: 1024 ** step,
  unit,
}));
// Up to two of the next unit the smaller one tells more.
const secondSteps: Steps = [
  { from: 0, size: 0.001, unit: 'ms' },
  { from: 1, size: 1, unit: 's' },
  { from: 120, size: 60, unit: 'min' },
  { from: 7_200, size: 3_600, unit: 'h' },
  { from: 3 * 86_400, size: 86_400, unit: 'd' },
];

function scaled(value: number, steps: Steps): string {
  const step = steps.findLast(({ from }) => Math.abs(value) >= from) ?? steps[0];
  if (step === undefined) return String(value);
  const amount = value / step.size;
  return `${amount >= 100 ? Math.round(amount) : Number(amount.toFixed(1))} ${step.unit}`;
}
