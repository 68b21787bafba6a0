import { type JsonObject, memberOf, textOf } from '../../core/json.ts';
import { textLabels } from './labels.ts';

/** Something that is scraped. */
export interface Target {
  labels: Readonly<Record<string, string>>;
  up: boolean;
  /** Of a target that is down: why. */
  why: string;
  lastScrape: Date | undefined;
  /** Between two scrapes; undefined where the server does not say. */
  everySeconds: number | undefined;
}

export function targetOf(target: JsonObject): Target {
  const lastScrape = new Date(textOf(target, 'lastScrape'));
  const [, every, unit = ''] = /^(\d+)(ms|s|m|h)$/.exec(textOf(target, 'scrapeInterval')) ?? [];
  return {
    labels: textLabels(memberOf(target, 'labels')),
    up: textOf(target, 'health') === 'up',
    why: textOf(target, 'lastError'),
    lastScrape: Number.isNaN(lastScrape.getTime()) ? undefined : lastScrape,
    everySeconds: every === undefined ? undefined : Number(every) * (secondsOf[unit] ?? 1),
  };
}

const secondsOf: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600 };
