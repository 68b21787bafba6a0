import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { replaceOwned } from '../../config/owned-file.ts';
import { VigieError } from '../../core/errors.ts';
import { cleanLine } from '../../core/text.ts';
import { trusted } from '../../core/trusted-text.ts';
import { type GatheredTwin, gatherTwin } from '../../pipeline/gather-twin.ts';
import { worldText } from '../../sandbox/twin/world-from.ts';
import { shippedWorld, worldFileIn } from '../../sandbox/world.ts';
import type { CommonOptions, Session } from '../session.ts';
import { writeNew } from '../write-new.ts';

/** Names of containers that are told one by one; more are counted. */
const mostNamed = 10;

/** `vigie sandbox load`: reads an environment and writes its twin as a world. */
export async function loadTwin(
  session: Session,
  options: CommonOptions & { from: string; namespace?: string[]; to?: string },
): Promise<void> {
  const { from, namespace, to } = options;
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
    const said = linesOf(twin);
    const text = worldText(twin.world, [
      `The twin of ${from}, made by vigie sandbox load. Values of Secrets are placeholders.`,
      ...said,
    ]);
    if (to === undefined) {
      await mkdir(dirname(file), { recursive: true, mode: 0o700 });
      await replaceOwned(file, text);
    } else await writeNew(file, { text, hint: trusted`Name a file that does not exist yet.` });
    const { cluster, objects, images } = twin.world;
    await session.terminal.write(
      `The twin of ${from} is in ${colors.bold(file)}: ${objects.length} objects, ${cluster.nodes.length} nodes, ${images.length} images.\n${said.map(line => `${line}\n`).join('')}`,
    );
    session.terminal.note(`Serve it: vigie sandbox up --world ${to ?? from}`);
  });
}

function linesOf({ left, unread, unlike }: GatheredTwin): string[] {
  const named = unlike.slice(0, mostNamed).map(({ container, state }) => `${container} (${state})`);
  const more = unlike.length - named.length;
  return [
    ...(left.size === 0
      ? []
      : [`Left out: ${[...left].map(([what, count]) => `${count} ${what}`).join('; ')}.`]),
    ...(unread.length === 0
      ? []
      : [`Not read: ${unread.map(({ kind, why }) => `${kind} (${why})`).join(', ')}.`]),
    ...(unlike.length === 0
      ? []
      : [`Broken there and well here: ${named.join(', ')}${more === 0 ? '' : ` and ${more} more`}.`]),
  ].map(line => cleanLine(line));
}
