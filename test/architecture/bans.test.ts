import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { loadedWith, resolveSpecifier, sourceFiles } from './source-files.ts';

const files = sourceFiles();

function importersOf(leadsTo: (target: string) => boolean): string[] {
  return files
    .filter(file =>
      file.specifiers.some(specifier => leadsTo(resolveSpecifier(file.path, specifier) ?? specifier)),
    )
    .map(file => file.path);
}

test('only change kinds, the composition root and the client itself reach a previewer, a writer or an executor', () => {
  const importers = importersOf(target =>
    /^src\/clients\/[^/]+\/(previewer|writer|executor)\.ts$/.test(target),
  );
  expect(importers.length).toBeGreaterThan(0);
  const allowed = /^src\/(clients\/|pipeline\/changes\/|app\.ts$)/;
  // The shapes of what a change is handed name the types, and hold none; systems.ts and backup-systems.ts build what writes elsewhere.
  const named = [
    'src/pipeline/vigie.ts',
    'src/pipeline/changing-systems.ts',
    'src/systems.ts',
    'src/backup-places.ts',
    'src/backup-systems.ts',
  ];
  expect(importers.filter(path => !allowed.test(path) && !named.includes(path))).toEqual([]);
});

test('only the engine of an operator is handed what writes objects of a cluster, and only the composition root makes it', () => {
  const clusterObjects = 'src/clients/kube/cluster-objects.ts';
  const engine = /^src\/backups\/engines\/cnpg(-[a-z]+)*\.ts$/;
  const importers = importersOf(target => target === clusterObjects);
  expect(importers.some(path => engine.test(path))).toBe(true);
  // The shapes of what an engine, its probe and a change are handed name the type, and hold none.
  const named = ['src/backup-systems.ts', 'src/backups/engine.ts', 'src/toolkit/backup-system.ts'];
  expect(importers.filter(path => !engine.test(path) && !named.includes(path))).toEqual([]);
  const makers = files.filter(file => /new ClusterObjects\(/.test(file.text)).map(file => file.path);
  expect(makers.sort()).toEqual(['src/backup-systems.ts', clusterObjects]);
});

test('only the desk can settle a ticket', () => {
  const importers = importersOf(target => target === 'src/pipeline/settle.ts');
  expect(importers.length).toBeGreaterThan(0);
  expect(importers.filter(path => !path.startsWith('src/desk/'))).toEqual([]);
});

test('only the pipeline can execute a ticket, and of it only the settling and the client prompt', () => {
  const importers = importersOf(target => target === 'src/pipeline/execute-ticket.ts');
  expect(importers.sort()).toEqual(['src/pipeline/elicit.ts', 'src/pipeline/settle.ts']);
});

test('tools never import the pipeline', () => {
  const importers = importersOf(target => target.startsWith('src/pipeline/')).filter(path =>
    path.startsWith('src/tools/'),
  );
  expect(importers).toEqual([]);
});

test('only the store imports an SQL driver', () => {
  const importers = importersOf(target => ['better-sqlite3', 'kysely', 'pg', 'node:sqlite'].includes(target));
  expect(importers.length).toBeGreaterThan(0);
  expect(importers.filter(path => !path.startsWith('src/store/'))).toEqual([]);
});

test('no tool, prompt or server file touches approvers, the kill switch or the accepted policy', () => {
  const doors = files.filter(file => /^src\/(tools|prompts|server)\//.test(file.path));
  expect(doors.length).toBeGreaterThan(10);
  const touching = doors.filter(file =>
    /setKillSwitch|setAcceptedPolicy|addApprover|removeApprover|deriveKey/.test(file.text),
  );
  expect(touching.map(file => file.path)).toEqual([]);
});

test('neither desk nor daemon derives a key or asks for one: a passphrase stays where it is typed', () => {
  const sides = files.filter(file => /^src\/(desk|daemon)\/|^src\/daemon-door\.ts$/.test(file.path));
  expect(sides.length).toBeGreaterThan(20);
  const touching = sides.filter(file => /deriveKey|askHidden|\bpassphrase\s*[:=]/.test(file.text));
  expect(touching.map(file => file.path)).toEqual([]);
});

test('what an MCP client waits for at the start loads no heavy package and no store', () => {
  const entries = [
    'src/start.ts',
    'src/app.ts',
    'src/server/stdio.ts',
    'src/pipeline/run-tool.ts',
    'src/tools/toolsets.ts',
    'src/tools/listed-tools.ts',
  ];
  const { files: loaded, packages } = loadedWith(entries, files);
  expect(loaded.length).toBeGreaterThan(30);
  const heavy = [
    '@kubernetes/client-node',
    'better-sqlite3',
    '@dbos-inc/dbos-sdk',
    'pg',
    'kysely',
    'pg',
    '@dbos-inc/dbos-sdk',
    'yaml',
    'diff',
    're2js',
    '@marcbachmann/cel-js',
    'rfc6902',
    'ws',
    '@modelcontextprotocol/node',
  ];
  expect(
    heavy.filter(name => packages.has(name)).map(name => `${name} by ${packages.get(name) ?? ''}`),
  ).toEqual([]);
});

test('the list of tools brings no rule of a diagnosis: they load with the first call that needs them', () => {
  const { files: loaded } = loadedWith(['src/app.ts', 'src/tools/toolsets.ts'], files);
  expect(loaded).toContain('src/tools/k8s/diagnose.ts');
  expect(loaded.filter(path => path.startsWith('src/diagnosis/'))).toEqual([]);
});

test('a client of the daemon is thin: it loads neither the SDK nor zod, and no pipeline', () => {
  const entries = [
    'src/start.ts',
    'src/cli/program.ts',
    'src/cli/tree.ts',
    'src/cli/commands/serve.ts',
    'src/desk/wire/find-daemon.ts',
    'src/desk/wire/connection.ts',
    'src/desk/wire/desks.ts',
    'src/cli/serve-through.ts',
  ];
  const { files: loaded, packages } = loadedWith(entries, files);
  expect(loaded).toContain('src/desk/wire/caller-proof.ts');
  expect(
    [...packages.keys()].filter(name => name === 'zod' || name.startsWith('@modelcontextprotocol/')),
  ).toEqual([]);
  expect(loaded.filter(path => /^src\/(pipeline|store|clients|tools)\//.test(path))).toEqual([]);
});

test('nothing switches a check off without saying why', () => {
  const silent = files.flatMap(file =>
    file.text
      .split('\n')
      .filter(
        line =>
          /oxlint-disable|eslint-disable|@ts-(ignore|expect-error|nocheck)/.test(line) &&
          !line.includes(' -- '),
      )
      .map(line => `${file.path}: ${line.trim()}`),
  );
  expect(silent).toEqual([]);
});

test('no re-exports and no catch-all names', () => {
  const barrels = files.filter(file => /^export (\*|\{[^}]*\}) from/m.test(file.text)).map(file => file.path);
  expect(barrels).toEqual([]);
  const vague = files
    .map(file => file.path)
    .filter(path => /(^|\/)(utils?|helpers?|common|types|manager)(\.ts|\/)/.test(path));
  expect(vague).toEqual([]);
});

test('tests of properties draw the cases of one seed, so that no run fails by chance', () => {
  const tests = globSync('test/**/*.ts');
  expect(tests.length).toBeGreaterThan(200);
  const direct = tests.filter(path => /^(import|export) .*'fast-check';/m.test(readFileSync(path, 'utf8')));
  expect(direct).toEqual(['test/support/properties.ts']);
});
