import { VigieError } from '../core/errors.ts';
import { isObject, type JsonObject } from '../core/json.ts';
import { type ProvenAudit, proveAudit } from '../pipeline/prove-audit.ts';
import type { Vigie } from '../pipeline/vigie.ts';
import type { AuditRow } from '../store/audit-row.ts';
import { auditPageRows } from './desk.ts';

/** One answer of exported rows; the row of a plan with a hundred targets has some ten thousand. */
const pageBytes = 2 * 1024 * 1024;

export async function auditRows(
  vigie: Vigie,
  page: { limit: number; before?: number; changeId?: string },
): Promise<AuditRow[]> {
  const { audit } = await vigie.store();
  return audit.list({ ...page, limit: Math.min(page.limit, auditPageRows) });
}

/** Some of the export: `next` is the sequence to go on after. */
export async function auditLines(
  vigie: Vigie,
  page: { after: number },
): Promise<{ lines: string[]; next?: number }> {
  const { audit } = await vigie.store();
  const lines: string[] = [];
  let bytes = 0;
  for await (const line of audit.exportLines(page)) {
    lines.push(line);
    bytes += Buffer.byteLength(line);
    if (bytes < pageBytes) continue;
    const { sequence } = rowIn(line);
    if (typeof sequence === 'number') return { lines, next: sequence };
  }
  return { lines };
}

/** @throws VigieError INVALID_INPUT for a head that is no hash */
export async function auditVerify(vigie: Vigie, expected: { head?: string }): Promise<ProvenAudit> {
  const { head } = expected;
  return proveAudit(vigie, head === undefined ? {} : { head: await wholeHash(vigie, head) });
}

/** A hash as it was printed, whole or by its first characters, as `audit list` shows it. */
async function wholeHash(vigie: Vigie, typed: string): Promise<string> {
  if (/^[0-9a-f]{64}$/.test(typed)) return typed;
  if (!/^[0-9a-f]{8,63}$/.test(typed))
    throw new VigieError(
      'INVALID_INPUT',
      '--head takes a hash as it was printed: 8 to 64 digits of 0-9 and a-f.',
      { hint: 'vigie audit list shows the newest.' },
    );
  const { audit } = await vigie.store();
  for await (const line of audit.exportLines()) {
    const { hash } = rowIn(line);
    if (typeof hash === 'string' && hash.startsWith(typed)) return hash;
  }
  // No row begins so, which is what a chain looks like whose end was cut off.
  return typed;
}

function rowIn(line: string): JsonObject {
  const row: unknown = JSON.parse(line);
  return isObject(row) ? row : {};
}
