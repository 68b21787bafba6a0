import { join, resolve } from 'node:path';
import { configFolderOf } from './home.ts';

/** Only root can write here. Not to be moved by a variable: a variable can be set by whoever starts us. */
export const systemFolder = '/etc/vigie';

/** Where a configuration is looked for. */
export interface ConfigSource {
  file?: string;
  /** Started by a client, whose settings a repository may hold: then `file` may not lie in the working directory either. */
  byClient?: true;
  env: NodeJS.ProcessEnv;
  /** A folder that this process made for itself, in place of what the variables name. */
  home?: string;
  /** Another place for root's files, for tests alone. */
  systemFolder?: string;
}

/** The files whose text decides, whether or not they are there: root's and the user's. */
export function configFiles(source: ConfigSource): string[] {
  const named = source.file ?? source.env['VIGIE_CONFIG'];
  return [
    join(source.systemFolder ?? systemFolder, 'vigie.yaml'),
    named === undefined || named === '' ? join(configFolderOf(source.env), 'vigie.yaml') : resolve(named),
  ];
}
