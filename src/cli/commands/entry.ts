import type { Command } from 'commander';
import type { Session } from '../session.ts';

/** Gives a command its arguments, options and action. */
export type DefineCommand = (command: Command, session: Session) => void;

/** One handwritten command as the root help shows it; the rest is loaded when it is called. */
export interface CommandEntry {
  name: string;
  summary: string;
  /** Its heading in the root help. */
  group: string;
  hidden?: true;
  load(): Promise<DefineCommand>;
}
