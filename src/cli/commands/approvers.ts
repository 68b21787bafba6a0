import { addApprover, refuseApproverName, removeApprover } from '../../config/approvers.ts';
import { processAncestry } from '../../config/process-ancestry.ts';
import { deriveKey, newSalt } from '../../config/signing.ts';
import { VigieError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { generatePassphrase, weaknessOf } from '../../core/passphrase.ts';
import { pluginViews } from '../../desk/plugin-views.ts';
import { auditFacts } from '../../pipeline/audit-facts.ts';
import { newestEntry, trustedApprovers } from '../../pipeline/trusted-approvers.ts';
import type { Vigie } from '../../pipeline/vigie.ts';
import { addConfigOption } from '../add-config-option.ts';
import { addOutputOption } from '../add-output-option.ts';
import { writeData } from '../render/answer.ts';
import { TableWriter } from '../render/table.ts';
import { type CommonOptions, deskOf, type Session, terminalActor } from '../session.ts';
import { askSigner } from '../sign-statement.ts';
import { normalise } from '../signer.ts';
import { Tty } from '../tty.ts';
import type { DefineCommand } from './entry.ts';

interface AddOptions extends CommonOptions {
  as?: string;
  ownPassphrase?: boolean;
}

export const define: DefineCommand = (command, session) => {
  const add = command
    .command('add')
    .argument('<name>', 'The person as vigie.yaml and the audit name them.')
    .description(
      'Make a passphrase for a person and add their key. Needs an approver, but for the first one.',
    )
    .option('--own-passphrase', 'Type one of your own instead of five generated words.')
    .option('--as <person>', 'The approver who signs; default: the OS user, or the only approver.');
  addConfigOption(add).action((name: string, options: AddOptions) => addOne(session, { name, options }));

  const remove = command
    .command('remove')
    .argument('<name>', 'Approver to remove.')
    .description('Remove a person. Needs an approver.')
    .option('--as <person>', 'The approver who signs; default: the OS user, or the only approver.');
  addConfigOption(remove).action((name: string, options: CommonOptions & { as?: string }) =>
    removeOne(session, { name, options }),
  );

  const list = command
    .command('list', { isDefault: true })
    .description('Show whose signature counts, and who vouched for them.');
  addConfigOption(addOutputOption(list)).action((options: CommonOptions & { output: string }) =>
    session.withDesk(options, async desk => {
      const rows = (await desk.approvers()).map(approver => ({ ...approver }));
      if (options.output === 'json' || options.output === 'yaml')
        await session.terminal.write(await writeData({ approvers: rows }, options.output));
      else if (rows.length === 0) session.terminal.note('There is no approver yet: vigie approvers add NAME');
      else await session.terminal.write(new TableWriter().page(rows));
    }),
  );
};

async function addOne(session: Session, asked: { name: string; options: AddOptions }): Promise<void> {
  const { name, options } = asked;
  // Before anybody has words to write down.
  refuseApproverName(name);
  await session.noteOwnFiles(options);
  const { approversFile } = await session.config(options);
  await session.withVigie(options, async vigie => {
    const { terminal } = session;
    const tty = Tty.open(terminal);
    try {
      const { list: known } = await trustedApprovers(vigie);
      const by =
        known.length === 0
          ? undefined
          : await askSigner(await deskOf(vigie), {
              tty,
              purpose: `add ${name}`,
              ...(options.as === undefined ? {} : { as: options.as }),
            });
      if (by === undefined) {
        const { ownsDaemonFolders } = await import('../../desk/wire/find-daemon.ts');
        const daemons = await ownsDaemonFolders(terminal.env);
        terminal.note(
          `${terminal.noteColors.yellow('Note:')} ${name} is the first approver and vouches for itself from this account${daemons ? ", the daemon's" : ''}.\n` +
            (daemons
              ? 'Only who can become this account could have done the same; once it runs, vigie doctor tells each\n' +
                'account what approvals are worth.'
              : 'Whoever else can use this account, an agent with a shell included, could have done the same:\n' +
                'approvals here are advisory, and say so. SECURITY.md shows the set-ups that are more.'),
        );
      }
      const passphrase = options.ownPassphrase === true ? await chooseOwn(tty) : await showGenerated(tty);
      const key = await deriveKey({ passphrase, salt: newSalt() });
      const via = await processAncestry();
      const added = await addApprover({
        file: approversFile,
        person: name,
        key,
        via,
        now: vigie.now(),
        ...(by === undefined ? {} : { by }),
      });
      const facts = await personFacts(vigie, {
        approver: added.person,
        addedBy: added.addedBy,
        via: added.via,
        publicKey: added.publicKey,
        ...newestEntry(await vigie.approvers()),
      });
      await (await vigie.store()).audit.append({ event: 'approver_added', facts });
      await terminal.write(`${added.person} is an approver (signed by ${added.addedBy}).\n`);
      if (by === undefined && !(await vigie.policy()).accepted)
        terminal.note('Next: vigie policy accept, so that what the policy allows need not be asked.');
      await noteUntrusted(session, vigie);
    } finally {
      tty.close();
    }
  });
}

/** A login command waits for a signature from the first approver on, and again when the one who signed it leaves. */
async function noteUntrusted(session: Session, vigie: Vigie): Promise<void> {
  for (const { environment, state } of await pluginViews(vigie))
    if (state === 'untrusted' || state === 'lapsed')
      session.terminal.note(
        `Next: vigie env trust ${environment}; until then no change is made through its login command.`,
      );
}

/** Shown once and kept nowhere; typing it again proves that it was written down. */
async function showGenerated(tty: Tty): Promise<string> {
  const passphrase = generatePassphrase();
  tty.say(`\n    ${passphrase}\n\nWrite these five words down: they are shown this once and kept nowhere.`);
  const again = await tty.askHidden('Type them to go on: ');
  if (normalise(again) !== passphrase)
    throw new VigieError('WRONG_PASSPHRASE', 'Those are other words; nobody was added.', {
      hint: 'Run the same command again: it makes new words.',
    });
  return passphrase;
}

async function chooseOwn(tty: Tty): Promise<string> {
  const passphrase = normalise(await tty.askHidden('New passphrase: '));
  const weakness = weaknessOf(passphrase);
  if (weakness !== undefined)
    throw new VigieError('INVALID_INPUT', `That passphrase will not do: ${weakness}.`, {
      hint: 'Without --own-passphrase five words are made for you.',
    });
  if (normalise(await tty.askHidden('The same again: ')) !== passphrase)
    throw new VigieError('WRONG_PASSPHRASE', 'The two are not the same; nobody was added.');
  return passphrase;
}

async function removeOne(
  session: Session,
  asked: { name: string; options: CommonOptions & { as?: string } },
): Promise<void> {
  const { name, options } = asked;
  await session.noteOwnFiles(options);
  const { approversFile } = await session.config(options);
  await session.withVigie(options, async vigie => {
    const tty = Tty.open(session.terminal);
    try {
      const by = await askSigner(await deskOf(vigie), {
        tty,
        purpose: `remove ${name}`,
        ...(options.as === undefined ? {} : { as: options.as }),
      });
      await removeApprover({ file: approversFile, person: name, by, now: vigie.now() });
      const facts = await personFacts(vigie, {
        approver: name,
        removedBy: by.person,
        ...newestEntry(await vigie.approvers()),
      });
      await (await vigie.store()).audit.append({ event: 'approver_removed', facts });
      await session.terminal.write(`${name} is no approver any more.\n`);
      await noteUntrusted(session, vigie);
    } finally {
      tty.close();
    }
  });
}

/** The facts of an audit row for something a person did at this terminal. */
function personFacts(vigie: Vigie, more: JsonObject): Promise<JsonObject> {
  return auditFacts(vigie, { actor: terminalActor(), more });
}
