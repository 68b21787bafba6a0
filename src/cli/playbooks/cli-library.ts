import { Library } from '../../engine/catalogue/library.ts';
import { toolsOf } from '../../tools/toolsets.ts';
import type { CommonOptions, Session } from '../session.ts';

/** Reads and checks playbooks for one command; nothing of them is run. */
export class CliLibrary extends Library {
  /** The folder of the user's own playbooks; undefined: vigie.yaml names none. */
  readonly directory: () => Promise<string | undefined>;

  constructor(session: Session, options: CommonOptions) {
    let known: Promise<string | undefined> | undefined;
    const directory = (): Promise<string | undefined> => {
      known ??= session.config(options).then(config => config.playbooks.directory);
      return known;
    };
    super({ tools: toolsOf(undefined, { readOnly: false }), directory });
    this.directory = directory;
  }
}
