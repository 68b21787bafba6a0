import { isObject, type Json, type JsonObject } from '../../core/json.ts';
import {
  type FieldProblem,
  notSupported,
  invalid as wrongValue,
} from '../../kubernetes/validation/problem.ts';
import { badRequest, invalid } from '../status.ts';
import type { Exchange } from './exchange.ts';

const optionsOfMethod: Record<string, string> = {
  POST: 'CreateOptions',
  PUT: 'UpdateOptions',
  PATCH: 'PatchOptions',
};

/** Whether the write is only tried. `All` is the one word that means so; anything else is refused, never written. */
export function isDryRun({ query, method }: Exchange, options?: JsonObject): boolean {
  const fromBody = options?.['dryRun'];
  const asked = [...query.getAll('dryRun'), ...(Array.isArray(fromBody) ? fromBody : [])];
  if (asked.every(value => value === 'All')) return asked.length > 0;
  const kind = optionsOfMethod[method] ?? 'DeleteOptions';
  throw invalid({ apiVersion: 'meta.k8s.io/v1', kind, name: '' }, [
    notSupported('dryRun', { value: asked, supported: ['All'] }),
  ]);
}

/** Who a write without server-side apply belongs to: as the caller says, else the first word of its user agent. */
export function managerOf({ query, request }: Exchange): string {
  const named = query.get('fieldManager');
  if (named) return named;
  const program = (request.headers['user-agent'] ?? '').split('/')[0]?.trim() ?? '';
  return program === '' ? 'unknown' : program;
}

export interface DeleteOptions {
  graceSeconds: number | undefined;
  propagation: string | undefined;
  preconditions: { uid?: string; resourceVersion?: string } | undefined;
  dryRun: boolean;
  /** Said by the older word that dependents go too: the answer is then that the deletion is accepted. */
  accepted: boolean;
}

/** The options of a deletion, from its body and its query; the body wins. */
export function deleteOptions(exchange: Exchange, body: Json | undefined): DeleteOptions {
  const options = isObject(body) ? body : {};
  const { kind, apiVersion } = options;
  if (kind !== undefined && kind !== 'DeleteOptions') {
    throw badRequest(
      `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)}`,
    );
  }
  const grace = options['gracePeriodSeconds'] ?? exchange.query.get('gracePeriodSeconds');
  const propagation = options['propagationPolicy'] ?? exchange.query.get('propagationPolicy');
  const conditions = isObject(options['preconditions']) ? options['preconditions'] : undefined;
  const { uid, resourceVersion } = conditions ?? {};
  return {
    graceSeconds: grace === null ? undefined : wholeSeconds(grace),
    propagation: propagationOf(typeof propagation === 'string' ? propagation : undefined, options),
    preconditions:
      conditions === undefined
        ? undefined
        : {
            ...(typeof uid === 'string' ? { uid } : {}),
            ...(typeof resourceVersion === 'string' ? { resourceVersion } : {}),
          },
    dryRun: isDryRun(exchange, options),
    accepted: options['orphanDependents'] === false,
  };
}

/** Less than none is the least there is. */
function wholeSeconds(grace: Json): number {
  const value = Number(grace);
  if (Number.isSafeInteger(value)) return value < 0 ? 1 : value;
  throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(grace)}: invalid syntax`);
}

function propagationOf(named: string | undefined, options: JsonObject): string | undefined {
  const { orphanDependents } = options;
  // The older way to say it.
  if (named === undefined) {
    return orphanDependents === true ? 'Orphan' : orphanDependents === false ? 'Background' : undefined;
  }
  if (typeof orphanDependents === 'boolean') {
    const detail = 'orphanDependents and deletionPropagation cannot be both set';
    throw wrongPropagation(wrongValue('propagationPolicy', { value: named, detail }));
  }
  if (['Background', 'Foreground', 'Orphan'].includes(named)) return named;
  const supported = ['Foreground', 'Background', 'Orphan', 'nil'];
  throw wrongPropagation(notSupported('propagationPolicy', { value: named, supported }));
}

function wrongPropagation(problem: FieldProblem): Error {
  return invalid({ apiVersion: 'meta.k8s.io/v1', kind: 'DeleteOptions', name: '' }, [problem]);
}
