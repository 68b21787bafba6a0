import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { readInput } from '../../src/cli/tool-command/read-input.ts';
import { shapeOf } from '../../src/cli/tool-command/shape.ts';
import { ownWords } from '../../src/cli/tool-command/words.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { listingOf } from '../../src/toolkit/listing.ts';
import { toolsOf } from '../../src/tools/toolsets.ts';

const tools = toolsOf(undefined, { readOnly: false, commandLine: true });

function toolNamed(name: string) {
  const tool = tools.find(each => each.name === name);
  if (tool === undefined) throw new Error(`no tool ${name}`);
  return tool;
}

function read(
  name: string,
  typed: { words?: string[]; flags?: Record<string, unknown> },
  stdin = '',
): Promise<JsonObject> {
  const { words = [], flags = {} } = typed;
  const { signal } = new AbortController();
  return readInput(shapeOf(toolNamed(name)), { words, flags }, { stdin: Readable.from([stdin]), signal });
}

describe('the commands made from the tools', () => {
  test('are there, one for each tool', () => {
    expect(tools.length).toBeGreaterThan(10);
    const names = tools.map(shapeOf).map(({ family, verb }) => `${family} ${verb}`);
    expect(new Set(names).size).toBe(tools.length);
    expect(names).toContain('k8s list');
    expect(names).toContain('changes get');
    expect(names).toContain('environments list');
  });

  test.each(tools.map(tool => [tool.name, tool] as const))(
    '%s: every field can be given, and no flag twice',
    (_, tool) => {
      const shape = shapeOf(tool);
      const given = [...shape.words.map(word => word.field), ...shape.flags.map(flag => flag.field)];
      const { properties } = listingOf(tool).inputSchema;
      for (const field of Object.keys(properties ?? {})) {
        const byOutput = field === 'format' || field === 'wide' || field === shape.matching;
        expect(byOutput || given.includes(field), field).toBe(true);
      }
      expect(new Set(given).size).toBe(given.length);
      const longs = shape.flags.map(flag => flag.long);
      const shorts = shape.flags.flatMap(flag => flag.short ?? []);
      expect(new Set(longs).size).toBe(longs.length);
      expect(new Set(shorts).size).toBe(shorts.length);
      for (const long of longs) expect(long).toMatch(/^[a-z][a-z0-9-]*$/);
      expect(shorts).not.toContain('o');
    },
  );

  test('know of words only for tools and fields that exist', () => {
    for (const [name, { before = [], rest }] of Object.entries(ownWords)) {
      const { properties } = listingOf(toolNamed(name)).inputSchema;
      expect(Object.keys(properties ?? {})).toEqual(
        expect.arrayContaining([...before, ...(rest === undefined ? [] : [rest])]),
      );
    }
  });
});

