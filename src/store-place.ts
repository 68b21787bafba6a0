import type { Config } from './config/config.ts';
import { VigieError } from './core/errors.ts';
import type { StorePlace } from './store/database.ts';

/** Where the store of a configuration is, with the secret that leads there. @throws VigieError SECRET */
export async function storePlaceOf(
  { store, home }: Pick<Config, 'store' | 'home'>,
  env: NodeJS.ProcessEnv,
): Promise<StorePlace> {
  if (store.postgres === undefined) return { file: home.storeFile };
  const { resolveSecret } = await import('./config/secrets.ts');
  return { postgres: await resolveSecret(store.postgres.url, env) };
}

/**
 * Whoever moved the store while this process goes on: its approvals, budgets and kill switch are those of the former one.
 * @throws VigieError INVALID_CONFIG
 */
export function refuseOtherStore(began: Pick<Config, 'store'>, now: Pick<Config, 'store' | 'file'>): void {
  const [before, after] = [began, now].map(({ store }) => store.postgres?.url.toString());
  if (before === after) return;
  throw new VigieError('INVALID_CONFIG', 'vigie.yaml names another store than when this process began.', {
    hint: 'End this process and start it again; it goes on with reads alone until then.',
    ...(now.file === undefined ? {} : { details: { file: now.file, field: 'store' } }),
  });
}
