import { VigieError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { isObject } from '../../core/json.ts';
import { screenJson } from '../../core/screen-text.ts';
import { auditPageRows } from '../../desk/desk.ts';
import type { AuditEvent, AuditRow } from '../../store/audit-row.ts';
import { addConfigOption } from '../add-config-option.ts';
import { addOutputOption } from '../add-output-option.ts';
import { badAnswerStatus } from '../exit-status.ts';
import { writeData } from '../render/answer.ts';
import { cellText, TableWriter } from '../render/table.ts';
import { describeWitness } from '../render/witnesses.ts';
import type { CommonOptions } from '../session.ts';
import type { DefineCommand } from './entry.ts';

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
      session.withDesk(options, async desk => {
        const most = readLimit(options.limit);
        const table = new TableWriter();
        const kept: JsonObject[] = [];
        let before: number | undefined;
        for (let shown = 0; shown < most && !session.terminal.whenBroken.aborted; ) {
          const rows = await desk.auditRows({
            limit: Math.min(auditPageRows, most - shown),
            ...(before === undefined ? {} : { before }),
            ...(options.change === undefined ? {} : { changeId: options.change }),
          });
          if (options.output === 'table') await session.terminal.write(table.page(rows.map(asTableRow)));
          else kept.push(...rows.map(row => ({ ...row })));
          shown += rows.length;
          before = rows.at(-1)?.sequence;
          if (rows.length < auditPageRows) break;
        }
        if (options.output === 'json' || options.output === 'yaml')
          await session.terminal.write(await writeData({ rows: kept }, options.output));
      }),
  );

  const verify = command
    .command('verify')
    .description(
      'Walk the whole chain and compare it with its witnesses. Without one, or --head, a cut tail does not show.',
    )
    .option('--head <hash>', 'A hash that was printed earlier and kept elsewhere.');
  addConfigOption(verify).action((options: CommonOptions & { head?: string }) =>
    session.withDesk(options, async desk => {
      const verdict = await desk.auditVerify(options.head === undefined ? {} : { head: options.head });
      const { colors } = session.terminal;
      if (!verdict.ok) {
        await session.terminal.write(`${colors.red('broken')} at row ${verdict.sequence}: ${verdict.what}\n`);
        session.status = badAnswerStatus;
        return;
      }
      await session.terminal.write(`${colors.green('whole')}: ${verdict.rows} rows, head ${verdict.head}\n`);
      for (const view of verdict.witnesses) {
        const line = describeWitness(view, verdict.rows);
        if (view.state === 'unreadable') session.terminal.note(line);
        else await session.terminal.write(`${view.state === 'lost' ? colors.red(line) : line}\n`);
        if (view.state === 'lost') session.status = badAnswerStatus;
      }
      if (verdict.clockBack.length > 0)
        session.terminal.note(`The clock was set back before rows ${verdict.clockBack.join(', ')}.`);
      if (options.head === undefined && !verdict.witnesses.some(view => view.state === 'agrees'))
        session.terminal.note(
          'Keep the head elsewhere: vigie audit verify --head HASH then finds a cut tail too. A witness does it by itself: docs/guides/witness.md',
        );
    }),
  );

  const exported = command
    .command('export')
    .description('Every row as JSON Lines, oldest first, as it was hashed.');
  addConfigOption(exported).action((options: CommonOptions) =>
    session.withDesk(options, async desk => {
      for (let after: number | undefined = 0; after !== undefined; ) {
        const page: { lines: string[]; next?: number } = await desk.auditLines({ after });
        for (const line of page.lines) {
          if (session.terminal.whenBroken.aborted) return;
          await session.terminal.write(screenJson(line));
        }
        after = page.next;
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
    by: decidedBy(row),
    assurance: assurance ?? '',
    hash: row.hash.slice(0, shownHash),
  };
}

// In these rows the actor is whoever asked for the change, not whoever did what the row tells of.
const decisions: readonly AuditEvent[] = ['approved', 'rejected', 'wrong_passphrase'];

/** Who decided, `bob`; where another OS user than the approver typed, `mallory as bob`. Empty for all else. */
function decidedBy({ event, facts }: AuditRow): string {
  if (!decisions.includes(event)) return '';
  const approver = typeof facts['approver'] === 'string' ? facts['approver'] : '';
  const by = typeof facts['by'] === 'string' ? facts['by'] : approver;
  return approver === '' || by === approver ? by : `${cellText(by)} as ${cellText(approver)}`;
}
