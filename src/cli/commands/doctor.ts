import { cleanLine } from '../../core/text.ts';
import { type Check, checksOf } from '../../desk/checks/check.ts';
import { storeChecks } from '../../desk/checks/store.ts';
import { wholeEnvironment } from '../../desk/checks/whole-environment.ts';
import { addConfigOption } from '../add-config-option.ts';
import { addOutputOption } from '../add-output-option.ts';
import { fileChecks, nodeChecks, trustChecks } from '../doctor/installation.ts';
import { programChecks } from '../doctor/program-files.ts';
import { recordChecks } from '../doctor/records.ts';
import { shutOutChecks } from '../doctor/shut-out.ts';
import { triggerChecks } from '../doctor/triggers.ts';
import { badAnswerStatus } from '../exit-status.ts';
import { writeData } from '../render/answer.ts';
import { type CommonOptions, deskAt, type Session } from '../session.ts';
import type { DefineCommand } from './entry.ts';

interface Options extends CommonOptions {
  output: string;
}

export const define: DefineCommand = (command, session) => {
  addConfigOption(addOutputOption(command)).action((options: Options) => examine(session, options));
};

async function examine(session: Session, options: Options): Promise<void> {
  const asData = options.output === 'json' || options.output === 'yaml';
  const checks: Check[] = [];
  let area = '';
  for await (const check of allChecks(session, options)) {
    checks.push(check);
    if (asData) continue;
    const { bold } = session.terminal.colors;
    if (check.area !== area) await session.terminal.write(`${area === '' ? '' : '\n'}${bold(check.area)}\n`);
    area = check.area;
    await session.terminal.write(lineOf(check, session));
  }
  const wrong = checks.filter(check => check.state === 'wrong').length;
  if (asData)
    await session.terminal.write(
      await writeData({ ok: wrong === 0, checks }, options.output === 'json' ? 'json' : 'yaml'),
    );
  else
    await session.terminal.write(
      wrong > 0
        ? `\n${wrong} wrong; each line above says what to do.\n`
        : session.vigie?.environments.length === 0
          ? '\nNothing is wrong, and nothing is set up: there is no environment yet. Write one: vigie init; or look first: vigie demo\n'
          : '\nNothing is wrong.\n',
    );
  if (wrong > 0) session.status = badAnswerStatus;
}

async function* allChecks(session: Session, options: Options): AsyncIterable<Check> {
  yield* nodeChecks();
  yield* checksOf('installation', () => programChecks(import.meta.filename));
  let apart = false;
  yield* checksOf('daemon', async function* () {
    // One that does not answer is a daemon all the same: the files of this account are nobody's installation.
    apart = true;
    const daemon = await session.findDaemon(options, ['approver', 'agent']);
    if (daemon === undefined) {
      apart = false;
      if (options.config === undefined) yield* shutOutChecks(session.terminal.env);
      return;
    }
    try {
      const [desk, { daemonChecks }] = await Promise.all([deskAt(daemon), import('../doctor/daemon.ts')]);
      const { version } = session.program;
      yield* daemonChecks(daemon, { desk, version, signal: session.signal });
    } finally {
      daemon.connection.close();
    }
  });
  if (!apart) yield* localChecks(session, options);
}

async function* localChecks(session: Session, options: Options): AsyncIterable<Check> {
  yield* checksOf('installation', async function* () {
    const config = await session.config(options);
    yield* checksOf('installation', () => fileChecks(config));
    const vigie = await session.program.open({
      door: 'cli',
      ...(options.config === undefined ? {} : { configFile: options.config }),
    });
    session.vigie = vigie;
    try {
      const { signal } = session;
      yield* checksOf('installation', () => trustChecks(vigie));
      yield* checksOf('store', () => storeChecks(vigie));
      yield* checksOf('records', () => recordChecks(vigie, signal));
      yield* checksOf('triggers', () => triggerChecks(session, { options, vigie }));
      for (const environment of vigie.environments) yield* wholeEnvironment(vigie, { environment, signal });
    } finally {
      await vigie.close();
    }
  });
}

function lineOf(check: Check, session: Session): string {
  const { green, red, yellow, dim } = session.terminal.colors;
  // A server chooses what it calls itself and us.
  const what = cleanLine(check.what);
  switch (check.state) {
    case 'fine':
      return `  ${green('✓')} ${what}\n`;
    case 'note':
      return `  ${yellow('!')} ${what}\n      ${dim(check.todo)}\n`;
    case 'wrong':
      return `  ${red('✗')} ${what}\n      ${check.todo}\n`;
  }
}
