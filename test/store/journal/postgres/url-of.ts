import type { RealPostgres } from '../../../integrations/support/postgres.ts';

/** What leads a store or journal there. */
export function urlOf(
  { host, port, user, password }: Pick<RealPostgres, 'host' | 'port' | 'user' | 'password'>,
  database = 'postgres',
): string {
  return `postgres://${user}:${password}@${host}:${port}/${database}`;
}
