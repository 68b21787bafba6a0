import type { Environment } from '@marcbachmann/cel-js';
import type { PlaybookInput } from '../../../core/playbook.ts';
import { trusted } from '../../../core/trusted-text.ts';
import { caps } from '../caps.ts';
import { NearNames } from '../near-names.ts';
import { celEnvironment, macroDepth, type Node, useSafeMatches, variableOf, walk } from './dialect.ts';
import { askedAfterBy, nameIn, provenBy, type References, referencesOf } from './references.ts';

/** Names that an expression may use, beside those of its playbook's inputs and of the items around it. */
export type ScopeName = 'inputs' | 'steps' | 'run' | 'trigger' | 'alert' | 'event' | 'output';

/** Names that no item and no macro may take. */
export const reservedNames: ReadonlySet<string> = new Set<ScopeName>([
  'inputs',
  'steps',
  'run',
  'trigger',
  'alert',
  'event',
  'output',
]);

export interface Scope {
  names: readonly ScopeName[];
  items: readonly string[];
}

/** What is wrong with an expression, and where in it. */
export interface ExpressionProblem {
  at: number;
  message: string;
  fix: string;
}

export type CheckedExpression =
  | {
      /** As CEL names it: bool, string, int, double, list<…>, map<…>, dyn. */
      type: string;
      references: References;
      /** Steps that have ended well wherever it is true. */
      proven: ReadonlySet<string>;
      /** The first key that it reads of `output`, and whether it asks as well if that is there. */
      outputFields: { field: string; at: number; asksAfter: boolean }[];
      /** True: it always comes to the same, and that at once: it uses no variable, no macro and no pattern. */
      constant: boolean;
    }
  | { problems: ExpressionProblem[] };

/** Reads and types the expressions of one playbook; nothing is evaluated. */
export class ExpressionChecker {
  readonly #inputs: ReadonlyMap<string, PlaybookInput>;
  readonly #environments = new Map<string, Environment>();
  readonly #near = new NearNames();

  constructor(inputs: { [name: string]: PlaybookInput }) {
    this.#inputs = new Map(Object.entries(inputs));
  }

