import { parseDuration } from '../../config/duration.ts';
import { homeOf } from '../../config/home.ts';
import { VigieError } from '../../core/errors.ts';
import { cleanLine } from '../../core/text.ts';
import { longestMoveMs, type SandboxStatus } from '../../sandbox/control.ts';
import { type CommonOptions, deskOf, type Session } from '../session.ts';
import {
  advanceSandbox,
  askStatus,
  endSandbox,
  findSandbox,
  type SandboxAddress,
  sandboxOf,
} from './steer.ts';

/** `vigie sandbox status` */
export async function showStatus(session: Session, options: CommonOptions): Promise<void> {
  const found = await background(session);
  if (found === undefined) return sayNone(session);
  const { world, serverVersion, since, counts, ...time } = await askStatus(found);
  const users = await usersOf(session, { options, world });
  const lines = [
    `world    ${world}, Kubernetes ${serverVersion}`,
    `address  ${found.url}, since ${since}`,
    `time     ${timeText(time)}`,
    `holds    ${counts.nodes} nodes, ${counts.namespaces} namespaces, ${counts.pods} pods, ${counts.objects} objects in all`,
    `used by  ${users.length === 0 ? 'no environment of vigie.yaml' : users.join(', ')}`,
  ];
  await session.terminal.write(`${lines.map(line => cleanLine(line)).join('\n')}\n`);
  session.terminal.note('Move its clock: vigie sandbox advance 10m. End it: vigie sandbox down');
}

/** `vigie sandbox advance` */
export async function moveClock(
  session: Session,
  asked: { duration: string; kubeconfig?: string },
): Promise<void> {
  const ms = (parseDuration(asked.duration) ?? 0) * 1_000;
  if (ms < 1 || ms > longestMoveMs)
    throw new VigieError('INVALID_INPUT', `A clock is moved by 1s to 30d, not by "${asked.duration}".`, {
      hint: 'Like: vigie sandbox advance 10m',
    });
  const { kubeconfig } = asked;
  const address = kubeconfig === undefined ? await background(session) : await sandboxOf(kubeconfig);
  if (address === undefined)
    throw new VigieError('SANDBOX', 'No sandbox runs in the background of this VIGIE_HOME.', {
      hint: 'Start one by asking it something (vigie k8s list pods), or name the kubeconfig of another: --kubeconfig FILE',
    });
  await session.terminal.write(`time  ${timeText(await advanceSandbox(address, ms))}\n`);
}

/** `vigie sandbox down` */
export async function takeDown(session: Session, options: CommonOptions): Promise<void> {
  const found = await background(session);
  if (found === undefined) return sayNone(session);
  const { world } = await askStatus(found).catch((error: unknown) => {
    // One of another version can be ended all the same.
    if (!(error instanceof VigieError)) throw error;
    return { world: '' };
  });
  const waiting = await openTickets(session, { options, world });
  await endSandbox(homeOf(session.terminal.env).dir);
  await session.terminal.write(`The sandbox${world === '' ? '' : ` ${cleanLine(world)}`} has ended.\n`);
  if (waiting.length === 0) return;
  session.terminal.note(
    `Open tickets: ${waiting.join(', ')}. They will answer WRONG_CLUSTER: a sandbox that is started anew is another cluster. Ask for those changes again.`,
  );
}

function background(session: Session): Promise<SandboxAddress | undefined> {
  return findSandbox(homeOf(session.terminal.env).dir);
}

async function sayNone(session: Session): Promise<void> {
  await session.terminal.write('No sandbox runs in the background of this VIGIE_HOME.\n');
  session.terminal.note('The first command to an environment with `sandbox:` starts it.');
}

function timeText({ now, movedMs }: Pick<SandboxStatus, 'now' | 'movedMs'>): string {
  if (movedMs === 0) return `${now}, as everywhere`;
  const minutes = Math.floor(movedMs / 60_000);
  const parts = [
    [Math.floor(minutes / 1440), 'd'],
    [Math.floor(minutes / 60) % 24, 'h'],
    [minutes % 60, 'm'],
    [Math.floor(movedMs / 1_000) % 60, 's'],
  ].flatMap(([count, unit]) => (count === 0 ? [] : [`${count}${unit}`]));
  return `${now}, moved ahead by ${parts.join(' ')}`;
}

/** The environments whose cluster a sandbox of that world is. */
async function usersOf(
  session: Session,
  { options, world }: { options: CommonOptions; world: string },
): Promise<string[]> {
  const { environments } = await session.config(options);
  return environments
    .filter(({ cluster }) => cluster.kind === 'sandbox' && cluster.world === world)
    .map(({ name }) => name);
}

async function openTickets(
  session: Session,
  of: { options: CommonOptions; world: string },
): Promise<string[]> {
  const users = await usersOf(session, of);
  if (users.length === 0) return [];
  return session.withVigie(of.options, async vigie => {
    const desk = await deskOf(vigie);
    const lists = users.map(async environment => (await desk.tickets({ environment })).tickets);
    return (await Promise.all(lists)).flat().map(({ id }) => id);
  });
}
