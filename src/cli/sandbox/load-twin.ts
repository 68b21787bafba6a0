import { link, mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { replaceOwned } from '../../config/owned-file.ts';
import { VigieError } from '../../core/errors.ts';
import { systemCode } from '../../core/system-error.ts';
import { trusted } from '../../core/trusted-text.ts';
import { gatherTwin } from '../../pipeline/gather-twin.ts';
import { lacksOf } from '../../pipeline/twin-lacks.ts';
import { worldText } from '../../sandbox/twin/world-from.ts';
import { shippedWorld, worldFileIn } from '../../sandbox/world.ts';
import type { CommonOptions, Session } from '../session.ts';
import { writeNew } from '../write-new.ts';

/** `vigie sandbox load`: reads an environment and writes its twin as a world. */
export async function loadTwin(
  session: Session,
  options: CommonOptions & { from: string; namespace?: string[]; to?: string; replace?: true },
): Promise<void> {
  const { from, namespace, to } = options;
  if (to !== undefined && options.replace)
    throw new VigieError('INVALID_INPUT', 'A file that --to names is never replaced.', {
      hint: 'Name one that does not exist, or leave --to out to replace the world of this home.',
    });
  if ((await session.findDaemon(options, ['approver', 'agent'])) !== undefined)
    throw new VigieError(
      'INVALID_INPUT',
      'A twin is not made through a daemon: its file would be this account’s.',
      {
        hint: 'Run it as the account that the daemon runs as, or name a vigie.yaml of your own: --config FILE',
      },
    );
  await session.withVigie(options, async vigie => {
    const file = to ?? worldFileIn(vigie.place.home, from);
    if (to === undefined && (await shippedWorld(from)) !== undefined)
      throw new VigieError('ALREADY_EXISTS', `A world named ${from} comes with Vigie.`, {
        hint: 'Name a file of your own: --to FILE',
      });
    const { colors } = session.terminal;
    const twin = await gatherTwin(vigie, {
      environment: from,
      signal: session.signal,
      ...(namespace === undefined ? {} : { namespaces: namespace }),
    });
    const said = lacksOf(twin);
    const text = worldText(twin.world, [
      `The twin of ${from}, made by vigie sandbox load. Values of Secrets are placeholders.`,
      ...said,
    ]);
    if (to === undefined) {
      await mkdir(dirname(file), { recursive: true, mode: 0o700 });
      await (options.replace ? replaceOwned(file, text) : keepFirst(file, text));
    } else await writeNew(file, { text, hint: trusted`Name a file that does not exist yet.` });
    const { cluster, objects, images } = twin.world;
    await session.terminal.write(
      `The twin of ${from} is in ${colors.bold(file)}: ${objects.length} objects, ${cluster.nodes.length} nodes, ${images.length} images.\n${said.map(line => `${line}\n`).join('')}`,
    );
    session.terminal.note(`Serve it: vigie sandbox up --world ${to ?? from}`);
  });
}

/** Whole or not at all, as with `replaceOwned`, and never in place of another. @throws VigieError ALREADY_EXISTS */
async function keepFirst(file: string, text: string): Promise<void> {
  const draft = `${file}.${process.pid}.first`;
  try {
    await replaceOwned(draft, text);
    await link(draft, file);
  } catch (cause) {
    if (systemCode(cause) !== 'EEXIST') throw cause;
    throw new VigieError('ALREADY_EXISTS', `The world ${file} exists already.`, {
      hint: 'Replace it with --replace, or write elsewhere with --to FILE.',
      cause,
    });
  } finally {
    await rm(draft, { force: true });
  }
}
