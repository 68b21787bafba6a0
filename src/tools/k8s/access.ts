import * as z from 'zod';
import type { KubeReader } from '../../clients/kube/reader.ts';
import { VigieError } from '../../core/errors.ts';
import { cleanLine } from '../../core/text.ts';
import { type Identity, isSubject } from '../../kubernetes/access-rules.ts';
import { defineReadTool, type EnvironmentView, type ToolContext } from '../../toolkit/tool.ts';
import { fittingRows } from '../text-table.ts';
import { type Grant, grantsOf } from './access-grants.ts';
import { asReview, identityOf, type Question, questionOf } from './access-question.ts';
import { foldRules } from './access-rights.ts';
import { eachPlace, placesText, sumUp } from './access-verdict.ts';
import { namedPlace } from './named-place.ts';
import { namespaceField } from './schemas.ts';

// What an answer holds beside its lines: headline, what was not read, JSON punctuation.
const overheadBytes = 2_000;
const reasonChars = 300;
// Each is a question of its own to the server.
const mostPlaces = 20;
// Where nobody names a namespace and the environment has all of them.
const usualNamespace = 'default';

const unseen =
  'From RBAC objects alone: what other authorizers (webhooks, the node authorizer) and the group system:masters allow does not show in them.';

const input = z.strictObject({
  verb: z.string().min(1).max(63).optional().describe('As create. None: all you may do.'),
  resource: z.string().min(1).max(253).optional().describe('As pods/exec.'),
  name: z.string().min(1).max(253).optional().describe('One object.'),
  namespace: namespaceField.describe('Default: all.'),
  as: z.string().min(1).max(253).optional().describe('USER, group:NAME, sa:NAMESPACE/NAME. None: Vigie.'),
  whoCan: z.boolean().default(false).describe('List who can.'),
});

const output = z.object({
  allowed: z.boolean().optional(),
  found: z.int().optional(),
  complete: z.boolean(),
  notChecked: z.array(z.string()).optional(),
  truncated: z.boolean(),
});

interface Answered {
  headline: string;
  lines: readonly string[];
  facts: { allowed?: boolean; found?: number };
  /** False: there may be more than this says. */
  complete: boolean;
  notChecked?: readonly string[];
  notes?: readonly string[];
}

/** Tells what somebody may do in the cluster: this account, another one, or everybody who may do one thing. */
export const k8sAccess = defineReadTool({
  name: 'k8s_access',
  title: 'Check access',
  description: 'Check who may do what: can I, can they (as), who can (whoCan); without a verb, all I may do.',
  input,
  output,

  async read(asked, context) {
    const { headline, lines, facts, complete, notChecked = [], notes = [] } = await answer(asked, context);
    const shown = fittingRows(
      lines.map(line => cleanLine(line)),
      context.budgetBytes - overheadBytes,
    );
    const truncated = shown.length < lines.length;
    return {
      data: {
        ...facts,
        complete,
        ...(notChecked.length === 0 ? {} : { notChecked: [...notChecked] }),
        truncated,
      },
      text: [
        headline,
        ...shown,
        ...(truncated ? [`${shown.length} of ${lines.length} shown; name one resource`] : []),
        ...notChecked.map(each => `not checked: ${each}`),
        ...notes,
      ].join('\n'),
    };
  },
});

async function answer(asked: z.output<typeof input>, context: ToolContext): Promise<Answered> {
  const { verb, resource, name, namespace, as, whoCan } = asked;
  const { kube, environment } = context;
  if (verb === undefined || resource === undefined) {
    if (verb !== undefined || resource !== undefined || as !== undefined || whoCan) throw incomplete();
    return allRights(kube, { namespace, environment });
  }
  if (whoCan && as !== undefined) throw incomplete();
  const question = await questionOf(kube, { verb, resource, name, namespace, environment });
  if (question.places.length > mostPlaces) throw tooMany();
  if (whoCan) return everybody(context, question);
  return as === undefined ? ours(context, question) : theirs(context, { question, identity: identityOf(as) });
}

async function ours(context: ToolContext, question: Question): Promise<Answered> {
  const verdicts = await eachPlace(question, place => context.kube.canI(asReview(question, place)));
  return {
    ...sumUp(context, { question, verdicts, who: "Vigie's account" }),
    complete: true,
    notes: ['Asked of the API server itself, for the account that Vigie uses here.'],
  };
}

