// Packs dist/vigie-<version>.mcpb, which desktop clients install with one click: the built program, the one package
// that is not bundled into it (SQLite's native module, for every platform), and a manifest.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type PackageManifest, readManifest, summary } from './package-manifest.ts';
import { type ZipEntry, zip } from './zip.ts';

/** The parts of the native package that run; its sources are three times as large. */
const nativeParts = ['lib', 'prebuilds', 'package.json', 'LICENSE'];
const native = 'node_modules/better-sqlite3';

export function describeBundle({ name, version, license }: PackageManifest): object {
  return {
    manifest_version: '0.4',
    name,
    display_name: 'Vigie',
    version,
    description: summary,
    author: { name: 'The Vigie authors' },
    license,
    keywords: ['kubernetes', 'devops', 'approval', 'audit'],
    server: {
      type: 'node',
      entry_point: 'dist/main.js',
      // The client puts the bundle's folder in this place.
      mcp_config: { command: 'node', args: [`\${__dirname}/dist/main.js`, 'serve', '--stdio'], env: {} },
    },
    tools_generated: true,
    prompts_generated: true,
    compatibility: { platforms: ['darwin', 'linux', 'win32'], runtimes: { node: '>=24' } },
  };
}

/** Every file of the bundle but its manifest, in a fixed order. */
export async function collectFiles(): Promise<ZipEntry[]> {
  const paths = [
    'package.json',
    ...(await filesUnder('dist')).filter(path => !/\.(mcpb|map)$/.test(path) && path !== 'dist/server.json'),
    ...(await Promise.all(nativeParts.map(part => filesUnder(join(native, part))))).flat(),
  ];
  return Promise.all(
    paths.map(async path => ({
      name: path,
      data: await readFile(path),
      executable: path === 'dist/main.js',
    })),
  );
}

async function filesUnder(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => undefined);
  if (entries === undefined) return [path];
  const nested = entries.map(entry => filesUnder(join(path, entry.name)));
  return (await Promise.all(nested)).flat().toSorted();
}

if (import.meta.main) {
  const manifest = await readManifest();
  const described = Buffer.from(`${JSON.stringify(describeBundle(manifest), null, 2)}\n`);
  const archive = zip([{ name: 'manifest.json', data: described }, ...(await collectFiles())]);
  const file = `dist/vigie-${manifest.version}.mcpb`;
  await writeFile(file, archive);
  console.log(`${file} (${Math.round(archive.length / 1024)} kB)`);
}
