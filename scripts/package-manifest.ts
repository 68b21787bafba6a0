import { readFile } from 'node:fs/promises';
import * as z from 'zod';

const manifestSchema = z.object({
  name: z.string(),
  /** The name in lists of MCP servers; a list accepts a package only when both agree. */
  mcpName: z.string(),
  version: z.string(),
  license: z.string(),
  dependencies: z.record(z.string(), z.string()),
});

export type PackageManifest = z.output<typeof manifestSchema>;

/** What the packages say of themselves; lists take at most a hundred characters. */
export const summary =
  'Kubernetes changes with a preview, a policy, a person’s approval, undo and an audit trail.';

export async function readManifest(): Promise<PackageManifest> {
  return manifestSchema.parse(JSON.parse(await readFile('package.json', 'utf8')));
}
