import { homeOf, prepareHome } from './config/home.ts';
import { osUser } from './config/os-user.ts';
import { addToken, loadTokens } from './config/tokens.ts';
import type { Vigie } from './pipeline/vigie.ts';
import { serveHttp } from './server/http.ts';

/** Opens MCP over HTTP; the first start makes a token for this OS user and hands its secret out once. */
export async function openHttpDoor(
  vigie: Vigie,
  options: { host: string; port: number; behindTlsProxy: boolean; hostnames: readonly string[] },
): Promise<{ url: string; token?: string; closed: Promise<void>; close(): Promise<void> }> {
  const home = homeOf(process.env);
  await prepareHome(home);
  const { tokensFile } = home;
  const known = await loadTokens(tokensFile);
  const made = known.length > 0 ? undefined : await addToken(tokensFile, { name: 'first', person: osUser() });
  const service = await serveHttp({ vigie, tokensFile, ...options });
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  return {
    url: service.url,
    ...(made === undefined ? {} : { token: made.secret }),
    closed,
    close: async () => {
      await service.close();
      resolve();
    },
  };
}
