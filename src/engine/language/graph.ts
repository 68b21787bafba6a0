import type { Playbook, Step } from '../../core/playbook.ts';
import { cleanLine } from '../../core/text.ts';
import { describeStep } from './outline.ts';

/** A playbook as a flowchart in the language of Mermaid. */
export function mermaidOf(playbook: Playbook): string {
  const chart = new Chart();
  const start = chart.node('stadium', playbook.metadata.name);
  const ends = chart.chain(playbook.steps, [{ from: start }]);
  const { onFailure, finally: last } = playbook;
  const failed: Edge[] = [];
  if (onFailure.undo !== 'none' || onFailure.steps.length > 0) {
    const text = onFailure.undo === 'none' ? 'on failure' : 'on failure: undo what was done';
    const node = chart.node('box', text);
    chart.edge({ from: start, label: 'a step fails', dotted: true }, node);
    failed.push(...chart.chain(onFailure.steps, [{ from: node }]));
  }
  chart.chain(last, [...ends, ...failed]);
  return chart.text;
}

/** An arrow that leads nowhere yet. */
interface Edge {
  from: string;
  label?: string;
  dotted?: boolean;
}

const shapes = {
  box: ['[', ']'],
  stadium: ['([', '])'],
  question: ['{{', '}}'],
  dot: ['((', '))'],
} as const;

class Chart {
  readonly #lines = ['flowchart TD'];
  #count = 0;
  #indent = '  ';

  get text(): string {
    return `${this.#lines.join('\n')}\n`;
  }

  node(shape: keyof typeof shapes, text: string): string {
    const id = `n${this.#count++}`;
    const [open, close] = shapes[shape];
    this.#line(`${id}${open}"${label(text)}"${close}`);
    return id;
  }

  edge({ from, label: text, dotted }: Edge, to: string): void {
    const arrow = dotted === true ? '-.->' : '-->';
    this.#line(`${from} ${arrow}${text === undefined ? '' : `|"${label(text)}"|`} ${to}`);
  }

  /** Steps one after another; answers the arrows that leave the last. */
  chain(steps: readonly Step[], into: readonly Edge[]): Edge[] {
    let open = [...into];
    for (const step of steps) {
      const condition = typeof step.if === 'string' ? step.if : undefined;
      const entering = condition === undefined ? open : open.map(edge => ({ ...edge, label: condition }));
      const { entry, exits } = this.#step(step);
      for (const edge of entering) this.edge(edge, entry);
      // Where the condition is not so, the step is left out.
      open =
        condition === undefined ? exits : [...exits, ...open.map(({ from }) => ({ from, label: 'else' }))];
    }
    return open;
  }

  #step(step: Step): { entry: string; exits: Edge[] } {
    const name = step.id === undefined ? describeStep(step) : `${step.id}: ${describeStep(step)}`;
    if (step.verb === 'foreach') {
      const entry = this.node('question', name);
      this.#within(() => {
        if ('action' in step.each) {
          const node = this.node('box', step.each.action.tool);
          this.edge({ from: entry, label: 'each' }, node);
          this.edge({ from: node, dotted: true }, entry);
        } else
          for (const end of this.chain(step.each.steps, [{ from: entry, label: 'each' }]))
            this.edge({ ...end, dotted: true }, entry);
      });
      return { entry, exits: [{ from: entry }] };
    }
    if (step.verb === 'parallel') {
      const entry = this.node('dot', step.id ?? 'at once');
      const exits = step.parallel.branches.flatMap(({ id, steps }) =>
        this.#within(() => this.chain(steps, [{ from: entry, label: id }])),
      );
      return { entry, exits };
    }
    const shape = step.verb === 'approval' ? 'question' : step.verb === 'wait' ? 'stadium' : 'box';
    const entry = this.node(shape, name);
    return { entry, exits: [{ from: entry }] };
  }

  #within<T>(draw: () => T): T {
    const { length } = this.#indent;
    this.#indent += '  ';
    const drawn = draw();
    this.#indent = this.#indent.slice(0, length);
    return drawn;
  }

  #line(text: string): void {
    this.#lines.push(`${this.#indent}${text}`);
  }
}

const labelChars = 160;

/** As Mermaid takes a text between quotes: what ends it or begins a mark-up is spelled. */
function label(text: string): string {
  return cleanLine(text, labelChars).replace(/[#"<>&`\\]/g, sign => `#${sign.codePointAt(0)};`);
}
