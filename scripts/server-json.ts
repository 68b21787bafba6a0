// Writes dist/server.json, by which lists of MCP servers know the npm package.
import { writeFile } from 'node:fs/promises';
import { type PackageManifest, readManifest, summary } from './package-manifest.ts';

export function describeServer({ name, mcpName, version }: PackageManifest): object {
  return {
    $schema: 'https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json',
    name: mcpName,
    title: 'Vigie',
    description: summary,
    version,
    packages: [
      {
        registryType: 'npm',
        identifier: name,
        version,
        runtimeHint: 'npx',
        transport: { type: 'stdio' },
        packageArguments: [
          { type: 'positional', value: 'serve' },
          { type: 'named', name: '--stdio' },
        ],
        environmentVariables: [
          {
            name: 'VIGIE_CONFIG',
            description: 'The vigie.yaml to use; without it, the one in the user’s configuration folder.',
            format: 'filepath',
            isRequired: false,
          },
        ],
      },
    ],
  };
}

if (import.meta.main) {
  await writeFile('dist/server.json', `${JSON.stringify(describeServer(await readManifest()), null, 2)}\n`);
  console.log('dist/server.json');
}
