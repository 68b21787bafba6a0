import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { VigieError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { CallResult } from '../../core/result.ts';
import { alignTables, cellText } from '../render/table.ts';
import type { Session } from '../session.ts';
import { copiesFolder, makeBackupShop, shopSet } from './backup-shop.ts';
import { decideInDemo } from './decide.ts';
import type { ToolAnswer } from './mcp-client.ts';
import { ownName } from './own-name.ts';
import { type Cast, onStage } from './stage.ts';
import { Story } from './story.ts';
import { ticketOf } from './ticket-of.ts';

/** The one part of a copy of SQLite. */
const part = 'database.sqlite';
const secondMs = 1_000;

/** Backs a shop's database up, damages one copy, and lets drills tell which copy is worth something. Answers the exit status. */
export async function runBackup(session: Session, asked: { yes: boolean }): Promise<number> {
  let shown = '';
  return onStage(session, {
    furnish: async dir => {
      const made = await makeBackupShop(dir, session.signal);
      shown = made.shown;
      return made.config;
    },
    tell: cast => tell(new Scene(session, { ...cast, ...asked }), shown),
  });
}

/** The stage with what its acts have in common. */
class Scene {
  readonly story: Story;
  readonly session: Session;
  readonly cast: Cast & { yes: boolean };

  constructor(session: Session, cast: Cast & { yes: boolean }) {
    this.session = session;
    this.cast = cast;
    this.story = new Story(session.terminal);
  }

  /** The agent's look, printed. */
  async look(tool: string, input: JsonObject): Promise<void> {
    const answer = await this.#call(tool, input);
    await this.story.say(alignTables(answer.text));
  }

  /** The agent's wish, with a person's answer where the policy wants one. */
  async change(tool: string, input: JsonObject): Promise<CallResult['status']> {
    const { story, session, cast } = this;
    const answer = await this.#call(tool, input);
    const { status } = answer.data;
    if (status !== 'approval_required') {
      await story.say(answer.text);
      return answer.isError ? 'failed' : 'done';
    }
    const id = ticketOf(answer);
    const risk = cellText(answer.data['risk']);
    await story.wire('vigie', `approval_required: ticket ${id}, ${risk} risk. Nothing has happened yet.`);
    const why = answer.text.split('\n').find(line => line.startsWith('Asked by '));
    if (why !== undefined) await story.aside(why);
    const result = await decideInDemo(session, cast.vigie, { id, yes: cast.yes, story });
    await story.say(result.text);
    return result.status;
  }

  async #call(tool: string, input: JsonObject): Promise<ToolAnswer> {
    await this.story.wire('agent', `${tool} ${JSON.stringify(input)}`);
    return this.cast.agent.callTool(tool, input);
  }
}

async function tell(scene: Scene, shown: string): Promise<number> {
  const { story, cast } = scene;
  const copies = join(cast.dir, copiesFolder, shopSet);

  await story.step('A small shop keeps its data in SQLite, and vigie.yaml says how it is backed up');
  await story.say(shown);
  await scene.look('backups_list', {});

  await story.step(
    'The agent backs it up: every table is counted and hashed in the transaction that is copied',
  );
  if ((await scene.change('backups_run', { set: shopSet })) !== 'done') return finish(scene, 'stopped');
  const [good = ''] = await copiesIn(copies);

  // Copies are named by the second in which they began, and listed by their names.
  await sleep(secondMs - (Date.now() % secondMs), undefined, { signal: scene.session.signal });
  await story.step('It does so again, and then a disk goes bad: one byte of the second copy is another');
  if ((await scene.change('backups_run', { set: shopSet })) !== 'done') return finish(scene, 'stopped');
  const bad = (await copiesIn(copies)).find(copy => copy !== good) ?? '';
  await story.say(await flipByte(join(copies, bad, part)));
  await story.aside('Its size, its date and its manifest are as before: a list of copies cannot see it.');
  await scene.look('backups_list', { set: shopSet });

  await story.step('A drill restores it into a scratch place, and finds out');
  const found = await scene.change('backups_drill', { set: shopSet, copy: bad });
  if (found === 'rejected') return finish(scene, 'stopped');

  await story.step('The other copy is drilled too: restored, opened, compared table by table, and timed');
  const proven = await scene.change('backups_drill', { set: shopSet, copy: good });
  if (proven === 'rejected') return finish(scene, 'stopped');

  await story.step('What is known now, and what is missing for three copies on two media with one elsewhere');
  await scene.look('backups_list', { set: shopSet });
  await scene.look('backups_list', {});
  return finish(scene, found === 'failed' && proven === 'done' ? 'told' : 'went wrong');
}

async function finish(scene: Scene, how: 'told' | 'stopped' | 'went wrong'): Promise<number> {
  const { story, session, cast } = scene;
  const { audit } = await cast.vigie.store();
  const [last] = await audit.list({ limit: 1 });
  if (last !== undefined) await story.aside(`On record: ${last.sequence} rows, head ${last.hash}`);
  await story.step('Next');
  const own = ownName(session.terminal.env);
  await story.say(
    `Sets for your own data (PostgreSQL, CloudNativePG, Redis, SQLite, ClickHouse, files): docs/guides/backups.md\n` +
      `Then ${own} backups run SET, ${own} backups drill SET, and ${own} backups schedule SET for both in time.`,
  );
  // Who says no in a demo has seen what there is to see.
  return how === 'went wrong' ? 1 : 0;
}

/** Copies that lie there, as the disk has them. */
async function copiesIn(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter(name => /^\d{8}T\d{6}Z-/.test(name)).sort();
}

/** Changes one byte past Vigie, as a disk does. Answers what it did. @throws VigieError BACKUP for an empty file */
async function flipByte(path: string): Promise<string> {
  const bytes = await readFile(path);
  const at = Math.floor(bytes.length / 2);
  const was = bytes[at];
  if (was === undefined) throw new VigieError('BACKUP', `${path} is empty, so no byte of it can be flipped.`);
  bytes[at] = was ^ 1;
  await writeFile(path, bytes);
  return `${part}: byte ${at} of ${bytes.length} was ${was}, and is ${was ^ 1}`;
}
