import { expect, test } from 'vitest';
import { runDrill } from '../../src/backups/drill.ts';
import type { Engine } from '../../src/backups/engine.ts';
import { parseDrill } from '../../src/backups/parse-copy.ts';
import { watchCopy } from '../../src/backups/watched-copy.ts';
import { type Contents, type Manifest, newCopyId } from '../../src/core/copy.ts';
import { localRunner } from '../../src/processes/local-runner.ts';

const signal = new AbortController().signal;

test('a report of tables with long names is read back as what it is', async () => {
  const items = Array.from({ length: 30 }, (_, index) => ({ name: `${'n'.repeat(180)}${index}`, count: 1 }));
  const contents: Contents = { how: 'marker', at: '2026-01-01T00:00:00Z', items };
  const manifest: Manifest = {
    version: 1,
    set: 'shop',
    copy: newCopyId(new Date()),
    engine: 'empty',
    startedAt: contents.at,
    finishedAt: contents.at,
    parts: [],
    encryption: 'none',
    contents,
    source: {},
    tools: {},
  };
  /** What restores nothing, and finds nothing. */
  const engine: Engine = {
    name: 'empty',
    programs: { dump: [], restore: [] },
    dump: () => Promise.reject(new Error('nothing is dumped')),
    scratch: async () => ({ target: {}, shown: 'nothing', end: async () => undefined }),
    restore: async () => undefined,
    inspect: async () => ({ ...contents, items: [] }),
  };
  const copy = watchCopy({
    manifest,
    async *open() {
      yield* [];
    },
    older: () => Promise.reject(new Error('it stands alone')),
    restoreTree: () => Promise.reject(new Error('it has no tree')),
  });
  const report = await runDrill({
    engine,
    settings: {},
    copy,
    runner: localRunner,
    signal,
    deadlineMs: 60_000,
    progress: () => undefined,
    now: () => new Date(),
  });
  expect(report.passed).toBe(false);
  expect(parseDrill(JSON.stringify(report), manifest)).toEqual(report);
});
