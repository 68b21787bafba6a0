import type { Json } from '../../core/json.ts';
import { isObject, textsIn } from '../../core/json.ts';
import { cleanLine } from '../../core/text.ts';
import type { Terminal } from '../terminal.ts';

const sayingChars = 300;

/** What an ended run could not take back or clean up, a line each. */
export function leftLines(output: Json | undefined, { red }: Terminal['colors']): string[] {
  const problems = isObject(output) ? textsIn(output['problems']) : [];
  return problems.map(problem => `  ${red('left')}: ${cleanLine(problem, sayingChars)}`);
}
