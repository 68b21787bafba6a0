import { join } from 'node:path';

/** Where this installation keeps its data. */
export interface Home {
  dir: string;
  storeFile: string;
  keyFile: string;
  /** Where the approvers stand while there is no vigie.yaml. */
  configDir: string;
  /** Address and token of the shared sandbox server. */
  sandboxDir: string;
}

export function homeAt(dir: string): Home {
  return {
    dir,
    storeFile: join(dir, 'vigie.db'),
    keyFile: join(dir, 'keys', 'installation.key'),
    configDir: join(dir, 'config'),
    sandboxDir: join(dir, 'sandbox'),
  };
}
