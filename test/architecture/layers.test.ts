import { expect, test } from 'vitest';
import { resolveSpecifier, sourceFiles } from './source-files.ts';

const layers: Record<string, number> = {
  core: 1,
  kubernetes: 2,
  telemetry: 2,
  processes: 2,
  http: 2,
  store: 3,
  clients: 3,
  config: 3,
  sandbox: 3,
  toolkit: 4,
  diagnosis: 4,
  metrics: 4,
  logs: 4,
  backups: 4,
  data: 4,
  pipeline: 5,
  engine: 6,
  tools: 7,
  prompts: 7,
  agents: 8,
  desk: 8,
  server: 9,
  daemon: 9,
  cli: 9,
  chat: 9,
};
const root = 10;
/** Folders of the composition root: they are tied with the files that lie directly in src. */
const ofRoot = new Set(['play']);

/** `src/clients/kube/reader.ts` → folder `clients/kube`, layer 3; files directly in src are the composition root. */
function placeOf(path: string): { folder: string; layer: number } {
  const parts = path.split('/');
  const [, top = '', system = ''] = parts;
  if (parts.length === 2 || ofRoot.has(top)) return { folder: '.', layer: root };
  return { folder: top === 'clients' ? `clients/${system}` : top, layer: layers[top] ?? Number.NaN };
}

const files = sourceFiles();

test('the architecture tests see the sources', () => {
  expect(files.length).toBeGreaterThan(50);
  expect(files.reduce((sum, file) => sum + file.specifiers.length, 0)).toBeGreaterThan(200);
});

test('every folder of src has its layer', () => {
  const homeless = files.filter(file => Number.isNaN(placeOf(file.path).layer)).map(file => file.path);
  expect(homeless).toEqual([]);
});

test('a file imports only its own folder or a strictly lower layer', () => {
  const upward = files.flatMap(file =>
    file.specifiers.flatMap(specifier => {
      const target = resolveSpecifier(file.path, specifier);
      if (target === undefined || !target.startsWith('src/')) return [];
      const [from, to] = [placeOf(file.path), placeOf(target)];
      return from.folder === to.folder || to.layer < from.layer ? [] : [`${file.path} → ${target}`];
    }),
  );
  expect(upward).toEqual([]);
});

test('every file but the entry is imported by another', () => {
  const imported = new Set(
    files.flatMap(file =>
      file.specifiers
        .map(specifier => resolveSpecifier(file.path, specifier))
        .filter(target => target !== undefined),
    ),
  );
  const orphans = files.map(file => file.path).filter(path => path !== 'src/main.ts' && !imported.has(path));
  expect(orphans).toEqual([]);
});

test('relative imports name existing files with their ending', () => {
  const known = new Set(files.map(file => file.path));
  const broken = files.flatMap(file =>
    file.specifiers
      .map(specifier => resolveSpecifier(file.path, specifier))
      .filter(
        target =>
          target !== undefined && target.startsWith('src/') && target.endsWith('.ts') && !known.has(target),
      ),
  );
  expect(broken).toEqual([]);
});
