import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isObject, type Json, type JsonObject } from '../../src/core/json.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/server.ts';
import { parseWorld } from '../../src/sandbox/world.ts';
import { askServer } from './support/ask-server.ts';
import { type ControlPlane, startControlPlane } from './support/control-plane.ts';
import { describeOnCluster } from './support/on-cluster.ts';
import { type TwinRequest, twinRequests } from './support/twin-requests.ts';

// The same requests to the sandbox and to a real API server, in one order: status, reason, causes, defaults, owners of
// fields and cells of tables are the same, or the difference stands below with its reason.

/** By name of the request, each with its reason. */
const exceptions: Record<string, string> = {
  'Job in the least (4)':
    'A real Job without labels shares those of its template, also the ones that the server adds later.',
  'PersistentVolumeClaim in the least (13)':
    'No volume of the sandbox is protected by a finalizer while it is used: nothing there would take it off again.',
  'PersistentVolume in the least (28)': 'As for the claim; and it keeps no time of its last phase.',
  'Node in the least (25)':
    'Nodes of a sandbox come with its world; a new one is not tainted until it is ready.',
  'limitranges as a table': 'Of kinds without columns of their own a real server sends null for no rows.',
};

// The JSON border: the file is ours. Its answers are recorded for the lane without a server; here they are alive.
const { steps } = JSON.parse(readFileSync('test/fixtures/sandbox/wire.json', 'utf8')) as {
  steps: TwinRequest[];
};
const requests = [...steps, ...twinRequests];

const world = `
cluster: {serverVersion: v1.36.2, ageDays: 1, nodes: [{name: n1, ip: 10.0.0.1, podSubnet: 10.42.0}]}
objects: []
`;

describeOnCluster('sandbox and real API server', binaries => {
  let sandbox: Sandbox;
  let plane: ControlPlane;

  beforeAll(async () => {
    [plane, sandbox] = await Promise.all([
      startControlPlane(binaries),
      startSandbox({ world: parseWorld(world, 'twin') }),
    ]);
  });
  afterAll(async () => {
    await sandbox.close();
    await plane.stop();
  });

  describe('answer alike', () => {
    test.each(requests)('$name', async asked => {
      const [real, simulated] = await Promise.all([askServer(plane, asked), askServer(sandbox, asked)]);
      if (exceptions[asked.name] !== undefined) expect(masked(simulated)).not.toEqual(masked(real));
      else if (asked.compare === 'reason') expect(reasonOf(simulated)).toEqual(reasonOf(real));
      else expect(masked(simulated)).toEqual(masked(real));
    });
  });

  test('no exception is left that nobody asks for', () => {
    const names = new Set(requests.map(({ name }) => name));
    expect(Object.keys(exceptions).filter(name => !names.has(name))).toEqual([]);
  });
});

function reasonOf(answer: JsonObject): JsonObject {
  const body = isObject(answer['body']) ? answer['body'] : {};
  return { status: answer['status'], kind: body['kind'], reason: body['reason'] };
}

/** Without the addresses and ports that each server draws for itself, and without an order that it draws too. */
function masked(value: Json | undefined): Json {
  if (typeof value === 'string') return value.replaceAll(/\b10\.(?:0|96|43)\.\d+\.\d+\b/g, 'ADDRESS');
  if (Array.isArray(value)) return ownersInOrder(value.map(masked));
  if (!isObject(value)) return value ?? null;
  return Object.fromEntries(
    Object.entries(value)
      // The control plane runs without the admission of service accounts, which the sandbox plays.
      .filter(([key, item]) => !(key.startsWith('serviceAccount') && item === 'default'))
      .map(([key, item]) => [key, key === 'nodePort' ? 'PORT' : masked(item)]),
  );
}

/** A real server lists the owners of conflicting fields in any order. */
function ownersInOrder(items: Json[]): Json[] {
  const conflicts = items.every(item => isObject(item) && item['reason'] === 'FieldManagerConflict');
  return conflicts ? items.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) : items;
}
