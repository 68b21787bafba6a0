// Bundles src/ into dist/: what starts often is bundled so that it starts fast; native modules stay outside.
import { chmod, cp, readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { build } from 'esbuild';
import { evaluated } from './evaluated.mjs';

/** Where to: `node scripts/build.mjs FOLDER`; dist without one. */
const outdir = process.argv[2] ?? 'dist';

/**
 * esbuild makes a chunk for every set of late imports that share a module: dozens of files of a kilobyte, each of which
 * Node resolves and reads at every start. What nearly all of them share is therefore imported by all of them, and so
 * becomes one chunk: it saves a third of the files before the first answer, and the compiling of Node's own path functions
 * that their number makes hot (6 MB). Only main.ts goes without: it must run on any Node to say that it needs a newer one.
 */
const together = {
  name: 'together',
  async setup(build) {
    const late = await lateImports();
    build.onLoad({ filter: /\/src\/.*\.ts$/ }, async ({ path }) => {
      if (!late.has(path)) return undefined;
      const shared = ['scripts/together.mjs', ...(isOfServer(path) ? ['scripts/together-server.mjs'] : [])];
      const imports = shared.map(file => `import '${resolve(file)}';`).join('');
      // On the first line, so that the lines of the source map stay right.
      return {
        contents: `${imports}${await readFile(path, 'utf8')}`,
        loader: 'ts',
      };
    });
  },
};

function isOfServer(path) {
  return (
    path.startsWith(resolve('src/server')) ||
    path === resolve('src/http-door.ts') ||
    path === resolve('src/daemon-door.ts')
  );
}

async function lateImports() {
  const found = new Set();
  const files = await readdir('src', { recursive: true });
  for (const file of files.filter(name => name.endsWith('.ts')).map(name => join('src', name))) {
    const text = await readFile(file, 'utf8');
    for (const [, target] of text.matchAll(/import\('(\.[^']+\.ts)'\)/g))
      found.add(resolve(dirname(file), target));
  }
  return found;
}

await rm(outdir, { recursive: true, force: true });
const resolution = {
  format: 'esm',
  platform: 'node',
  target: 'node24',
  external: ['better-sqlite3', '@resvg/resvg-js', '@dbos-inc/dbos-sdk'],
  alias: {
    // Its form for Node is CommonJS, of which a dynamic import in a bundle sees no named export.
    yaml: './node_modules/yaml/browser/dist/index.js',
    '@modelcontextprotocol/server/_shims': './scripts/sdk-shims.mjs',
  },
};
await build({
  ...resolution,
  entryPoints: { main: 'src/main.ts' },
  outdir,
  bundle: true,
  splitting: true,
  plugins: [evaluated(resolution), together],
  chunkNames: 'chunks/[name]-[hash]',
  sourcemap: true,
  sourcesContent: false,
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  banner: { js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);" },
});
// The texts are read when they are needed, from beside the code.
await cp('src/prompts', `${outdir}/prompts`, { recursive: true, filter: source => !source.endsWith('.ts') });
await cp('playbooks', `${outdir}/playbooks`, { recursive: true });
await cp('src/sandbox/worlds', `${outdir}/worlds`, { recursive: true });
await chmod(`${outdir}/main.js`, 0o755);
