import { canonicalJson, type JsonObject } from '../../core/json.ts';
import type { RehearsalReport } from '../../core/rehearsal.ts';
import { cleanLine } from '../../core/text.ts';
import { rehearse } from '../../engine/rehearsal/rehearse.ts';
import { environmentOf } from '../../pipeline/look-up.ts';
import { badAnswerStatus } from '../exit-status.ts';
import { Progress } from '../progress.ts';
import { writeData } from '../render/answer.ts';
import { type CommonOptions, type Session, terminalActor } from '../session.ts';
import { CliLibrary } from './cli-library.ts';
import { givenInputs } from './given-inputs.ts';
import { rehearsalText } from './rehearsal-text.ts';

/** Plays a playbook on a copy of an environment, and tells what it came to. */
export async function rehearseHere(
  session: Session,
  asked: {
    name: string;
    options: CommonOptions & {
      output: string;
      input: [string, string][];
      environment?: string;
      failBehind?: string;
    };
  },
): Promise<void> {
  const { name, options } = asked;
  const { environment, output, failBehind } = options;
  const { terminal, program, signal } = session;
  const desk = new CliLibrary(session, options);
  const progress = new Progress(terminal, 'silent');
  try {
    await session.withVigie(options, async vigie => {
      const { playbook } = await desk.named(name);
      const order = {
        playbook: name,
        environment: environmentOf(vigie, environment === undefined ? {} : { environment }).view.name,
        inputs: givenInputs(options.input, playbook),
        ...(failBehind === undefined ? {} : { failBehind }),
      };
      const report = await rehearse(vigie, order, {
        named: each => desk.named(each),
        play: program.play,
        actor: terminalActor(),
        signal,
        progress: progress.say,
      });
      progress.end();
      await terminal.write(
        output === 'table'
          ? rehearsalText(report, terminal.colors)
          : await writeData(report, output === 'json' ? 'json' : 'yaml'),
      );
      if (output === 'table') terminal.note(nextOf(report, { typed: options.input, inputs: order.inputs }));
      if (report.outcome !== 'done') session.status = badAnswerStatus;
    });
  } finally {
    progress.end();
    await desk.close();
  }
}

function nextOf(
  { outcome, playbook, environment, inputs: shown }: RehearsalReport,
  { typed, inputs }: { typed: readonly [string, string][]; inputs: JsonObject },
): string {
  // As they were typed; of one that holds a secret, its place alone.
  const words = typed.map(([name, value]) => {
    const open = canonicalJson(shown[name] ?? null) === canonicalJson(inputs[name] ?? null);
    return ` -i ${open ? shellWord(`${name}=${value}`) : `${name}=…`}`;
  });
  return outcome === 'done'
    ? `Run it: vigie run ${playbook} --environment ${environment}${words.join('')}`
    : `See what it would do: vigie playbooks show ${playbook}`;
}

/** As a shell takes it. */
function shellWord(word: string): string {
  const line = cleanLine(word);
  return /^[\w@%+=:,./-]+$/.test(line) ? line : `'${line.replaceAll("'", "'\\''")}'`;
}