async function theirs(
  context: ToolContext,
  { question, identity }: { question: Question; identity: Identity },
): Promise<Answered> {
  const who = 'the one that was asked about';
  try {
    const verdicts = await eachPlace(question, place =>
      context.kube.canThey(identity, asReview(question, place)),
    );
    return {
      ...sumUp(context, { question, verdicts, who }),
      complete: true,
      notes: [
        'Asked of the API server itself; groups that a login brings beside the usual ones are not known.',
      ],
    };
  } catch (error) {
    // Asking for others needs a right of its own; the rules themselves may be readable all the same.
    if (!(error instanceof VigieError) || error.code !== 'FORBIDDEN') throw error;
  }
  const notChecked = new Set<string>();
  const verdicts = await eachPlace(question, async namespace => {
    const found = await grantsOf(context.kube, { wanted: question.wanted, namespace });
    for (const each of found.notChecked) notChecked.add(each);
    const grant = found.grants.find(each => each.extent === 'all' && isSubject(each.subject, identity));
    if (grant !== undefined) return { allowed: true, reason: `by ${sourceOf(grant)}` };
    // What could not be read may grant it.
    return { allowed: found.notChecked.length > 0 ? undefined : false, reason: '' };
  });
  return {
    ...sumUp(context, { question, verdicts, who }),
    complete: false,
    notChecked: [...notChecked],
    notes: [`The server does not let Vigie ask for others. ${unseen}`],
  };
}

async function everybody(context: ToolContext, question: Question): Promise<Answered> {
  const notChecked = new Set<string>();
  const sources = new Map<string, Set<string>>();
  for (const namespace of question.places) {
    const found = await grantsOf(context.kube, { wanted: question.wanted, namespace });
    for (const each of found.notChecked) notChecked.add(each);
    for (const grant of found.grants) {
      const who = subjectText(grant);
      const from = sources.get(who) ?? new Set();
      sources.set(who, from.add(sourceOf(grant)));
    }
  }
  const lines = [...sources]
    .map(([who, from]) => `${who}: by ${[...from].join('; ')}`)
    .toSorted((left, right) => (left < right ? -1 : 1));
  const clusterWide = question.namespaced && question.places.includes(undefined);
  return {
    headline: `${lines.length} found who may ${question.words}${placesText(context, question.places, question)}`,
    lines,
    facts: { found: lines.length },
    complete: false,
    notChecked: [...notChecked],
    notes: [...(clusterWide ? ['In single namespaces more may: name one.'] : []), unseen],
  };
}

async function allRights(
  kube: KubeReader,
  { namespace: named, environment }: { namespace: string | undefined; environment: EnvironmentView },
): Promise<Answered> {
  const namespaces = named === undefined ? (environment.namespaces ?? [usualNamespace]) : [named];
  const lines: string[] = [];
  const notChecked: string[] = [];
  let found = 0;
  for (const namespace of namespaces.slice(0, mostPlaces)) {
    const status = await kube.rules(namespace);
    const rights = foldRules(status);
    found += rights.length;
    lines.push(...(namespaces.length > 1 ? [`${namespace}:`] : []), ...rights);
    if (status['incomplete'] === true) {
      const why =
        typeof status['evaluationError'] === 'string' ? status['evaluationError'] : 'it does not say why';
      notChecked.push(`rules that the server cannot list: ${cleanLine(why, reasonChars)}`);
    }
  }
  if (namespaces.length > mostPlaces) notChecked.push(`${namespaces.length - mostPlaces} more namespaces`);
  const [only = ''] = namespaces;
  const one =
    named === undefined && environment.namespaces === undefined
      ? `${usualNamespace} (no namespace was named)`
      : namedPlace(only, { environment, found: false });
  const where = namespaces.length === 1 ? one : `${Math.min(namespaces.length, mostPlaces)} namespaces`;
  return {
    headline: `${found} rights of Vigie's account in ${where}, and what it may do in the whole cluster:`,
    lines,
    facts: { found },
    complete: notChecked.length === 0,
    notChecked,
    notes: ['As the server lists them; one question (verb and resource) is answered more surely.'],
  };
}

function subjectText({ subject, extent }: Grant): string {
  const { kind, name, namespace } = subject;
  const who = `${kind} ${kind === 'ServiceAccount' ? `${namespace ?? ''}/` : ''}${cleanLine(name, 253)}`;
  return extent === 'all' ? who : `${who} (only ${extent.map(each => cleanLine(each, 253)).join(', ')})`;
}

function sourceOf({ binding }: Grant): string {
  const { namespace, name } = binding.metadata;
  const place = namespace === undefined ? '' : ` in ${namespace}`;
  return `${binding.kind}/${name}${place} of ${binding.roleRef.kind}/${binding.roleRef.name}`;
}

function incomplete(): VigieError {
  const message = 'verb and resource belong together; as and whoCan exclude each other and need both';
  return new VigieError('INVALID_INPUT', `verb: ${message}`, {
    hint: 'Name both, as in verb create, resource pods/exec; or neither, for all that Vigie may do.',
    details: { issues: [{ field: 'verb', message }] },
  });
}

function tooMany(): VigieError {
  return new VigieError('INVALID_INPUT', `namespace: the environment has more than ${mostPlaces}; name one`, {
    hint: 'Ask again with one namespace; environments_list shows them.',
    details: { issues: [{ field: 'namespace', message: 'must be named where there are many' }] },
  });
}
