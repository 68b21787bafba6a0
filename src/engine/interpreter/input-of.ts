import { type ErrorCode, VigieError } from '../../core/errors.ts';
import { isObject, type JsonObject, textOf } from '../../core/json.ts';
import { parseDocuments } from '../../core/strict-yaml.ts';
import { plainKind } from '../../kubernetes/kind-names.ts';
import type { Tool } from '../../toolkit/tool.ts';
import type { RunContext } from './run-context.ts';
import type { Scope } from './scope.ts';

/** What a step's own arguments fail with: the step failed, and not Vigie. */
export const inputCodes: ReadonlySet<ErrorCode> = new Set(['EXPRESSION', 'OUT_OF_BOUNDS']);

/**
 * What a tool is called with: in the run's own environment, where the step names none, and in no other.
 * @throws VigieError EXPRESSION; OUT_OF_BOUNDS: another environment
 */
export async function inputOf(
  run: RunContext,
  at: { tool: Tool; arguments: JsonObject; scope: Scope },
): Promise<JsonObject> {
  const filled = await at.scope.fill(at.arguments);
  if (!at.tool.environmental) return filled;
  const { environment } = filled;
  if (environment === undefined || environment === run.environment)
    return { ...filled, environment: run.environment };
  throw new VigieError('OUT_OF_BOUNDS', `A run in ${run.environment} calls no tool in another environment.`);
}

/** What a call changes: the object, and the lock under which no two runs change it at once. */
interface Target {
  object: string;
  lock: string;
}

/**
 * The objects that a call is about, where its arguments name them: a target, a node, the documents of a manifest. A call that
 * leaves the namespace out means one that only its cluster knows: so the lock is that of all objects of that name. Empty:
 * nobody knows before it is planned, as with a selector.
 */
export async function targetsOf(input: JsonObject): Promise<Target[]> {
  const { target, node, manifest } = input;
  const refs = [
    ...(isObject(target) ? [target] : []),
    ...(typeof node === 'string' ? [{ kind: 'Node', name: node }] : []),
    ...(typeof manifest === 'string' ? await refsIn(manifest, textOf(input, 'namespace')) : []),
  ];
  const targets = refs.flatMap(ref => {
    const [kind, name] = [plainKind(textOf(ref, 'kind')), textOf(ref, 'name')];
    if (kind === '' || name === '') return [];
    const lock = `target:${textOf(input, 'environment')}/${kind}/${name}`;
    return [{ object: `${lock}/${textOf(ref, 'namespace')}`, lock }];
  });
  return [...new Map(targets.map(each => [each.object, each])).values()];
}

/** What the tool itself refuses names nothing here. */
async function refsIn(manifest: string, namespace: string): Promise<JsonObject[]> {
  const documents = await parseDocuments(manifest).catch(() => []);
  return documents
    .flatMap(({ document }) => (Array.isArray(document['items']) ? document['items'] : [document]))
    .filter(isObject)
    .map(({ kind = '', metadata = {} }) => ({
      kind,
      name: textOf(metadata, 'name'),
      namespace: textOf(metadata, 'namespace') || namespace,
    }));
}
