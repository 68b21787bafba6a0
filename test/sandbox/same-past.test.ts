import { expect, test } from 'vitest';
import { createCluster } from '../../src/sandbox/cluster.ts';
import { loadWorld } from '../../src/sandbox/world.ts';

const nowMs = Date.parse('2026-03-02T08:10:00Z');
const deployments = 'apps/deployments';

test('clusters that share a past have nothing else in common: what goes in one stays in the other', async () => {
  const world = await loadWorld('test/fixtures/worlds/small.yaml');
  const [one, other] = [createCluster(world, () => nowMs), createCluster(world, () => nowMs + 500)];
  const namesIn = ({ state }: typeof one): string[] =>
    state.list(deployments).map(({ metadata: { name, uid } }) => `${name} ${uid}`);
  const names = namesIn(other);
  expect(names.length).toBeGreaterThan(1);
  expect(namesIn(one)).toEqual(names);
  const [gone] = one.state.list(deployments);
  if (gone === undefined) throw new Error('there is no Deployment');
  one.state.remove(deployments, `${gone.metadata.namespace}/${gone.metadata.name}`);
  expect(namesIn(one)).toEqual(names.slice(1));
  expect(namesIn(other)).toEqual(names);
  expect(namesIn(createCluster(world, () => nowMs))).toEqual(names);
});

test('the same world at another moment has another past', async () => {
  const world = await loadWorld('test/fixtures/worlds/small.yaml');
  const bornIn = (atMs: number): (string | undefined)[] =>
    createCluster(world, () => atMs)
      .state.list(deployments)
      .map(({ metadata }) => metadata.creationTimestamp);
  expect(bornIn(nowMs)[0]).toBe('2026-02-25T08:10:00Z');
  expect(bornIn(nowMs + 60_000)[0]).toBe('2026-02-25T08:11:00Z');
});
