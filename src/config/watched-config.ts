import { stat } from 'node:fs/promises';
import { VigieError } from '../core/errors.ts';
import { type Config, loadConfig } from './config.ts';
import { type ConfigSource, configFiles } from './config-places.ts';

/** The configuration of a process that lives long: read again when a file it came from is another one or was written. */
export class WatchedConfig {
  readonly #source: ConfigSource;
  #config: Config;
  #version: string;
  #refreshing: Promise<unknown> = Promise.resolve();

  private constructor(source: ConfigSource, read: { config: Config; version: string }) {
    this.#source = source;
    this.#config = read.config;
    this.#version = read.version;
  }

  /** @throws VigieError INVALID_CONFIG */
  static async load(source: ConfigSource): Promise<WatchedConfig> {
    // Looked at before it is read: what is written meanwhile is read at the next look.
    const version = await versionOf(source);
    return new WatchedConfig(source, { config: await loadConfig(source), version });
  }

  /** What was read last. */
  get config(): Config {
    return this.#config;
  }

  /** Looks at the files, and reads them if they changed. @throws VigieError INVALID_CONFIG until they can be read again */
  refresh(): Promise<Config> {
    const next = this.#refreshing.catch(() => {}).then(() => this.#read());
    this.#refreshing = next;
    return next;
  }

  async #read(): Promise<Config> {
    const version = await versionOf(this.#source);
    if (version === this.#version) return this.#config;
    const read = await loadConfig(this.#source);
    const { file } = this.#config;
    // Without its file an environment would be a whole kube context, without the bounds that a person wrote down.
    if (file !== undefined && file !== read.file && file !== read.floor)
      throw new VigieError('INVALID_CONFIG', `${file} is gone.`, {
        hint: 'Put it back, or start Vigie again to go on without it.',
        details: { file },
      });
    this.#config = read;
    this.#version = version;
    return read;
  }
}

async function versionOf(source: ConfigSource): Promise<string> {
  const facts = await Promise.all(
    configFiles(source).map(file => stat(file, { bigint: true }).catch(() => undefined)),
  );
  return facts
    .map(of => (of === undefined ? 'none' : `${of.dev}:${of.ino}:${of.mtimeNs}:${of.ctimeNs}:${of.size}`))
    .join(' ');
}
