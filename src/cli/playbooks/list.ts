import type { JsonObject } from '../../core/json.ts';
import type { Playbook } from '../../core/playbook.ts';
import { listPlaybooks, textOf } from '../../engine/catalogue/catalogue.ts';
import { startersOf } from '../../engine/triggers/starters.ts';
import { writeData } from '../render/answer.ts';
import { TableWriter } from '../render/table.ts';
import type { CommonOptions, Session } from '../session.ts';
import { CliLibrary } from './cli-library.ts';

/** Shows every playbook with what starts it and whether it can be used. */
export async function list(session: Session, options: CommonOptions & { output: string }): Promise<void> {
  const desk = new CliLibrary(session, options);
  try {
    const rows: JsonObject[] = [];
    for (const each of await listPlaybooks(await desk.directory())) {
      const text = (await textOf(each)) ?? '';
      const { playbook, digest, mistakes } = await desk.examine(text, { name: each.name });
      rows.push({
        name: each.name,
        title: playbook?.metadata.title ?? '',
        starts: playbook === undefined ? '' : startsOf(playbook),
        origin: each.origin,
        digest: digest?.slice(0, shownDigits) ?? '',
        state:
          mistakes.length === 0
            ? 'ok'
            : `${mistakes.length} ${mistakes.length === 1 ? 'mistake' : 'mistakes'}`,
      });
    }
    if (options.output === 'table') await session.terminal.write(new TableWriter().page(rows));
    else
      await session.terminal.write(
        await writeData({ playbooks: rows }, options.output === 'json' ? 'json' : 'yaml'),
      );
    if (options.output === 'table' && (await desk.directory()) === undefined)
      session.terminal.note(
        'Of your own there are none: name a folder in vigie.yaml, playbooks: {directory: /…}',
      );
  } finally {
    await desk.close();
  }
}

/** Enough to tell definitions apart. */
const shownDigits = 8;

/** What starts it, a person always being able to. */
export function startsOf(playbook: Playbook): string {
  return startersOf(playbook).join(',') || 'a person';
}
