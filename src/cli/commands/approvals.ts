import { shownName } from '../../core/actor.ts';
import { describeRef } from '../../core/ref.ts';
import { cleanLine } from '../../core/text.ts';
import { environmentOf } from '../../pipeline/look-up.ts';
import type { ChangeRecord } from '../../store/change-reader.ts';
import { addConfigOption } from '../add-config-option.ts';
import { addOutputOption } from '../add-output-option.ts';
import { age } from '../render/age.ts';
import { writeData } from '../render/answer.ts';
import { TableWriter } from '../render/table.ts';
import type { CommonOptions } from '../session.ts';
import type { DefineCommand } from './entry.ts';

/** More open tickets than a person can decide; `vigie changes list` pages through all. */
const mostTickets = 200;

export const define: DefineCommand = (command, session) => {
  command.option('-e, --environment <name>', 'Only of this environment.');
  addConfigOption(addOutputOption(command)).action(
    async (options: CommonOptions & { environment?: string; output: string }) => {
      await session.withVigie(options, async vigie => {
        const { environment, output } = options;
        if (environment !== undefined) environmentOf(vigie, { environment });
        const store = await vigie.store();
        await store.changes.expireDue();
        const open = await store.changes.list({
          states: ['waiting'],
          limit: mostTickets,
          ...(environment === undefined ? {} : { environment }),
        });
        if (output === 'json' || output === 'yaml') {
          await session.terminal.write(await writeData({ tickets: open.map(asData) }, output));
        } else if (open.length === 0) {
          session.terminal.note('No ticket waits for a person.');
        } else {
          const now = vigie.now();
          await session.terminal.write(new TableWriter().page(open.map(ticket => asRow(ticket, now))));
          session.terminal.note(
            session.terminal.noteColors.dim('Decide one: vigie approve ID, or vigie reject ID'),
          );
        }
      });
    },
  );
};

function asRow(ticket: ChangeRecord, now: Date) {
  return {
    id: ticket.id,
    environment: ticket.environment,
    risk: ticket.risk,
    askedBy: `${shownName(ticket.actor)} (${ticket.actor.kind}, for ${ticket.actor.onBehalfOf})`,
    age: age(ticket.createdAt, now),
    expiresIn: ticket.expiresAt === undefined ? '-' : age(now.toISOString(), new Date(ticket.expiresAt)),
    change: cleanLine(ticket.summary),
  };
}

function asData(ticket: ChangeRecord) {
  const { id, environment, tool, risk, summary, createdAt, digest } = ticket;
  return {
    id,
    environment,
    tool,
    risk,
    summary,
    targets: ticket.targets.map(describeRef),
    actor: { ...ticket.actor },
    digest,
    createdAt,
    ...(ticket.expiresAt === undefined ? {} : { expiresAt: ticket.expiresAt }),
    ...(ticket.reason === undefined ? {} : { reason: ticket.reason }),
  };
}
