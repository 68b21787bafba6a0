import { type Json, type JsonObject, plainText } from '../../core/json.ts';
import type { SecretReference } from '../../core/secret-reference.ts';
import { type Aliases, readReference } from './reference.ts';

/** Of one engine: what it needs, what it may have, and what it may have that is secret. */
export interface EngineKeys<Key> {
  needs: readonly Key[];
  may: readonly Key[];
  secret: readonly Key[];
}

/**
 * What a section says of one engine, its references apart. `keys`: those of all engines. A key of another engine is
 * refused as one that does not exist.
 */
export function readEngineKeys<Key extends string>(
  text: { engine: string } & { readonly [key in Key]?: Json | undefined },
  { keys, of, ...at }: Aliases & { path: readonly PropertyKey[]; keys: readonly Key[]; of: EngineKeys<Key> },
): { settings: JsonObject; secrets: Record<string, SecretReference> } {
  const { engine } = text;
  const settings: JsonObject = {};
  const secrets: Record<string, SecretReference> = {};
  for (const key of keys) {
    const value = text[key];
    const path = [...at.path, key];
    if (value === undefined) {
      if (of.needs.includes(key)) at.fail(at.path, `needs ${key} for the engine ${engine}`);
    } else if (of.secret.includes(key)) secrets[key] = readReference(plainText(value), { ...at, path });
    else if (of.needs.includes(key) || of.may.includes(key)) settings[key] = value;
    else at.fail(path, `is no setting of the engine ${engine}`);
  }
  return { settings, secrets };
}
