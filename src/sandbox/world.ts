import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse as parseYaml } from 'yaml';
import * as z from 'zod';
import { VigieError } from '../core/errors.ts';
import { imageName } from '../kubernetes/images.ts';
import type { PodTemplate } from '../kubernetes/kinds/pod.ts';
import type { KubeObject } from '../kubernetes/object.ts';
import { readIfThere } from './read-if-there.ts';

// The objects are checked by the simulated API server's own validation; here only what is needed to file them.
const declaredObject = z.looseObject({
  apiVersion: z.string().min(1),
  kind: z.string().min(1),
  metadata: z.looseObject({ name: z.string().min(1), namespace: z.string().optional() }),
});

const declaredTemplate = z.looseObject({
  spec: z.looseObject({ containers: z.array(z.looseObject({ name: z.string().min(1) })).min(1) }),
});

const labels = z.record(z.string(), z.string());

const earlierOf = {
  namespace: z.string(),
  name: z.string(),
  /** When the next one replaced it; at most the age of the cluster. */
  untilHoursAgo: z.number().positive(),
};

/** What older servers serve is not known. */
export const servableVersion = /^v1\.(2[89]|[3-9]\d|[1-9]\d\d)\.\d+/;
/** 55,000 pods fit on them. */
export const mostNodes = 500;

/** A program looks at one need a second while it starts: more than these would be a minute. */
const mostNeeds = 30;

const nodeSchema = z.strictObject({
  name: z.string().min(1),
  ip: z.ipv4(),
  /** First three numbers of its pods' addresses (`10.42.0`). */
  podSubnet: z.string().regex(/^\d+\.\d+\.\d+$/),
  cpu: z.string().default('4'),
  memory: z.string().default('8131752Ki'),
  /** As many pods it takes. */
  pods: z.int().min(1).max(1_000).default(110),
  labels: labels.default({}),
  /** One of the key node.kubernetes.io/unschedulable makes it cordoned. */
  taints: z
    .array(z.object({ key: z.string().min(1), value: z.string().optional(), effect: z.string() }))
    .default([]),
  controlPlane: z.boolean().default(false),
});

const imageSchema = z.strictObject({
  /** Image, with or without its tag; `*` stands for any characters. The first match wins. */
  match: z.string().min(1),
  /** Only for who names a secret with a registry's credentials: imagePullSecrets of the pod or its service account. */
  private: z.boolean().default(false),
  /** The programs in it, as a command names them; one that it lacks breaks the start. Absent: it has any. */
  commands: z.array(z.string()).optional(),
  /** From its start until it answers. Where no probe would tell, the pull of the image takes as long instead. */
  startSeconds: z.number().min(0).max(3600).default(1),
  /** Where it listens; empty for a program that serves nothing. Absent: wherever it is asked. */
  ports: z.array(z.int()).optional(),
  /** The one path that answers well; any other answers 404. Absent: every path does. */
  healthPath: z.string().optional(),
  /** What it needs: with a limit below that it is killed for it while it starts. */
  memoryMi: z.number().default(64),
  cpuMilli: z.number().default(10),
  /** Environment variables without which it ends with status 1. */
  needsEnv: z.array(z.string().min(1)).max(mostNeeds).default([]),
  /** What it talks to: `service.namespace:port`, or `$NAME` for the host in an environment variable. */
  needs: z
    .array(z.string().regex(/^(\$\w+|[a-z0-9-]+\.[a-z0-9-]+:\d+)$/, 'service.namespace:port or $NAME'))
    .max(mostNeeds)
    .default([]),
  /**
   * Without ready endpoints behind what it needs: `crash`, it ends with status 1 while it starts; `unready`, it runs, and
   * answers probes over HTTP with 503, over gRPC that it does not serve.
   */
  withoutPeers: z.enum(['crash', 'unready']).default('crash'),
  /** How long it runs before it ends by itself; absent for a program that runs until it is stopped. */
  runSeconds: z.number().positive().optional(),
  /** The status with which it then ends. */
  exitCode: z.int().min(0).max(255).default(0),
  /** How long it takes to stop when it is asked to; its pod's grace period at most. */
  stopSeconds: z.number().min(0).max(3600).default(1),
  /** Name of a log script (log-scripts.json). */
  log: z.string().default('plain'),
});

/** Work that reaches the pods with some labels: what it costs is shared out among those that run. */
const loadSchema = z.strictObject({
  namespace: z.string().min(1),
  labels,
  /** In all, beside what the pods use at rest. */
  cpuMilli: z.number().min(0).default(0),
  memoryMi: z.number().min(0).default(0),
});

