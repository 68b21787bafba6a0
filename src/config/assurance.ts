import type { Worth } from '../core/assurance.ts';

const todo = 'Let Vigie run as an OS user of its own: vigie daemon (docs/guides/trust.md).';

/**
 * What an approval is worth in a Vigie that runs in the asker's own process, or behind HTTP: never more than advisory.
 * What a daemon's is worth, `SeparationWatch` says.
 */
export function assuranceInProcess(door: 'cli' | 'mcp-stdio' | 'mcp-http' | 'daemon'): Worth {
  const uid = process.getuid?.();
  const account = uid === undefined ? 'user' : `OS user (uid ${uid})`;
  const why =
    door === 'mcp-http'
      ? 'the side that asks over HTTP cannot be told apart from this account'
      : `the side that asks runs as the same ${account}, and whoever has this account can go round Vigie`;
  return { assurance: 'advisory', reasons: [{ why, todo }], askers: [], deciders: [] };
}
