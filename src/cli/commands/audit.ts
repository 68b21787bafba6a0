import { VigieError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { isObject } from '../../core/json.ts';
import { proveAudit } from '../../pipeline/prove-audit.ts';
import type { Vigie } from '../../pipeline/vigie.ts';
import type { AuditRow } from '../../store/audit-row.ts';
import { addConfigOption } from '../add-config-option.ts';
import { addOutputOption } from '../add-output-option.ts';
import { badAnswerStatus } from '../exit-status.ts';
import { writeData } from '../render/answer.ts';
import { cellText, TableWriter } from '../render/table.ts';
import type { CommonOptions } from '../session.ts';
import type { DefineCommand } from './entry.ts';

const pageRows = 200;
/** Enough to compare by eye; -o json has the whole hash. */
const shownHash = 12;

export const define: DefineCommand = (command, session) => {
  const list = command
    .command('list')
    .description('Show the newest rows first.')
    .option('--change <id>', 'Only the rows of one change.')
    .option('--limit <number>', 'How many rows; default: all.');
  addConfigOption(addOutputOption(list)).action(
    (options: CommonOptions & { change?: string; limit?: string; output: string }) =>
      session.withVigie(options, async vigie => {
        const { audit } = await vigie.store();
        const most = readLimit(options.limit);
        const table = new TableWriter();
        const kept: JsonObject[] = [];
        let before: number | undefined;
        for (let shown = 0; shown < most && !session.terminal.whenBroken.aborted; ) {
          const rows = await audit.list({
            limit: Math.min(pageRows, most - shown),
            ...(before === undefined ? {} : { before }),
            ...(options.change === undefined ? {} : { changeId: options.change }),
          });
          if (options.output === 'table') await session.terminal.write(table.page(rows.map(asTableRow)));
          else kept.push(...rows.map(row => ({ ...row })));
          shown += rows.length;
          before = rows.at(-1)?.sequence;
          if (rows.length < pageRows) break;
        }
        if (options.output === 'json' || options.output === 'yaml')
          await session.terminal.write(await writeData({ rows: kept }, options.output));
      }),
  );

  const verify = command
    .command('verify')
    .description('Walk the whole chain. Without --head a tail that was cut off cannot be seen.')
    .option('--head <hash>', 'A hash that was printed earlier and kept elsewhere.');
  addConfigOption(verify).action((options: CommonOptions & { head?: string }) =>
    session.withVigie(options, async vigie => {
      const head = options.head === undefined ? undefined : await wholeHash(vigie, options.head);
      const verdict = await proveAudit(vigie, head === undefined ? {} : { head });
      const { colors } = session.terminal;
      if (!verdict.ok) {
        await session.terminal.write(`${colors.red('broken')} at row ${verdict.sequence}: ${verdict.what}\n`);
        session.status = badAnswerStatus;
        return;
      }
      await session.terminal.write(`${colors.green('whole')}: ${verdict.rows} rows, head ${verdict.head}\n`);
      if (verdict.clockBack.length > 0)
        session.terminal.note(`The clock was set back before rows ${verdict.clockBack.join(', ')}.`);
      if (options.head === undefined)
        session.terminal.note(
          'Keep the head elsewhere: vigie audit verify --head HASH then finds a cut tail too.',
        );
    }),
  );

  const exported = command
    .command('export')
    .description('Every row as JSON Lines, oldest first, as it was hashed.');
  addConfigOption(exported).action((options: CommonOptions) =>
    session.withVigie(options, async vigie => {
      for await (const line of (await vigie.store()).audit.exportLines()) {
        if (session.terminal.whenBroken.aborted) return;
        await session.terminal.write(line);
      }
    }),
  );
};

function readLimit(text: string | undefined): number {
  if (text === undefined) return Number.POSITIVE_INFINITY;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new VigieError('INVALID_INPUT', `--limit takes a whole number above 0, not "${text}"`);
}

function asTableRow(row: AuditRow): JsonObject {
  const { actor, onBehalfOf, assurance } = row.facts;
  const name = isObject(actor) && typeof actor['name'] === 'string' ? actor['name'] : '';
  return {
    seq: row.sequence,
    at: row.at,
    event: row.event,
    change: row.changeId ?? '',
    environment: row.environment ?? '',
    actor: name === onBehalfOf || onBehalfOf === undefined ? name : `${name} for ${cellText(onBehalfOf)}`,
    assurance: assurance ?? '',
    hash: row.hash.slice(0, shownHash),
  };
}

/** A hash as it was printed, whole or by its first characters, as `audit list` shows it. @throws VigieError INVALID_INPUT */
async function wholeHash(vigie: Vigie, typed: string): Promise<string> {
  if (/^[0-9a-f]{64}$/.test(typed)) return typed;
  if (!/^[0-9a-f]{8,63}$/.test(typed))
    throw new VigieError(
      'INVALID_INPUT',
      '--head takes a hash as it was printed: 8 to 64 digits of 0-9 and a-f.',
      {
        hint: 'vigie audit list shows the newest.',
      },
    );
  for await (const line of (await vigie.store()).audit.exportLines()) {
    const row: unknown = JSON.parse(line);
    const hash = typeof row === 'object' && row !== null && 'hash' in row ? row.hash : undefined;
    if (typeof hash === 'string' && hash.startsWith(typed)) return hash;
  }
  // No row begins so, which is what a chain looks like whose end was cut off.
  return typed;
}
