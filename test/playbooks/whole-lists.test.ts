import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import type { PlaybookCase } from '../../src/engine/cases/case-schema.ts';
import { playCase } from '../../src/engine/cases/play-case.ts';
import { readCases } from '../../src/engine/cases/read-cases.ts';
import { readPlaybook } from '../../src/engine/language/read-playbook.ts';
import { playInSandbox } from '../../src/play/play-in-sandbox.ts';
import { definitionOf } from './play-cases.ts';

const playMs = 120_000;

/** `edit` changes the text of the playbook before it is played. */
async function problemsOf(
  name: string,
  one: PlaybookCase,
  edit: (source: string) => string = source => source,
): Promise<string[]> {
  const source = edit((await definitionOf(name)).source);
  const read = await readPlaybook(source);
  if (read.playbook === undefined) throw new Error(`${name} cannot be read`);
  const { problems } = await playCase(one, {
    playbook: read.playbook,
    digest: read.digest,
    source,
    definitionOf,
    signal: new AbortController().signal,
    play: (order, use) => playInSandbox(order, { use, version: '0.0.0' }),
    faultNamed: () => [],
  });
  return problems;
}

async function caseOf(written: JsonObject): Promise<PlaybookCase> {
  const text = { apiVersion: 'vigie/v1', kind: 'PlaybookTest', cases: [{ name: 'one', ...written }] };
  const { cases } = await readCases(JSON.stringify(text));
  const [one] = cases ?? [];
  if (one === undefined) throw new Error('the case cannot be read');
  return one;
}

function deployments(count: number, labels: JsonObject): JsonObject[] {
  const template = {
    metadata: { labels: { app: 'many' } },
    spec: { containers: [{ name: 'a', image: 'a' }] },
  };
  return Array.from({ length: count }, (_, index) => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: `many-${index}`, namespace: 'payments', labels },
    spec: { replicas: 0, selector: { matchLabels: { app: 'many' } }, template },
  }));
}

test.each([
  { name: 'cleanup-replica-sets', step: 'deployments', count: 51, first: 'each' },
  { name: 'rolling-restart', step: 'find', count: 21, first: 'restart-all' },
])(
  '$name changes nothing where it cannot see all',
  { timeout: playMs },
  async ({ name, step, count, first }) => {
    const one = await caseOf({
      world: { like: 'shop', objects: deployments(count, { 'vigie.dev/restart': 'weekly' }) },
      inputs: { namespace: 'payments' },
      expect: {
        status: 'failed',
        failure: 'NOT_VERIFIED',
        asked: 0,
        steps: { [step]: 'failed', [first]: 'skipped' },
      },
    });
    expect(await problemsOf(name, one)).toEqual([]);
  },
);

test('a night in which nothing could be diagnosed is no quiet one', { timeout: playMs }, async () => {
  const one = await caseOf({
    expect: {
      status: 'done',
      report: { findings: 'not diagnosed', critical: 'not diagnosed', notChecked: ['nothing was diagnosed'] },
    },
  });
  // No tool has that name, so its call fails as one does that does not reach the cluster.
  const away = (source: string): string => source.replace('tool: k8s_diagnose', 'tool: k8s_away');
  expect(await problemsOf('nightly-health-report', one, away)).toEqual([]);
});
