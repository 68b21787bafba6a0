import type { KnownSecrets } from './core/known-secrets.ts';
import type { SecretReference } from './core/secret-reference.ts';

interface Within {
  known: KnownSecrets;
  env: NodeJS.ProcessEnv;
}

/** What a reference stands for, read anew each time; known as a secret before anybody gets it. @throws VigieError SECRET */
export async function learntSecret(reference: SecretReference, { known, env }: Within): Promise<string> {
  const { resolveSecret } = await import('./config/secrets.ts');
  const value = await resolveSecret(reference, env);
  known.learn(value);
  return value;
}

/** The same for several, by the names of their settings. */
export async function learntSecrets(
  references: Readonly<Record<string, SecretReference>>,
  within: Within,
): Promise<Record<string, string>> {
  const values = Object.entries(references).map(async ([key, reference]) => [
    key,
    await learntSecret(reference, within),
  ]);
  return Object.fromEntries(await Promise.all(values));
}
