import { readFile } from 'node:fs/promises';
import { parse as parseYaml } from 'yaml';
import * as z from 'zod';
import { VigieError } from '../core/errors.ts';
import { systemCode } from '../core/system-error.ts';
import type { KubeObject } from '../kubernetes/object.ts';

/** How containers of an image behave in the sandbox. */
export interface ImageBehaviour {
  /** Image without its tag; `*` stands for any characters. The first match wins. */
  match: string;
  /** From pulled to ready. */
  startSeconds: number;
  /** Where it listens; empty for a program that serves nothing. */
  ports: number[];
  healthPath?: string | undefined;
  memoryMi: number;
  cpuMilli: number;
  /** How long it runs before it ends with status 0; absent for a program that runs until it is stopped. */
  runSeconds?: number | undefined;
  /** Name of a log script of logs.ts. */
  log: string;
}

export interface WorldNode {
  name: string;
  ip: string;
  /** First three numbers of its pods' addresses (`10.42.0`). */
  podSubnet: string;
  cpu: string;
  memory: string;
  labels: Record<string, string>;
  controlPlane: boolean;
}

/** An image that a deployment ran before its present one: what it can be rolled back to. */
export interface EarlierImage {
  namespace: string;
  name: string;
  image: string;
  /** When the next one replaced it; at most the age of the cluster. */
  untilHoursAgo: number;
}

/** Work that reaches the pods with some labels: what it costs is shared out among those that run. */
export interface Load {
  namespace: string;
  labels: Record<string, string>;
  /** In all, beside what the pods use at rest. */
  cpuMilli: number;
  memoryMi: number;
}

/** A simulated cluster as data: what runs in it and how its images behave. */
export interface World {
  name: string;
  /** metricsServer: whether metrics.k8s.io is served. */
  cluster: { serverVersion: string; ageDays: number; nodes: WorldNode[]; metricsServer: boolean };
  images: ImageBehaviour[];
  load: Load[];
  /** Patterns of images with their tag (`shop/web:2.*`) that no registry has: their pods never start. */
  missing: string[];
  /** Oldest first for each deployment. */
  earlier: EarlierImage[];
  /** What the file declares. Pods, replica sets and statuses are not among it: populate() derives them. */
  objects: KubeObject[];
}

// The objects are checked by the simulated API server's own validation; here only what is needed to file them.
const declaredObject = z.looseObject({
  apiVersion: z.string().min(1),
  kind: z.string().min(1),
  metadata: z.looseObject({ name: z.string().min(1), namespace: z.string().optional() }),
});

const worldSchema = z.strictObject({
  cluster: z.strictObject({
    serverVersion: z.string().regex(/^v\d+\.\d+\.\d+/),
    ageDays: z.number().positive().max(365),
    metricsServer: z.boolean().default(true),
    nodes: z
      .array(
        z.strictObject({
          name: z.string().min(1),
          ip: z.ipv4(),
          podSubnet: z.string().regex(/^\d+\.\d+\.\d+$/),
          cpu: z.string().default('4'),
          memory: z.string().default('8131752Ki'),
          labels: z.record(z.string(), z.string()).default({}),
          controlPlane: z.boolean().default(false),
        }),
      )
      .min(1)
      .max(100),
  }),
  images: z
    .array(
      z.strictObject({
        match: z.string().min(1),
        startSeconds: z.number().min(0).max(3600).default(1),
        ports: z.array(z.int()).default([]),
        healthPath: z.string().optional(),
        memoryMi: z.number().default(64),
        cpuMilli: z.number().default(10),
        runSeconds: z.number().positive().optional(),
        log: z.string().default('plain'),
      }),
    )
    .default([]),
  load: z
    .array(
      z.strictObject({
        namespace: z.string().min(1),
        labels: z.record(z.string(), z.string()),
        cpuMilli: z.number().min(0).default(0),
        memoryMi: z.number().min(0).default(0),
      }),
    )
    .default([]),
  missing: z.array(z.string()).default([]),
  earlier: z
    .array(
      z.strictObject({
        namespace: z.string(),
        name: z.string(),
        image: z.string(),
        untilHoursAgo: z.number().positive(),
      }),
    )
    .default([]),
  objects: z.array(declaredObject).max(5000),
});

/**
 * Reads a world from YAML text; name is for messages.
 * SANDBOX: the text is no YAML or breaks the shape; details: issues, one per field.
 */
export function parseWorld(text: string, name: string): World {
  let data: unknown;
  try {
    data = parseYaml(text, { maxAliasCount: 100 });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new VigieError('SANDBOX', `The world ${name} is no valid YAML: ${why}`, { cause });
  }
  const parsed = worldSchema.safeParse(data);
  if (!parsed.success) {
    const issues = parsed.error.issues.map(issue => `${issue.path.join('.')}: ${issue.message}`);
    throw new VigieError('SANDBOX', `The world ${name} cannot be used: ${issues[0] ?? 'unknown shape'}`, {
      details: { issues },
    });
  }
  // The JSON border: beyond the fields checked above an object is whatever the file holds, as with a real cluster.
  return { name, ...parsed.data, objects: parsed.data.objects as unknown as KubeObject[] };
}

/** In src/ and in dist/main.js the worlds lie beside the code, for a chunk of dist/chunks one folder up. */
const worldFolders = ['./worlds/', '../worlds/'];

/**
 * Loads a world that comes with Vigie by its name (`shop`), or one from a file by its path (a `/` or `.yaml` in it).
 * SANDBOX: there is no such world or file, or it cannot be used.
 */
export async function loadWorld(nameOrFile: string): Promise<World> {
  if (!/^[a-z0-9-]+$/.test(nameOrFile)) return parseWorld(await readWorldFile(nameOrFile), nameOrFile);
  for (const folder of worldFolders) {
    const text = await readOrNothing(new URL(`${folder}${nameOrFile}.yaml`, import.meta.url));
    if (text !== undefined) return parseWorld(text, nameOrFile);
  }
  throw new VigieError('SANDBOX', `There is no world named ${nameOrFile}`, {
    hint: 'Use the world shop, or give the path of a YAML file.',
  });
}

async function readWorldFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new VigieError('SANDBOX', `The world file ${path} cannot be read: ${why}`, { cause });
  }
}

async function readOrNothing(url: URL): Promise<string | undefined> {
  try {
    return await readFile(url, 'utf8');
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return undefined;
    throw cause;
  }
}

/** The behaviour of an image by its reference; one that the world does not name starts after a second. */
export function behaviourOf(world: World, image: string): ImageBehaviour {
  const bare = image.replace(/@sha256:.*$/, '').replace(/:[^:/]*$/, '');
  return world.images.find(entry => matches(entry.match, bare)) ?? unnamedImage;
}

const unnamedImage: ImageBehaviour = {
  match: '*',
  startSeconds: 1,
  ports: [],
  memoryMi: 32,
  cpuMilli: 5,
  log: 'plain',
};

/** Whether no registry of the world has the image. A tag `does-not-exist` never exists, in any world. */
export function isMissing(world: World, image: string): boolean {
  return image.endsWith(':does-not-exist') || world.missing.some(pattern => matches(pattern, image));
}

function matches(pattern: string, text: string): boolean {
  const parts = pattern.split('*').map(part => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(text);
}