export const worldSchema = z.strictObject({
  cluster: z.strictObject({
    serverVersion: z.string().regex(servableVersion, 'v1.28.0 or later'),
    ageDays: z.number().positive().max(365),
    /** Whether metrics.k8s.io is served. */
    metricsServer: z.boolean().default(true),
    nodes: z.array(nodeSchema).min(1).max(mostNodes),
  }),
  images: z.array(imageSchema).default([]),
  load: z.array(loadSchema).default([]),
  /** Patterns of images with their tag (`shop/web:2.*`) that no registry has: their pods never start. */
  missing: z.array(z.string()).default([]),
  /** The tags that its registries have of each image, `*` for any characters. Absent: all but what is missing. */
  registry: z.record(z.string(), z.array(z.string().min(1))).optional(),
  /** Oldest first for each deployment. */
  earlier: z
    .array(
      z.union([
        z.strictObject({ ...earlierOf, image: z.string() }),
        z.strictObject({ ...earlierOf, template: declaredTemplate }),
      ]),
    )
    .default([]),
  // Enough for twenty thousand pods and what is about them.
  objects: z.array(declaredObject).max(20_000),
});

/** How containers of an image behave in the sandbox: what its program needs, and what becomes of it. */
export type ImageBehaviour = z.output<typeof imageSchema>;

export type WorldNode = z.output<typeof nodeSchema>;

/** What a deployment ran before its present template: another image of its first container, or another template. */
export type EarlierTemplate = { namespace: string; name: string; untilHoursAgo: number } & (
  | { image: string }
  | { template: PodTemplate }
);

/** A simulated cluster as data: what runs in it and how its images behave. */
export interface World extends Omit<z.output<typeof worldSchema>, 'earlier' | 'objects'> {
  name: string;
  earlier: EarlierTemplate[];
  /** What the file declares. Pods, replica sets and statuses are not among it: populate() derives them. */
  objects: KubeObject[];
}

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
 * Loads a world by its name: one that comes with Vigie (`shop`), else one that lies in the home; or one from a file by
 * its path (a `/` or `.yaml` in it). SANDBOX: there is no such world or file, or it cannot be used.
 */
export async function loadWorld(nameOrFile: string, home?: string): Promise<World> {
  if (!/^[a-z0-9-]+$/.test(nameOrFile)) return parseWorld(await readWorldFile(nameOrFile), nameOrFile);
  const own = home === undefined ? undefined : worldFileIn(home, nameOrFile);
  const text = (await shippedWorld(nameOrFile)) ?? (own && (await readIfThere(own)));
  if (text !== undefined) return parseWorld(text, nameOrFile);
  throw new VigieError('SANDBOX', `There is no world named ${nameOrFile}`, {
    hint: 'Use the world shop or faults, one that vigie sandbox load wrote, or give the path of a YAML file.',
  });
}

/** The text of a world that comes with Vigie; undefined: none has that name. */
export async function shippedWorld(name: string): Promise<string | undefined> {
  for (const folder of worldFolders) {
    const text = await readIfThere(new URL(`${folder}${name}.yaml`, import.meta.url));
    if (text !== undefined) return text;
  }
  return undefined;
}

/** Where a world of one's own lies. */
export function worldFileIn(home: string, name: string): string {
  return join(home, 'worlds', `${name}.yaml`);
}

async function readWorldFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new VigieError('SANDBOX', `The world file ${path} cannot be read: ${why}`, { cause });
  }
}

// Patterns are tried one after the other; every start of a container asks.
const known = new WeakMap<World, Map<string, ImageBehaviour>>();

/** The behaviour of an image by its reference; one that the world does not name starts after a second. */
export function behaviourOf(world: World, image: string): ImageBehaviour {
  const behaviours = known.get(world) ?? new Map<string, ImageBehaviour>();
  known.set(world, behaviours);
  const found = behaviours.get(image) ?? describe(world, image);
  // Images come from clients too: what is remembered is bounded.
  if (behaviours.size < mostRemembered) behaviours.set(image, found);
  return found;
}

const mostRemembered = 1_000;

function describe(world: World, image: string): ImageBehaviour {
  const bare = imageName(image);
  return world.images.find(({ match }) => matches(match, bare) || matches(match, image)) ?? unnamedImage;
}

/** What an image does of which a world says nothing. */
export const unnamedImage = imageSchema.parse({ match: '*', memoryMi: 32, cpuMilli: 5 });

/** Whether a text is what a pattern of a world says; `*` stands for any characters. */
export function matches(pattern: string, text: string): boolean {
  const parts = pattern.split('*').map(part => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(text);
}
