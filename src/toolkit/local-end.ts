import type { Duplex } from 'node:stream';

/** A file of the person at the terminal, or one that is to become one. */
export interface LocalFile {
  /** Below the path that was named, with slashes; empty where that is the file itself. */
  path: string;
  mode: number;
  bytes: Buffer;
}

/**
 * What only the process of the person at the terminal has: their files and their ports. It is handed in by the command
 * line; a daemon, a server and an agent have none.
 */
export interface LocalEnd {
  /** A path as typed, made absolute. */
  absolute(path: string): string;
  /**
   * The files at or below a path; links and what is no file are left out, and `passedOver` hears of each. `most`: absent,
   * those of a copy. @throws VigieError INVALID_INPUT where there are more, NOT_FOUND
   */
  read(
    path: string,
    most?: { bytes: number; files: number; passedOver?(path: string): void },
  ): Promise<LocalFile[]>;
  /**
   * Where something of that name would be written: at the path, or in it where that is a folder. @throws VigieError
   * ALREADY_EXISTS where something stands there already, INVALID_INPUT
   */
  placeFor(path: string, name: string): Promise<string>;
  /** Writes files at or below a path at which nothing stands yet. @throws VigieError ALREADY_EXISTS, INVALID_INPUT */
  writeNew(path: string, files: readonly LocalFile[]): Promise<void>;
  /** Takes connections of this machine to a port, 0 being any. @throws VigieError INVALID_INPUT when it cannot be had */
  listen(port: number, serve: (connection: Duplex) => void): Promise<Listening>;
}

export interface Listening {
  port: number;
  close(): void;
}
