import type { Json } from '../../core/json.ts';
import { readQuantity } from '../../kubernetes/quantities.ts';

/** The server writes 0.5 as 500m. */
export function sameQuantity(left: Json | undefined, right: Json): boolean {
  const [one, other] = [left, right].map(value =>
    typeof value === 'string' || typeof value === 'number' ? readQuantity(value) : undefined,
  );
  return one !== undefined && one === other;
}
