import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import type { Finding, Fix } from '../../../src/core/finding.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import type { KubeObject } from '../../../src/kubernetes/object.ts';
import { askAsAdministrator } from '../../support/sandbox-client.ts';
import { allowAgainAndAgain, startVigie, type TestVigie } from '../../support/start-vigie.ts';
import { neighbours, nodeNames, systemObjects } from './base.ts';
import { definitions } from './definitions.ts';
import { faults } from './faults/index.ts';
import { object } from './objects.ts';
import { pathOf } from './paths.ts';
import { answers, judge, type Verdict } from './score.ts';
import type { Fault, Label, Place, Step } from './world.ts';

// Faults planted in the simulated cluster by its API, played on, and diagnosed and healed by the tools themselves.

/** How the programs behave that the faults' images hold. */
const images = [
  {
    match: 'acme/web',
    startSeconds: 2,
    ports: [8080],
    healthPath: '/healthz',
    memoryMi: 30,
    commands: ['server', 'sh'],
    log: 'access',
  },
  { match: 'acme/batch', memoryMi: 20, runSeconds: 5, log: 'batch' },
  { match: 'acme/database', ports: [5432], memoryMi: 30, log: 'postgres' },
  { match: 'acme/loader', memoryMi: 20, runSeconds: 3, exitCode: 1, log: 'worker' },
  { match: 'acme/flags', memoryMi: 20, runSeconds: 1, exitCode: 2, log: 'plain' },
  { match: 'acme/importer', memoryMi: 20, runSeconds: 4, exitCode: 3, log: 'worker' },
  { match: 'acme/shell', memoryMi: 20, runSeconds: 1, exitCode: 127, log: 'plain' },
  { match: 'acme/native', memoryMi: 20, runSeconds: 3, exitCode: 139, log: 'plain' },
  { match: 'acme/endless', memoryMi: 20, runSeconds: 10_000_000, log: 'batch' },
  { match: 'acme/oneshot', memoryMi: 20, runSeconds: 3, exitCode: 0, log: 'plain' },
  { match: 'acme/picky', ports: [8080], memoryMi: 20, needsEnv: ['API_KEY'], log: 'json-service' },
  { match: 'acme/hungry', ports: [8080], memoryMi: 700, startSeconds: 3, log: 'java' },
  { match: 'acme/slow', ports: [8080], memoryMi: 30, startSeconds: 90, log: 'java' },
  { match: 'acme/private', ports: [8080], memoryMi: 30, private: true },
  {
    match: 'acme/client',
    ports: [8080],
    memoryMi: 20,
    needsEnv: ['DATABASE_URL'],
    needs: ['$DATABASE_URL'],
    log: 'json-service',
  },
  { match: 'coredns/coredns', ports: [53, 8181, 9153], memoryMi: 20 },
];

// In one cluster: enough to be quick, few enough that each finds room.
const inOneCluster = 14;
const playMs = 35 * 60_000;
const healMs = 15 * 60_000;

interface Planting {
  fault: Fault;
  at: Place;
  labels: readonly Label[];
}

function placeOf(namespace: string): Place {
  return { namespace, way: 'sandbox', name: base => base, labels: base => ({ app: base }) };
}

export function sandboxBatches(only?: readonly string[]): Fault[][] {
  const chosen = faults.filter(
    ({ name, ways = ['sandbox'] }) => ways.includes('sandbox') && (only?.includes(name) ?? true),
  );
  const beside = chosen.filter(({ alone }) => alone !== true);
  return [
    // Of one subject some stand together and some do not: every so-manieth, so that a cluster has many subjects.
    ...Array.from({ length: Math.ceil(beside.length / inOneCluster) }, (_, batch) =>
      beside.filter((_each, index) => index % Math.ceil(beside.length / inOneCluster) === batch),
    ),
    ...chosen.filter(({ alone }) => alone === true).map(fault => [fault]),
  ];
}

