import type { JsonObject } from '../../core/json.ts';
import type { PlaybookMistake } from '../../core/playbook.ts';
import type { PlaybookCase } from '../../engine/cases/case-schema.ts';
import { type CaseOutcome, playCase } from '../../engine/cases/play-case.ts';
import { listPlaybooks, type PlaybookFile } from '../../engine/catalogue/catalogue.ts';
import { faultNamed } from '../demo/faults.ts';
import { badAnswerStatus } from '../exit-status.ts';
import { Progress } from '../progress.ts';
import { writeData } from '../render/answer.ts';
import type { CommonOptions, Session } from '../session.ts';
import { readCasesOf, untested } from './cases-of.ts';
import { CliLibrary } from './cli-library.ts';

/** What the cases of one playbook came to, or why they could not be read. */
interface Tested {
  playbook: string;
  file: string;
  mistakes: PlaybookMistake[];
  cases: CaseOutcome[];
}

/** Plays the cases of playbooks, one after the other, and tells of each what was not as expected. */
export async function testPlaybooks(
  session: Session,
  { names, options }: { names: string[]; options: CommonOptions & { output: string } },
): Promise<void> {
  const desk = new CliLibrary(session, options);
  const asLines = options.output === 'table';
  const progress = new Progress(session.terminal, 'silent');
  const all: Tested[] = [];
  try {
    for (const each of await filesOf(desk, names)) {
      const read = await readCasesOf(each);
      if (read === undefined) {
        if (names.length > 0) throw untested(each);
        continue;
      }
      const { file, mistakes, cases: toPlay } = read;
      const tested: Tested = { playbook: each.name, file, mistakes, cases: [] };
      all.push(tested);
      if (asLines) await tellMistakes(session, tested);
      for (const one of toPlay) {
        progress.say(`${each.name}: ${one.name}`);
        const outcome = await play(session, { desk, name: each.name, one });
        progress.end();
        tested.cases.push(outcome);
        if (asLines) await tellCase(session, { playbook: each.name, outcome });
      }
    }
    const bad = all.some(({ mistakes, cases }) => mistakes.length > 0 || cases.some(({ ok }) => !ok));
    if (asLines) await tellSum(session, all);
    else
      await session.terminal.write(await writeData(dataOf(all), options.output === 'json' ? 'json' : 'yaml'));
    if (bad) session.status = badAnswerStatus;
  } finally {
    progress.end();
    await desk.close();
  }
}

async function filesOf(desk: CliLibrary, names: readonly string[]): Promise<PlaybookFile[]> {
  const all = await listPlaybooks(await desk.directory());
  if (names.length === 0) return all;
  return Promise.all(
    names.map(async name => {
      const { file, origin } = await desk.named(name);
      return { name, file, origin };
    }),
  );
}

async function play(
  session: Session,
  { desk, name, one }: { desk: CliLibrary; name: string; one: PlaybookCase },
): Promise<CaseOutcome> {
  const { playbook, digest, text } = await desk.named(name);
  return playCase(one, {
    playbook,
    digest,
    source: text,
    definitionOf: async called => {
      const found = await desk.named(called);
      return { digest: found.digest, source: found.text };
    },
    signal: session.signal,
    play: session.program.play,
    faultNamed: fault => faultNamed(fault).writes,
  });
}

async function tellMistakes({ terminal }: Session, { file, mistakes }: Tested): Promise<void> {
  const { bold, dim } = terminal.colors;
  for (const { line, column, field, message, fix } of mistakes)
    await terminal.write(
      `${bold(`${file}:${line}:${column}`)}: ${message}${field === '' ? '' : ` ${dim(`(${field})`)}`}\n    ${fix}\n`,
    );
}

async function tellCase(
  { terminal }: Session,
  { playbook, outcome }: { playbook: string; outcome: CaseOutcome },
): Promise<void> {
  const { green, red, dim } = terminal.colors;
  const { ok, name, problems, tookMs } = outcome;
  const took = tookMs === undefined ? '' : `  ${dim(tookText(tookMs))}`;
  await terminal.write(`${ok ? green('✓') : red('✗')} ${playbook}: ${name}${took}\n`);
  for (const problem of problems) await terminal.write(`    ${problem}\n`);
}

async function tellSum({ terminal }: Session, all: readonly Tested[]): Promise<void> {
  const { green, red } = terminal.colors;
  const cases = all.flatMap(each => each.cases);
  const wrong = cases.filter(({ ok }) => !ok).length;
  const unread = all.filter(({ mistakes }) => mistakes.length > 0).length;
  const total = `${cases.length} ${cases.length === 1 ? 'case' : 'cases'} of ${all.length} ${all.length === 1 ? 'playbook' : 'playbooks'}`;
  const more = unread === 0 ? '' : `; ${unread} test.yaml cannot be read`;
  await terminal.write(
    wrong + unread === 0
      ? `${green('✓')} ${total}, all as expected.\n`
      : `${red('✗')} ${wrong} of ${total} came out otherwise${more}.\n`,
  );
}

function dataOf(all: readonly Tested[]): JsonObject {
  return {
    ok: all.every(({ mistakes, cases }) => mistakes.length === 0 && cases.every(({ ok }) => ok)),
    playbooks: all.map(({ playbook, file, mistakes, cases }) => ({
      playbook,
      file,
      mistakes: mistakes.map(each => ({ ...each })),
      cases: cases.map(({ name, ok, problems, tookMs }) => ({
        name,
        ok,
        problems,
        ...(tookMs === undefined ? {} : { tookSeconds: Math.round(tookMs / 1_000) }),
      })),
    })),
  };
}

/** By the clock of the simulated cluster: `2m 10s`. */
function tookText(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60];
  return [
    ...(hours > 0 ? [`${hours}h`] : []),
    ...(minutes > 0 || hours > 0 ? [`${minutes}m`] : []),
    `${seconds % 60}s`,
  ].join(' ');
}
