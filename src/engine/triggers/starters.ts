import type { Playbook } from '../../core/playbook.ts';

/** In the order of a playbook. Of `chat` a playbook may say its command; nothing serves it yet, so it starts nothing. */
const served = ['alert', 'schedule', 'event', 'webhook'] as const;

/** What starts a playbook by itself, where vigie.yaml lets it. */
export function startersOf({ on }: Pick<Playbook, 'on'>): string[] {
  return served.filter(each => on[each] !== undefined);
}
