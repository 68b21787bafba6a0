import type { Playbook, PlaybookTriggers } from '../../core/playbook.ts';

/** Of `chat` a playbook may say its command; nothing serves it yet, so it starts nothing. */
const isServed: Readonly<Record<keyof PlaybookTriggers, boolean>> = {
  alert: true,
  schedule: true,
  event: true,
  webhook: true,
  chat: false,
};

/** What starts a playbook by itself, where vigie.yaml lets it. */
export function startersOf({ on }: Pick<Playbook, 'on'>): string[] {
  return Object.entries(isServed).flatMap(([name, served]) =>
    served && Object.hasOwn(on, name) ? [name] : [],
  );
}
