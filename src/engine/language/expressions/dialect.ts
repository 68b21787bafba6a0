import { Environment } from '@marcbachmann/cel-js';
import type { ASTNode } from '@marcbachmann/cel-js/serialize';
import { RE2JS } from 're2js';
import { caps } from '../caps.ts';

// CEL as playbooks speak it: the package's, within bounds, and with patterns that are matched in linear time.

export type Node = ASTNode;

/** An environment without variables, and with nothing else that a playbook must not reach. */
export function celEnvironment(): Environment {
  return new Environment({
    unlistedVariablesAreDyn: false,
    // A map of arguments mixes texts and numbers.
    homogeneousAggregateLiterals: false,
    limits: {
      maxAstNodes: caps.expressionNodes,
      maxDepth: caps.expressionDepth,
      maxListElements: caps.expressionItems,
      maxMapEntries: caps.expressionItems,
      maxCallArguments: 10,
    },
  }).registerFunction(`string.${safeMatches}(string): bool`, matchesSafely);
}

/** `matches` of the package runs a pattern that backtracks: every call of it becomes one of ours. */
const safeMatches = 'matchesRe2';

/** Longer is no pattern that a person wrote. */
const longestPattern = 500;

function matchesSafely(text: string, pattern: string): boolean {
  if (pattern.length > longestPattern)
    throw new Error(`a pattern has more than ${longestPattern} characters`);
  return RE2JS.compile(pattern).matcher(text).find();
}

/** Before it is checked or evaluated: as the tree is then, so it runs. */
export function useSafeMatches(root: Node): void {
  for (const node of walk(root))
    if (node.op === 'rcall' && node.args[0] === 'matches') node.args[0] = safeMatches;
}

/** A node and all below it. */
export function* walk(node: Node): Generator<Node> {
  yield node;
  for (const child of childrenOf(node)) yield* walk(child);
}

export function childrenOf(node: Node): readonly Node[] {
  const { op } = node;
  if (op === 'value' || op === 'id') return [];
  if (op === '.' || op === '.?') return [node.args[0]];
  if (op === 'call') return node.args[1];
  if (op === 'rcall') return [node.args[1], ...node.args[2]];
  if (op === 'map') return node.args.flat();
  return op === '!_' || op === '-_' ? [node.args] : node.args;
}

const macros: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'map', 'filter']);

/** The variable that a macro or cel.bind brings; undefined for any other node. */
export function variableOf(node: Node): string | undefined {
  if (node.op !== 'rcall') return undefined;
  const [name, receiver, [first]] = node.args;
  const brings = macros.has(name) || (name === 'bind' && receiver.op === 'id' && receiver.args === 'cel');
  return brings && first?.op === 'id' ? first.args : undefined;
}

/** How deep macros stand in one another. */
export function macroDepth(node: Node): number {
  const below = Math.max(0, ...childrenOf(node).map(macroDepth));
  return node.op === 'rcall' && macros.has(node.args[0]) ? below + 1 : below;
}

/** Words of the language and names of its own functions and types, which no variable can have. */
export const celWords: ReadonlySet<string> = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while type size has int uint double string bytes bool list map dyn duration timestamp google optional cel null_type all exists exists_one filter'.split(
    ' ',
  ),
);