  check(source: string, scope: Scope): CheckedExpression {
    if (source === '') return problem(0, 'an expression is empty', 'For example: ${{ inputs.namespace }}');
    if (source.length > caps.expressionChars)
      return problem(0, `an expression has more than ${caps.expressionChars} characters`, shorter);
    try {
      const parsed = this.#environment(scope).parse(source);
      const refused = refuseNodes(parsed.ast, scope);
      if (refused.length > 0) return { problems: refused };
      const facts = {
        references: referencesOf(parsed.ast),
        proven: provenBy(parsed.ast),
        outputFields: outputFieldsOf(parsed.ast),
        constant: ![...walk(parsed.ast)].some(isOpen),
      };
      useSafeMatches(parsed.ast);
      const typed = parsed.check();
      if (typed.valid) return { type: typed.type ?? 'dyn', ...facts };
      return { problems: [this.#described(typed.error, { source, scope })] };
    } catch (error) {
      return { problems: [this.#described(error, { source, scope })] };
    }
  }

  #environment({ names, items }: Scope): Environment {
    const key = [...names, '', ...items].join(' ');
    const known = this.#environments.get(key);
    if (known !== undefined) return known;
    const made = celEnvironment();
    for (const name of names) {
      if (name === 'inputs')
        made.registerVariable('inputs', {
          schema: Object.fromEntries([...this.#inputs].map(([each, input]) => [each, celType(input)])),
        });
      else if (name === 'steps') made.registerVariable('steps', 'map<string, map<string, dyn>>');
      else if (name === 'run')
        made.registerVariable('run', {
          schema: Object.fromEntries(runFields.map(field => [field, 'string'])),
        });
      else made.registerVariable(name, 'map<string, dyn>');
    }
    for (const item of new Set(items)) made.registerVariable(item, 'dyn');
    this.#environments.set(key, made);
    return made;
  }

  /** In our words where a name is wrong, since the right one can be told; else in those of CEL. */
  #described(error: unknown, { source, scope }: { source: string; scope: Scope }): ExpressionProblem {
    const { code, summary, start } = factsOf(error);
    const at = Math.min(start, source.length);
    const name = /: ([\w$-]+)$/.exec(summary)?.[1] ?? '';
    if (code === 'unknown_variable') {
      // `steps.my-step.output` is read as a difference.
      const dashed = /steps\.([A-Za-z][\w]*(?:-\w+)+)/.exec(source)?.[1];
      if (dashed !== undefined && dashed.split('-').includes(name))
        return {
          at,
          message: `${name} is no variable: a dash is a minus`,
          fix: trusted`A step with a dash in its id is read as steps["${dashed}"].`,
        };
      const known = [...scope.names, ...scope.items];
      return {
        at,
        message: `there is no variable ${name} here`,
        fix: this.#near.fix(name, known, trusted`Variables here: ${known}.`),
      };
    }
    if (code === 'no_such_key' && source.slice(0, at).trimEnd().endsWith('inputs.')) {
      const known = [...this.#inputs.keys()];
      return {
        at,
        message: `there is no input ${name}`,
        fix: this.#near.fix(name, known, trusted`Declare it under inputs; declared: ${known}.`),
      };
    }
    if (code === 'no_such_key' && source.slice(0, at).trimEnd().endsWith('run.'))
      return {
        at,
        message: `run has no ${name}`,
        fix: this.#near.fix(name, runFields, trusted`It has ${runFields}.`),
      };
    return { at, message: `the expression cannot be used: ${summary}`, fix: fixOf(code) };
  }
}

const runFields = ['id', 'startedAt', 'environment'];

const shorter = 'Give its parts names before: set: {NAME: "${{ … }}"}';

function problem(at: number, message: string, fix: string): { problems: ExpressionProblem[] } {
  return { problems: [{ at, message, fix }] };
}

/** What CEL would take and playbooks do not. */
function refuseNodes(root: Node, scope: Scope): ExpressionProblem[] {
  const problems: ExpressionProblem[] = [];
  for (const node of walk(root)) {
    const variable = variableOf(node);
    if (variable !== undefined && (reservedNames.has(variable) || scope.items.includes(variable)))
      problems.push({
        at: node.start,
        message: `${variable} means something else here and cannot be a variable of its own`,
        fix: 'Choose another name, such as each.',
      });
    if (node.op === 'map' && node.args.some(([key]) => key.op === 'value' && key.args === '__proto__'))
      problems.push({
        at: node.start,
        message: 'the key __proto__ is not allowed',
        fix: 'Choose another name.',
      });
    if (node.op === 'value' && node.args instanceof Uint8Array)
      problems.push({
        at: node.start,
        message: 'bytes cannot be handed on',
        fix: 'Write a text without the b before it.',
      });
  }
  if (macroDepth(root) > caps.macroDepth)
    problems.push({
      at: 0,
      message: `all, exists, map and filter stand in one another more than ${caps.macroDepth} deep`,
      fix: shorter,
    });
  return problems;
}

/** What depends on something, or could take long: a stranger's playbook is checked too. */
function isOpen(node: Node): boolean {
  return node.op === 'id' || (node.op === 'rcall' && node.args[0] === 'matches');
}

function outputFieldsOf(root: Node): { field: string; at: number; asksAfter: boolean }[] {
  const nodes = [...walk(root)];
  const ofOutput = (named: ReturnType<typeof nameIn>) =>
    named?.of.op === 'id' && named.of.args === 'output' ? [named.key] : [];
  const asked = new Set(nodes.flatMap(node => ofOutput(askedAfterBy(node))));
  return nodes.flatMap(node =>
    ofOutput(nameIn(node)).map(field => ({ field, at: node.start, asksAfter: asked.has(field) })),
  );
}

/** An input that may be absent is null then, which no type of CEL but dyn takes. */
function celType({ type, required, default: byDefault }: PlaybookInput): string {
  if (!required && byDefault === undefined) return 'dyn';
  const types = {
    string: 'string',
    integer: 'int',
    number: 'double',
    boolean: 'bool',
    list: 'list<dyn>',
    object: 'map<string, dyn>',
  } as const;
  return types[type];
}

function factsOf(error: unknown): { code: string; summary: string; start: number } {
  if (!(error instanceof Error)) return { code: '', summary: 'it cannot be read', start: 0 };
  const { code, summary, range } = error as Error & {
    code?: unknown;
    summary?: unknown;
    range?: { start?: unknown };
  };
  return {
    code: typeof code === 'string' ? code : '',
    summary:
      typeof summary === 'string'
        ? summary
        : 'a part of it has no type, such as a list that is written out empty',
    start: typeof range?.start === 'number' ? range.start : 0,
  };
}

function fixOf(code: string): string {
  switch (code) {
    case 'no_such_overload':
      return 'Whole and other numbers do not mix: write 2.0, or double(…), int(…) or string(…) around one of them.';
    case 'invalid_condition_type':
      return 'Compare it with something: … == true';
    case 'limit_exceeded':
      return shorter;
    case 'no_matching_overload':
      return 'Functions: docs/guides/playbooks.md';
    default:
      return 'The language is CEL: docs/guides/playbooks.md';
  }
}
