import * as z from 'zod';
import { copyTime, type Drill, isPartName, type Manifest } from '../core/copy.ts';

// Manifests and reports are read back from places where others can write: what does not fit is no manifest.

const time = z.string().refine(text => !Number.isNaN(Date.parse(text)), 'is no time');
const copyId = z.string().refine(text => copyTime(text) !== undefined, 'is no id of a copy');
const setName = z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
const bytes = z.int().min(0);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const shown = z.string().max(1_000);
const facts = z.record(z.string().max(100), shown);

/** More than any engine makes. */
const mostParts = 10_000;
const mostItems = 20_000;
const mostChecks = 1_000;

const part = z.object({
  name: z.string().refine(isPartName, 'is no name of a part'),
  bytes,
  sha256,
  stored: z.object({ bytes, sha256 }).optional(),
  tree: z.object({ files: z.int().min(0), snapshot: sha256 }).optional(),
});

const contents = z.object({
  how: z.enum(['snapshot', 'marker', 'tree']),
  at: time,
  items: z
    .array(
      z.object({
        name: shown,
        count: z.number(),
        most: z.number().optional(),
        hash: z.string().max(200).optional(),
      }),
    )
    .max(mostItems),
  left: z.int().min(0).optional(),
  marker: z.string().max(1_000).optional(),
  changed: shown.optional(),
});

const manifest = z.object({
  version: z.literal(1),
  set: setName,
  copy: copyId,
  engine: z.string().max(63),
  startedAt: time,
  finishedAt: time,
  parts: z.array(part).min(1).max(mostParts),
  encryption: z.enum(['none', 'age', 'restic']),
  contents,
  source: facts,
  tools: facts,
  needs: z.array(copyId).max(mostParts).optional(),
});

const drill = z.object({
  version: z.literal(1),
  set: setName,
  copy: copyId,
  manifest: sha256.optional(),
  at: time,
  passed: z.boolean(),
  tookMs: z.number().min(0),
  dataUntil: time.optional(),
  checks: z
    .array(
      z.object({ what: shown, passed: z.boolean(), expected: shown.optional(), found: shown.optional() }),
    )
    .max(mostChecks),
  where: shown,
  tools: facts,
});

/** A manifest as it was read back for that copy; a text in place of it says why it is none. */
export function parseManifest(text: string, of: { set: string; copy: string }): Manifest | string {
  const parsed = parseAs(manifest, text);
  if (typeof parsed === 'string') return parsed;
  const { needs, ...rest } = parsed;
  if (rest.set !== of.set || rest.copy !== of.copy) return 'its manifest is that of another copy';
  const { left, marker, changed, ...told } = rest.contents;
  return {
    ...rest,
    parts: rest.parts.map(({ stored, tree, ...each }) => ({
      ...each,
      ...(stored === undefined ? {} : { stored }),
      ...(tree === undefined ? {} : { tree }),
    })),
    contents: {
      ...told,
      items: told.items.map(({ hash, most, ...each }) => ({
        ...each,
        ...(most === undefined ? {} : { most }),
        ...(hash === undefined ? {} : { hash }),
      })),
      ...(left === undefined ? {} : { left }),
      ...(marker === undefined ? {} : { marker }),
      ...(changed === undefined ? {} : { changed }),
    },
    ...(needs === undefined ? {} : { needs }),
  };
}

/** A drill's report as it was read back for that copy; undefined for what is none. */
export function parseDrill(text: string, of: { set: string; copy: string }): Drill | undefined {
  const parsed = parseAs(drill, text);
  if (typeof parsed === 'string' || parsed.set !== of.set || parsed.copy !== of.copy) return undefined;
  const { dataUntil, checks, manifest: about, ...rest } = parsed;
  return {
    ...rest,
    checks: checks.map(({ expected, found, ...check }) => ({
      ...check,
      ...(expected === undefined ? {} : { expected }),
      ...(found === undefined ? {} : { found }),
    })),
    ...(about === undefined ? {} : { manifest: about }),
    ...(dataUntil === undefined ? {} : { dataUntil }),
  };
}

function parseAs<Shape extends z.ZodObject>(shape: Shape, text: string): z.output<Shape> | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'its manifest is no JSON';
  }
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data;
  const { path = [], message = 'it does not fit' } = parsed.error.issues[0] ?? {};
  return `its manifest does not fit at ${path.map(String).join('.')}: ${message}`;
}
