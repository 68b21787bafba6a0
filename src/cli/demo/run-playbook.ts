import type { Playbook } from '../../core/playbook.ts';
import { breakWorld } from '../../engine/cases/break-world.ts';
import type { PlaybookCase } from '../../engine/cases/case-schema.ts';
import { contentsOf } from '../../engine/cases/contents.ts';
import { judge } from '../../engine/cases/judge.ts';
import { orderOfCase } from '../../engine/cases/order-of-case.ts';
import { runTree } from '../../engine/interpreter/run-tree.ts';
import { treeLines as outlineLines, outlineOf } from '../../engine/language/outline.ts';
import type { Played } from '../../engine/play-order.ts';
import type { ChangeRecord } from '../../store/change-reader.ts';
import { readCasesOf, untested } from '../playbooks/cases-of.ts';
import { CliLibrary } from '../playbooks/cli-library.ts';
import { Progress } from '../progress.ts';
import { paintDiff } from '../render/diff.ts';
import { treeLines } from '../runs/tree-lines.ts';
import type { Session } from '../session.ts';
import { diagnosisText } from '../tool-command/diagnosis.ts';
import { Tty } from '../tty.ts';
import { faultNamed } from './faults.ts';
import { ownName } from './own-name.ts';
import { Story } from './story.ts';

/** Plays the first case of a playbook that ends well, from what is broken to what is healed. Answers the exit status. */
export async function runPlaybook(session: Session, asked: { name: string; yes: boolean }): Promise<number> {
  const desk = new CliLibrary(session, {});
  try {
    const { playbook, digest, text, file, origin } = await desk.named(asked.name);
    const one = await playedCase({ name: asked.name, file, origin });
    const story = new Story(session.terminal);
    const { metadata } = playbook;
    await story.step(`A playbook: ${metadata.name}. ${metadata.title}`);
    await story.say(outlineLines(outlineOf(playbook)).join('\n'));
    let before: ReadonlyMap<string, string> = new Map();
    return await session.program.play(
      {
        playbook,
        digest,
        source: text,
        ...(await orderOfCase(one, fault => faultNamed(fault).writes)),
        definitionOf: async called => {
          const found = await desk.named(called);
          return { digest: found.digest, source: found.text };
        },
        signal: session.signal,
        before: async (sandbox, call) => {
          await story.step(`A simulated cluster of its own, in which this is broken: ${brokenText(one)}`);
          const starting = new Progress(session.terminal, 'silent');
          starting.say('waiting until it shows');
          try {
            await breakWorld(one, { sandbox, call, faultNamed: fault => faultNamed(fault).writes });
          } finally {
            starting.end();
          }
          before = contentsOf(sandbox);
          const { data } = await call('k8s_diagnose', { format: 'json' });
          await story.say(diagnosisText(data));
          await story.step(`The playbook runs: ${inputsText(one)}`);
        },
        approvals: change => decide(session, { change, story, yes: asked.yes }),
      },
      async played => {
        await story.say(
          treeLines(runTree(playbook, played.run), { colors: session.terminal.colors }).join('\n'),
        );
        const problems = await judge(one.expect, { played, playbook, before });
        return finish(session, { story, played, problems, playbook });
      },
    );
  } finally {
    await desk.close();
  }
}

/** @throws VigieError INVALID_INPUT where there is none that ends well */
async function playedCase(each: Parameters<typeof readCasesOf>[0]): Promise<PlaybookCase> {
  const { cases = [] } = (await readCasesOf(each)) ?? {};
  const found = cases.find(({ expect, approvals }) => expect.status === 'done' && approvals === 'given');
  if (found === undefined) throw untested(each);
  return found;
}

function brokenText({ name, fault }: PlaybookCase): string {
  if (typeof fault === 'string') return faultNamed(fault).told;
  return fault === undefined ? 'nothing yet' : name;
}

function inputsText({ inputs }: PlaybookCase): string {
  const words = Object.entries(inputs).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return words.length === 0 ? 'as it stands' : words.join(' ');
}

/** The person's part: what is asked is shown whole. Without a terminal, or with --yes, the sandbox answers itself. */
async function decide(
  session: Session,
  { change, story, yes }: { change: ChangeRecord; story: Story; yes: boolean },
): Promise<'given' | 'refused'> {
  await story.step(`A person is asked: ${change.summary}`);
  await story.say(paintDiff(change.diff, session.terminal.colors));
  if (yes || !session.terminal.interactive) {
    const why = yes ? '--yes' : 'no terminal to ask at';
    await story.aside(
      `Answered yes (${why}) by the sandbox itself. It can do so only in this sandbox, which the demo started.`,
    );
    return 'given';
  }
  const tty = Tty.open(session.terminal);
  try {
    return (await tty.confirm(`   Let ${change.id} go?`)) ? 'given' : 'refused';
  } finally {
    tty.close();
  }
}

async function finish(
  session: Session,
  end: { story: Story; played: Played; problems: readonly string[]; playbook: Playbook },
): Promise<number> {
  const { story, played, problems, playbook } = end;
  await story.step('Is it healed?');
  const { data } = await played.call('k8s_diagnose', { format: 'json' });
  await story.say(diagnosisText(data));
  const minutes = Math.max(1, Math.round(played.tookMs / 60_000));
  const asked = played.assumed.length;
  await story.aside(
    `By the clock of the cluster it took ${minutes === 1 ? 'a minute' : `${minutes} minutes`}; people were asked ${asked === 1 ? 'once' : `${asked} times`}.`,
  );
  for (const problem of problems) await story.say(`not as it should be: ${problem}`);
  await story.step('Next');
  const own = ownName(session.terminal.env);
  const needed = Object.entries(playbook.inputs).flatMap(([input, { required }]) =>
    required ? [` -i ${input}=…`] : [],
  );
  const rehearse = `${own} playbooks rehearse ${playbook.metadata.name}${needed.join('')}`;
  const run = `${own} run ${playbook.metadata.name}${needed.join('')}`;
  await story.say(
    `${rehearse}  the same on a copy of your own cluster, which is only read\n` +
      `${run.padEnd(rehearse.length)}  on your cluster: every change is shown, asked about and can be taken back`,
  );
  const refused = played.changes.some(({ state }) => state === 'rejected');
  return problems.length === 0 || refused ? 0 : 1;
}
