import type { KubeReader } from '../../clients/kube/reader.ts';
import { VigieError } from '../../core/errors.ts';
import { inParallel } from '../../core/in-parallel.ts';
import { mostNames, type WriteKind } from './hear-writes.ts';

/** A question each, of a server far away: more sorts of writes than a playbook of one team makes. */
const mostKinds = 100;
const atOnce = 4;

/** What the account of an environment may do there of what was done on its copy, in words. */
export interface Rights {
  /** `patch deployments/scale in shop` */
  lacking: readonly string[];
  /** What it was not asked about, with why. */
  unasked: readonly string[];
}

/**
 * Asks the cluster itself whether our account may make these writes. A right may be given for some objects alone, so what
 * is not allowed in general is asked for by name. What a server does not answer is told, never taken for a yes.
 * @throws VigieError CANCELLED
 */
export async function askRights(reader: KubeReader, kinds: readonly WriteKind[]): Promise<Rights> {
  const asked = kinds.slice(0, mostKinds);
  const answers = await inParallel(asked, {
    atOnce,
    task: async kind => {
      try {
        return { kind, lacking: await lackingOf(reader, kind) };
      } catch (error) {
        if (!(error instanceof VigieError) || error.code === 'CANCELLED') throw error;
        return { kind, why: error.code };
      }
    },
  });
  const more = kinds.length - asked.length;
  return {
    lacking: answers.flatMap(({ lacking = [] }) => lacking),
    unasked: [
      ...answers.flatMap(({ kind, why }) => (why === undefined ? [] : [`${inWords(kind)} (${why})`])),
      ...(more > 0 ? [`${more} more sorts of writes`] : []),
    ],
  };
}

async function lackingOf(reader: KubeReader, kind: WriteKind): Promise<string[]> {
  const { names, ...question } = kind;
  if ((await reader.canI(question)).allowed) return [];
  // What is made has no name yet that a rule could go by; nobody gives out more names than these one by one.
  if (question.verb === 'create' && question.subresource === undefined) return [inWords(kind)];
  if (names.length === 0 || names.length > mostNames) return [inWords(kind)];
  const refused: string[] = [];
  for (const name of names) if (!(await reader.canI({ ...question, name })).allowed) refused.push(name);
  if (refused.length === 0) return [];
  return [refused.length === names.length ? inWords(kind) : `${inWords(kind)}, of ${refused.join(', ')}`];
}

/** `patch deployments.apps/scale in shop` */
function inWords({ verb, group, resource, subresource, namespace }: Omit<WriteKind, 'names'>): string {
  const full = `${resource}${group === '' ? '' : `.${group}`}${subresource === undefined ? '' : `/${subresource}`}`;
  // A namespace is asked for in itself.
  const isNamespace = resource === 'namespaces' && group === '';
  return `${verb} ${full}${namespace === undefined || isNamespace ? '' : ` in ${namespace}`}`;
}
