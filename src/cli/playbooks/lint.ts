import { basename, dirname, resolve } from 'node:path';
import { VigieError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { PlaybookMistake } from '../../core/playbook.ts';
import { listPlaybooks, readBounded, textOf } from '../../engine/catalogue/catalogue.ts';
import { badAnswerStatus } from '../exit-status.ts';
import { writeData } from '../render/answer.ts';
import type { CommonOptions, Session } from '../session.ts';
import { CliLibrary } from './cli-library.ts';

/** Of one command line; more is a loop in a script. */
const mostFiles = 1_000;

/** Checks files, or without one all playbooks there are: each mistake with its place and what to write instead. */
export async function lint(
  session: Session,
  { files, options }: { files: string[]; options: CommonOptions & { output: string } },
): Promise<void> {
  if (files.length > mostFiles)
    throw new VigieError('INVALID_INPUT', `At most ${mostFiles} files are checked at once.`);
  const desk = new CliLibrary(session, options);
  try {
    const checked: { file: string; mistakes: PlaybookMistake[] }[] = [];
    for await (const { file, facts, text } of files.length > 0 ? named(files) : all(desk))
      checked.push({ file, mistakes: (await desk.examine(text, facts)).mistakes });
    const count = checked.reduce((sum, { mistakes }) => sum + mistakes.length, 0);
    if (options.output === 'table') await writeLines(session, checked);
    else {
      const data: JsonObject = {
        ok: count === 0,
        files: checked.map(({ file, mistakes }) => ({ file, mistakes: mistakes.map(each => ({ ...each })) })),
      };
      await session.terminal.write(await writeData(data, options.output === 'json' ? 'json' : 'yaml'));
    }
    if (count > 0) session.status = badAnswerStatus;
  } finally {
    await desk.close();
  }
}

interface Text {
  file: string;
  /** What its folder says that it is called (of a file with another name, nothing does), and where its neighbours lie. */
  facts: { name?: string; beside?: string };
  text: string;
}

async function* named(files: readonly string[]): AsyncIterable<Text> {
  for (const file of files) {
    const text = await readBounded(file);
    if (text === undefined)
      throw new VigieError('INVALID_INPUT', `There is no file ${file}.`, {
        hint: 'Of a playbook that vigie playbooks list shows, the whole check is: vigie playbooks lint',
        details: { file },
      });
    const folder = dirname(resolve(file));
    const isNamed = basename(file) === 'playbook.yaml';
    yield { file, text, facts: { beside: dirname(folder), ...(isNamed ? { name: basename(folder) } : {}) } };
  }
}

async function* all(desk: CliLibrary): AsyncIterable<Text> {
  for (const each of await listPlaybooks(await desk.directory())) {
    const text = await textOf(each);
    if (text !== undefined) yield { file: each.file, facts: { name: each.name }, text };
  }
}

async function writeLines(
  { terminal }: Session,
  checked: readonly { file: string; mistakes: PlaybookMistake[] }[],
): Promise<void> {
  const { bold, dim, green, red } = terminal.colors;
  for (const { file, mistakes } of checked)
    for (const { line, column, field, message, fix } of mistakes) {
      const where = field === '' ? '' : ` ${dim(`(${field})`)}`;
      await terminal.write(`${bold(`${file}:${line}:${column}`)}: ${message}${where}\n    ${fix}\n`);
    }
  const wrong = checked.filter(({ mistakes }) => mistakes.length > 0).length;
  const total = `${checked.length} ${checked.length === 1 ? 'playbook' : 'playbooks'}`;
  await terminal.write(
    wrong === 0
      ? `${green('✓')} ${total} checked, nothing is wrong.\n`
      : `${red('✗')} ${wrong} of ${total} cannot be used.\n`,
  );
}
