import type { Engine } from '../engine.ts';
import { postgresDump } from './postgres-dump.ts';

/** Engines by their name in vigie.yaml. */
export const engines: ReadonlyMap<string, Engine> = new Map(
  [postgresDump].map(engine => [engine.name, engine]),
);