/** Plants a batch, plays it, judges each by its namespace and the whole by all labels, and heals what can be healed. */
export async function judgeBatch(batch: readonly Fault[]): Promise<Verdict[]> {
  const dir = mkdtempSync(join(tmpdir(), 'vigie-eval-'));
  const file = join(dir, 'world.yaml');
  writeFileSync(file, JSON.stringify(worldFor(batch)));
  const vigie = await startVigie({
    world: file,
    everywhere: true,
    policy: allowAgainAndAgain,
    hurried: true,
  });
  try {
    const plantings: Planting[] = [];
    for (const fault of batch) {
      const at = placeOf(fault.name);
      const { objects, after = [], labels, nodes = {} } = fault.plant(at);
      await create(vigie, objects);
      for (const [name, { status }] of Object.entries(nodes)) {
        if (status === undefined) continue;
        await ask(vigie, { method: 'PATCH', path: `/api/v1/nodes/${name}/status`, body: { status } });
      }
      for (const step of after) await take(vigie, step);
      plantings.push({ fault, at, labels });
    }
    await vigie.sandbox.advance(playMs);
    const all = plantings.flatMap(({ labels }) => labels);
    // What belongs to the whole cluster is seen from each namespace, and counts once.
    const ownOf = (findings: readonly Finding[], planting: Planting) =>
      findings.filter(
        each =>
          isAbout(each, planting) || (planting === plantings[0] && !all.some(label => answers(each, label))),
      );
    const verdicts: Verdict[] = [];
    const offered: {
      planting: Planting;
      before: readonly Finding[];
      fixes: readonly Fix[];
      verdict: Verdict;
    }[] = [];
    for (const planting of plantings) {
      const findings = await diagnosed(vigie, planting);
      const own = ownOf(findings, planting);
      const verdict = judge(
        {
          world: `${planting.fault.name}-sandbox`,
          row: planting.fault.row,
          way: 'sandbox',
          labels: planting.labels,
        },
        own,
      );
      verdicts.push(verdict);
      const fixes = own.flatMap(({ fixes: [first] }) => (first === undefined ? [] : [first]));
      offered.push({ planting, before: own, fixes, verdict });
    }
    for (const each of offered) {
      for (const fix of each.fixes) {
        const { status, data } = await vigie.call(fix.tool, fix.arguments);
        each.verdict.fixesTried += 1;
        // Nobody waits here until it is healthy: the cluster is played on for all of them together.
        if (!['done', 'unverified', 'nothing_to_do'].includes(status))
          each.verdict.fixFaults.push(`${fix.does}: ${status} ${JSON.stringify(data['message'] ?? '')}`);
      }
    }
    if (offered.some(({ fixes }) => fixes.length > 0)) {
      await vigie.sandbox.advance(healMs);
      for (const { planting, before, fixes, verdict } of offered) {
        if (fixes.length === 0) continue;
        const after = ownOf(await diagnosed(vigie, planting), planting);
        const name = ({ code, object: { kind, name: called } }: Finding) => `${code} ${kind}/${called}`;
        const known = new Set(before.map(name));
        for (const each of after) {
          const { does = '' } = before.find(one => name(one) === name(each))?.fixes[0] ?? {};
          if (!known.has(name(each)))
            verdict.fixFaults.push(`new after ${fixes[0]?.does}: ${name(each)}: ${each.summary}`);
          else if (does !== '') verdict.fixFaults.push(`not healed by ${does}: ${name(each)}`);
        }
      }
    }
    return verdicts;
  } finally {
    await vigie.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

function worldFor(batch: readonly Fault[]): object {
  const namespaces = batch.map(({ name }) => name);
  const skipped = new Set(['CSIDriver']);
  const declared = [
    ...systemObjects(namespaces),
    ...definitions(),
    ...namespaces.flatMap(name => neighbours(placeOf(name))),
  ];
  return {
    cluster: {
      serverVersion: 'v1.36.2',
      ageDays: 3,
      nodes: nodeNames.map((name, index) => ({
        name,
        ip: `10.0.0.${11 + index}`,
        podSubnet: `10.244.${index + 1}`,
        labels: {
          pool: name.startsWith('gpu') ? 'gpu' : 'general',
          'topology.kubernetes.io/zone': index > 1 ? 'eu-1b' : 'eu-1a',
        },
        taints: name.startsWith('gpu')
          ? [{ key: 'nvidia.com/gpu', value: 'present', effect: 'NoSchedule' }]
          : [],
      })),
    },
    images,
    registry: {
      'acme/web': ['1.3', '1.4', '1.5'],
      ...Object.fromEntries(
        [
          'batch',
          'loader',
          'flags',
          'shell',
          'native',
          'endless',
          'oneshot',
          'picky',
          'hungry',
          'slow',
          'private',
          'client',
        ].map(name => [`acme/${name}`, ['1.0']]),
      ),
      'acme/importer': ['2.1'],
      'acme/database': ['17'],
      'acme/csi-provisioner': ['*'],
      'coredns/coredns': ['*'],
      'metrics-server/metrics-server': ['*'],
      'ingress-nginx/controller': ['*'],
      'kube-proxy': ['*'],
    },
    objects: declared
      .filter(({ kind }) => !skipped.has(kind))
      .map(each => ({ ...each, metadata: { ...each.metadata } })),
  };
}

function isAbout({ object: { kind, name, namespace } }: Finding, { at, labels }: Planting): boolean {
  if (namespace === at.namespace) return true;
  return labels
    .flatMap(label => [label.object, ...(label.also ?? []).flatMap(each => each.object ?? [])])
    .some(each => each.kind === kind && each.name === name && each.namespace === namespace);
}

const findingShape = z.looseObject({
  code: z.string(),
  severity: z.enum(['critical', 'warning']),
  object: z.object({ kind: z.string(), name: z.string(), namespace: z.string().exactOptional() }),
  summary: z.string(),
  evidence: z.array(z.string()),
  confidence: z.enum(['certain', 'likely', 'possible']),
  fixes: z.array(z.object({ tool: z.string(), arguments: z.record(z.string(), z.json()), does: z.string() })),
});

async function diagnosed(vigie: TestVigie, { fault, at }: Planting): Promise<Finding[]> {
  const { status, data } = await vigie.call('k8s_diagnose', {
    ...(fault.alone === true ? {} : { namespace: at.namespace }),
    format: 'json',
  });
  if (status !== 'answered') throw new Error(`${fault.name}: ${JSON.stringify(data)}`);
  return z.array(findingShape).parse(data['findings']);
}

async function create(vigie: TestVigie, objects: readonly KubeObject[]): Promise<void> {
  for (const each of objects) {
    const { status: _status, ...declared } = each;
    try {
      await ask(vigie, {
        method: 'POST',
        path: pathOf(each),
        body: structuredClone(declared) as unknown as JsonObject,
      });
    } catch (error) {
      if (!(error instanceof Error) || !error.message.includes('AlreadyExists')) throw error;
    }
  }
}

function ask(
  vigie: TestVigie,
  request: { method: string; path: string; body: JsonObject | undefined },
): Promise<JsonObject> {
  return askAsAdministrator(vigie.sandbox, request);
}

async function take(
  vigie: TestVigie,
  { do: what, target, patch, waitSeconds = 0, objects = [], tool = '', input }: Step,
): Promise<void> {
  if (what === 'wait') return vigie.sandbox.advance(waitSeconds * 1_000);
  if (what === 'create') return create(vigie, objects);
  if (what === 'call') {
    const { status, data } = await vigie.call(tool, input);
    if (status !== 'done' && status !== 'unverified')
      throw new Error(`${tool}: ${status} ${JSON.stringify(data)}`);
    return;
  }
  if (target === undefined) return;
  const place = object(
    target.namespace === undefined ? undefined : { namespace: target.namespace },
    target.kind,
    target.name,
    { apiVersion: target.apiVersion },
  );
  const path = `${pathOf(place)}/${target.name}`;
  const body = typeof patch === 'object' && patch !== null && !Array.isArray(patch) ? patch : undefined;
  await ask(
    vigie,
    what === 'delete' ? { method: 'DELETE', path, body: undefined } : { method: 'PATCH', path, body },
  );
}
