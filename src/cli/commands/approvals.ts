import { shownName } from '../../core/actor.ts';
import { cleanLine } from '../../core/text.ts';
import type { Ticket } from '../../desk/desk.ts';
import { addConfigOption } from '../add-config-option.ts';
import { addOutputOption } from '../add-output-option.ts';
import { age } from '../render/age.ts';
import { writeData } from '../render/answer.ts';
import { TableWriter } from '../render/table.ts';
import type { CommonOptions } from '../session.ts';
import type { DefineCommand } from './entry.ts';

export const define: DefineCommand = (command, session) => {
  command.option('-e, --environment <name>', 'Only of this environment.');
  addConfigOption(addOutputOption(command)).action(
    async (options: CommonOptions & { environment?: string; output: string }) => {
      await session.withDesk(options, async desk => {
        const { environment, output } = options;
        const { now, tickets } = await desk.tickets(environment === undefined ? {} : { environment });
        if (output === 'json' || output === 'yaml') {
          await session.terminal.write(await writeData({ tickets: tickets.map(asData) }, output));
        } else if (tickets.length === 0) {
          session.terminal.note('No ticket waits for a person.');
        } else {
          const rows = tickets.map(ticket => asRow(ticket, new Date(now)));
          await session.terminal.write(new TableWriter().page(rows));
          session.terminal.note(
            session.terminal.noteColors.dim('Decide one: vigie approve ID, or vigie reject ID'),
          );
        }
      });
    },
  );
};

function asRow(ticket: Ticket, now: Date) {
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

function asData(ticket: Ticket) {
  return { ...ticket, actor: { ...ticket.actor } };
}
