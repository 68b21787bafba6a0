import type { Playbook, PlaybookCheck, Step } from '../../core/playbook.ts';
import { cleanLine } from '../../core/text.ts';
import { bareExpression } from './expressions/template.ts';

/** A step in one line, with those in it. */
export interface OutlineItem {
  text: string;
  inner: OutlineItem[];
}

/** The steps of a playbook as people read them: what runs, then what runs on failure and at the end. */
export function outlineOf({ steps, onFailure, finally: last }: Playbook): OutlineItem[] {
  const sections: OutlineItem[] = steps.map(outlineOfStep);
  if (onFailure.undo !== 'none' || onFailure.steps.length > 0) {
    const undone = onFailure.undo === 'none' ? '' : ': undo what was done, the last first';
    sections.push({ text: `on failure${undone}`, inner: onFailure.steps.map(outlineOfStep) });
  }
  if (last.length > 0) sections.push({ text: 'finally', inner: last.map(outlineOfStep) });
  return sections;
}

/** The lines of a tree. */
export function treeLines(items: readonly OutlineItem[], indent = ''): string[] {
  return items.flatMap(({ text, inner }, index) => {
    const isLast = index === items.length - 1;
    return [
      `${indent}${isLast ? '└─ ' : '├─ '}${text}`,
      ...treeLines(inner, `${indent}${isLast ? '   ' : '│  '}`),
    ];
  });
}

function outlineOfStep(step: Step): OutlineItem {
  const condition = step.if === undefined ? '' : `  if ${cleanLine(String(step.if), shownChars)}`;
  const name = step.id === undefined ? '' : `${step.id}: `;
  return { text: `${name}${describeStep(step)}${condition}`, inner: innerOf(step) };
}

/** An expression in a line of a tree or a graph. */
const shownChars = 80;

function innerOf(step: Step): OutlineItem[] {
  if (step.verb === 'foreach')
    return 'steps' in step.each
      ? step.each.steps.map(outlineOfStep)
      : [{ text: step.each.action.tool, inner: [] }];
  if (step.verb === 'parallel')
    return step.parallel.branches.map(({ id, steps }) => ({ text: id, inner: steps.map(outlineOfStep) }));
  return [];
}

/** What a step does, in a few words. */
export function describeStep(step: Step): string {
  switch (step.verb) {
    case 'tool':
      return step.tool;
    case 'approval': {
      const { for: wanted, from, expires } = step.approval;
      const who = from.length === 0 ? 'whoever may' : from.join(' or ');
      return `ask ${who} about ${wanted.join(', ')}, for ${expires}`;
    }
    case 'foreach':
      return `for each ${step.foreach.as} in ${listText(step.foreach.in)}`;
    case 'parallel':
      return 'at once';
    case 'playbook':
      return `playbook ${step.playbook}`;
    case 'wait':
      return waitText(step.wait);
    case 'set':
      return `set ${Object.keys(step.set).join(', ')}`;
  }
}

function listText(list: unknown): string {
  return cleanLine(typeof list === 'string' ? bareExpression(list) : JSON.stringify(list), shownChars);
}

function waitText(wait: { for: string } | { at: string } | PlaybookCheck): string {
  if ('for' in wait) return `wait ${wait.for}`;
  if ('at' in wait) return `wait until ${cleanLine(wait.at, shownChars)}`;
  const { within, tool, until, otherwise } = wait;
  const end = otherwise === undefined ? '' : `, else: ${cleanLine(otherwise, shownChars)}`;
  return `wait at most ${within} until ${tool} answers ${cleanLine(until, shownChars)}${end}`;
}
