import { type Enabled, findEnabled } from '../../engine/triggers/enabled.ts';
import { CliLibrary } from '../playbooks/cli-library.ts';
import type { CommonOptions, Session } from '../session.ts';

/**
 * The playbooks that may start without a person, as vigie.yaml and their files say now.
 * @throws VigieError INVALID_CONFIG
 */
export async function enabledHere(session: Session, options: CommonOptions): Promise<Enabled> {
  const { playbooks } = await session.config(options);
  // What one calls is kept by a desk until it is closed: another one sees what was edited.
  const desk = new CliLibrary(session, options);
  try {
    return await findEnabled(playbooks.triggers ?? [], name => desk.named(name));
  } finally {
    await desk.close();
  }
}
