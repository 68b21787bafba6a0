import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

export interface SourceFile {
  /** `src/core/ref.ts` */
  path: string;
  text: string;
  /** Every module specifier: static, type, side-effect and dynamic imports, and re-exports. */
  specifiers: string[];
  /** Those that are loaded together with the file: no type imports, no dynamic ones. */
  loaded: string[];
}

const importForms = [
  /\bfrom\s*['"]([^'"]+)['"]/g,
  /\bimport\s*['"]([^'"]+)['"]/g,
  /\bimport\s*\(\s*['"]([^'"]+)['"]\s*\)/g,
];

/** All TypeScript sources below src/, with what they import. */
export function sourceFiles(): SourceFile[] {
  return globSync('src/**/*.ts')
    .map(path => path.replaceAll('\\', '/'))
    .sort()
    .map(path => {
      const text = readFileSync(path, 'utf8');
      const code = text.replace(/^\s*(\/\/|\*|\/\*).*$/gm, '');
      const specifiers = importForms.flatMap(form => [...code.matchAll(form)].map(match => match[1] ?? ''));
      const loaded = [
        ...code.matchAll(/^(?:import|export)\s+(?!type\b)(?:[^;'"]*?from\s*)?['"]([^'"]+)['"]/gm),
      ].map(match => match[1] ?? '');
      return { path, text, specifiers, loaded };
    });
}

/** The file a relative specifier leads to; undefined for a package. */
export function resolveSpecifier(from: string, specifier: string): string | undefined {
  return specifier.startsWith('.')
    ? normalize(join(dirname(from), specifier)).replaceAll('\\', '/')
    : undefined;
}

/** Every file that is loaded when these are, and the packages they load. */
export function loadedWith(
  entries: readonly string[],
  files: readonly SourceFile[],
): { files: string[]; packages: Map<string, string> } {
  const byPath = new Map(files.map(file => [file.path, file]));
  const seen = new Set<string>();
  const packages = new Map<string, string>();
  const queue = [...entries];
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    const file = byPath.get(path);
    if (file === undefined || seen.has(path)) continue;
    seen.add(path);
    for (const specifier of file.loaded) {
      const target = resolveSpecifier(path, specifier);
      if (target === undefined) packages.set(specifier, path);
      else queue.push(target);
    }
  }
  return { files: [...seen], packages };
}
