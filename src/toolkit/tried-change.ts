import type { Preview } from '../core/preview.ts';
import type { Ref } from '../core/ref.ts';

/** How one change would end if it were made now: what it would do, or why it would not be made. As its asker may see it. */
export type TriedChange = { target: Ref } & (
  | {
      outcome: Preview['operation'];
      /** Empty where nothing would change. */
      diff: string;
      warnings: readonly string[];
      /** Why the server could not try it; absent: it did. */
      unchecked?: string;
    }
  | {
      outcome: 'conflict' | 'invalid' | 'forbidden' | 'denied';
      why: string;
      /** Of fields that belong to others: what it would do with `force`. */
      diff?: string;
    }
);
