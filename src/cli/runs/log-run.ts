import { isObject, type Json } from '../../core/json.ts';
import { cleanLine } from '../../core/text.ts';
import { writeData } from '../render/answer.ts';
import type { CommonOptions, Session } from '../session.ts';
import { dataOfStep, isoOf } from './run-data.ts';
import { runNamed } from './show-run.ts';
import { stepLine } from './step-line.ts';
import { withRuns } from './with-runs.ts';

/** Of an answer, for people; -o json has all. */
const answerChars = 2_000;

/** Shows what each step answered, in the order of time. */
export async function logRun(
  session: Session,
  { id, options }: { id: string; options: CommonOptions & { output: string } },
): Promise<void> {
  const { terminal } = session;
  await withRuns(session, {
    options,
    use: async ({ runs }) => {
      const { steps } = await runNamed(runs, id);
      if (options.output !== 'table') {
        const data = { run: id, steps: steps.map(dataOfStep) };
        await terminal.write(await writeData(data, options.output === 'json' ? 'json' : 'yaml'));
        return;
      }
      for (const step of steps) {
        const line = stepLine(step, terminal.colors);
        if (line === undefined) continue;
        await terminal.write(`${terminal.colors.dim(isoOf(step.at))} ${line}\n`);
        const answer = answerOf(step.output);
        if (answer !== '') await terminal.write(`    ${answer}\n`);
      }
    },
  });
}

function answerOf(output: Json | undefined): string {
  const data = isObject(output) ? (output['data'] ?? null) : null;
  return data === null ? '' : cleanLine(JSON.stringify(data), answerChars);
}