describe('what is typed', () => {
  test.each([
    { words: ['deploy/web'], what: 'kind/name' },
    { words: ['deploy', 'web'], what: 'kind name' },
  ])('$what names one object, with the namespace beside it', async ({ words }) => {
    expect(await read('k8s_scale', { words, flags: { namespace: 'shop', replicas: '3' } })).toEqual({
      target: { kind: 'deploy', name: 'web', namespace: 'shop' },
      replicas: 3,
    });
  });

  test('takes all that is left for a command, whatever it looks like, and needs some', async () => {
    const words = ['web-1', 'sh', '-c', 'a, b', '--force'];
    expect(await read('k8s_exec', { words, flags: { namespace: 'shop' } })).toEqual({
      pod: 'web-1',
      command: words.slice(1),
      namespace: 'shop',
    });
    await expect(read('k8s_exec', { words: ['web-1'], flags: {} })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining('needs -- <command'),
    });
  });

  test('keeps the namespace apart where the list is of a kind', async () => {
    expect(
      await read('k8s_list', { words: ['pods'], flags: { namespace: 'shop', labelSelector: 'app=web' } }),
    ).toEqual({
      kind: 'pods',
      namespace: 'shop',
      labelSelector: 'app=web',
    });
  });

  test('takes a lone name for a pod where logs are asked for', async () => {
    expect(await read('k8s_logs', { words: ['web-1'], flags: {} })).toEqual({
      target: { kind: 'Pod', name: 'web-1' },
    });
    expect(await read('k8s_logs', { words: ['deploy/web'] })).toEqual({
      target: { kind: 'deploy', name: 'web' },
    });
  });

  test('reads what is described, measured, explained and asked about as people write it', async () => {
    const inShop = { namespace: 'shop' };
    expect(await read('k8s_describe', { words: ['deploy/web'], flags: inShop })).toEqual({
      target: { kind: 'deploy', name: 'web', namespace: 'shop' },
    });
    expect(await read('k8s_top', { words: ['pods'], flags: inShop })).toEqual({ kind: 'pods', ...inShop });
    expect(await read('k8s_explain', { words: ['deployment.spec.strategy'] })).toEqual({
      path: 'deployment.spec.strategy',
    });
    expect(await read('k8s_access', { words: ['create', 'pods/exec'], flags: inShop })).toEqual({
      verb: 'create',
      resource: 'pods/exec',
      ...inShop,
    });
    expect(await read('k8s_access', { flags: inShop })).toEqual(inShop);
  });

  test('reads a drain and a run of a CronJob as people write them', async () => {
    expect(
      await read('k8s_node', {
        words: ['drain', 'n1'],
        flags: { force: true, deleteLocalData: true, waitSeconds: '10m' },
      }),
    ).toEqual({ action: 'drain', node: 'n1', force: true, deleteLocalData: true, waitSeconds: 600 });
    expect(await read('k8s_run_job', { words: ['cronjob/report'], flags: { namespace: 'shop' } })).toEqual({
      cronJob: 'cronjob/report',
      namespace: 'shop',
    });
    expect(await read('k8s_run_job', { flags: { namespace: 'shop', manifest: ['-'] } }, 'kind: Job')).toEqual(
      { manifest: 'kind: Job', namespace: 'shop' },
    );
    await expect(read('k8s_node', { words: ['drain'] })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });

  test('reads the action of a rollout before its object', async () => {
    expect(await read('k8s_rollout', { words: ['restart', 'deploy', 'web'] })).toEqual({
      action: 'restart',
      target: { kind: 'deploy', name: 'web' },
    });
  });

  test('deletes by labels only with a kind alone', async () => {
    expect(
      await read('k8s_delete', { words: ['pods'], flags: { labelSelector: 'app=web', namespace: 'shop' } }),
    ).toEqual({
      matching: { kind: 'pods', namespace: 'shop', labelSelector: 'app=web' },
    });
    await expect(
      read('k8s_delete', { words: ['pods/web-1'], flags: { labelSelector: 'app=web' } }),
    ).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining('either the name of one object or --label-selector'),
    });
  });

  test.each([
    ['90', 90],
    ['90s', 90],
    ['5m', 300],
    ['2h', 7200],
  ])('takes %s as %i seconds', async (text, seconds) => {
    expect(await read('k8s_logs', { words: ['web-1'], flags: { sinceSeconds: text } })).toMatchObject({
      sinceSeconds: seconds,
    });
  });

  test.each([
    {
      name: 'k8s_scale',
      typed: { words: ['deploy/web'], flags: { replicas: 'three' } },
      says: '--replicas takes a whole number, not "three"',
    },
    {
      name: 'k8s_logs',
      typed: { words: ['web'], flags: { sinceSeconds: '5 minutes' } },
      says: '--since takes seconds or a time',
    },
    { name: 'k8s_get', typed: { words: [] }, says: 'needs an object: kind/name or kind name' },
    {
      name: 'k8s_get',
      typed: { words: ['deploy'] },
      says: 'cannot tell whether deploy is a kind or a name: give both',
    },
    { name: 'k8s_get', typed: { words: ['deploy/'] }, says: 'needs the name of the object too' },
    { name: 'k8s_get', typed: { words: ['/web'] }, says: 'needs the kind of the object too' },
    { name: 'k8s_get', typed: { words: ['deploy/web', 'api'] }, says: 'does not take "api"' },
    { name: 'k8s_list', typed: { words: [] }, says: 'needs <kind>' },
    { name: 'k8s_scale', typed: { words: ['deploy/web'] }, says: 'needs --replicas' },
    { name: 'changes_get', typed: { words: [] }, says: 'needs <id>' },
  ])('is refused where it cannot be meant: $says', async ({ name, typed, says }) => {
    await expect(read(name, typed)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining(says),
    });
  });

  test('reads manifests from files and from standard input, as documents of one text', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'vigie-manifest-'));
    try {
      await writeFile(join(dir, 'a.yaml'), 'kind: A');
      const input = await read('k8s_apply', { flags: { manifest: [join(dir, 'a.yaml'), '-'] } }, 'kind: B');
      expect(input).toEqual({ manifest: 'kind: A\n---\nkind: B' });
      await expect(
        read('k8s_apply', { flags: { manifest: [join(dir, 'none.yaml')] } }),
      ).rejects.toMatchObject({
        code: 'INVALID_INPUT',
        message: expect.stringContaining('does not exist'),
      });
    } finally {
      await rm(dir, { recursive: true });
    }
  });

  test('is not read without end', async () => {
    const endless = Readable.from(
      (function* () {
        for (;;) yield 'x'.repeat(64 * 1024);
      })(),
    );
    const shape = shapeOf(toolNamed('k8s_apply'));
    const from = { stdin: endless, signal: new AbortController().signal };
    await expect(readInput(shape, { words: [], flags: { manifest: '-' } }, from)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining('larger than'),
    });
  });
});
