import type { CallResult } from '../../core/result.ts';
import { answerBySandbox } from '../../desk/sandbox-answer.ts';
import type { Vigie } from '../../pipeline/vigie.ts';
import { Progress } from '../progress.ts';
import { paintDiff } from '../render/diff.ts';
import { deskOf, type Session } from '../session.ts';
import { Tty } from '../tty.ts';
import type { Story } from './story.ts';

/**
 * The person's part of the demo. With a terminal and without --yes the answer is theirs; either way it is the
 * sandbox's own approver that lets the change go, since a demo has nobody's passphrase.
 */
export async function decideInDemo(
  session: Session,
  vigie: Vigie,
  ticket: {
    id: string;
    yes: boolean;
    story: Story;
    /** Goes along with what is applied, so that a rollout need not take its time. */
    whileApplied?: <T>(work: Promise<T>) => Promise<T>;
  },
): Promise<CallResult> {
  const { story, whileApplied = work => work } = ticket;
  const record = await (await vigie.store()).changes.get(ticket.id);
  await story.say(paintDiff(record.diff, session.terminal.colors));
  if (ticket.yes || !session.terminal.interactive) {
    const why = ticket.yes ? '--yes' : 'no terminal to ask at';
    await story.aside(
      `Answered yes (${why}) by the sandbox itself. It can do so only in this sandbox, which the demo started.`,
    );
  } else if (!(await askPerson(session, ticket.id))) {
    return (await deskOf(vigie)).reject({ id: ticket.id, reason: 'answered no in the demo' });
  }
  const progress = new Progress(session.terminal, 'silent');
  try {
    return await whileApplied(
      answerBySandbox(vigie, { id: ticket.id, signal: session.signal, progress: progress.say }),
    );
  } finally {
    progress.end();
  }
}

async function askPerson(session: Session, id: string): Promise<boolean> {
  const tty = Tty.open(session.terminal);
  try {
    return await tty.confirm(`   Let ${id} go?`);
  } finally {
    tty.close();
  }
}
