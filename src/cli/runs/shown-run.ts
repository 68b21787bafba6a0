import type { RunView } from '../../core/journal.ts';
import type { Playbook } from '../../core/playbook.ts';
import { runTree, undoTree } from '../../engine/interpreter/run-tree.ts';
import { Progress } from '../progress.ts';
import type { Terminal } from '../terminal.ts';
import { LiveTree } from './live-tree.ts';
import { shownPath, stepLine } from './step-line.ts';
import { treeLines } from './tree-lines.ts';

/** How a run is shown while it goes on. */
export interface ShownRun {
  /** What a worker says of a step between its records. */
  say(said: { run: string; path: string; text: string }): void;
  look(view: RunView): Promise<void>;
  /** The last look has been: what is written next stands alone. */
  end(view: RunView | undefined): Promise<void>;
}

/** A tree that is drawn over; at the end it stands. */
export function asTree(terminal: Terminal, playbook: Playbook): ShownRun {
  const live = new LiveTree(terminal);
  return {
    say: () => undefined,
    async look(view) {
      const items = [...runTree(playbook, view), ...undoTree(view)];
      live.show(turning => treeLines(items, { colors: terminal.noteColors, turning }));
    },
    async end(view) {
      live.end();
      if (view === undefined) return;
      const { colors } = terminal;
      const items = [...runTree(playbook, view), ...undoTree(view)];
      await terminal.write(`${treeLines(items, { colors }).join('\n')}\n`);
    },
  };
}

/** A line for each step that has ended, and one for what is waited for. */
export function asLines(terminal: Terminal, id: string): ShownRun {
  const progress = new Progress(terminal, 'lines');
  const told = new Set<string>();
  return {
    say({ run, path, text }) {
      const whose = run === id ? '' : `${run} `;
      // What failed stands in the line of its step.
      if (!text.startsWith('failed: ')) progress.say(`${whose}${shownPath(path)} ${text}`);
    },
    async look({ steps }) {
      for (const step of steps) {
        const key = `${step.path} ${step.attempt} ${step.state}`;
        const line = told.has(key) ? undefined : stepLine(step, terminal.colors);
        told.add(key);
        if (line === undefined) continue;
        progress.end();
        await terminal.write(`${line}\n`);
      }
    },
    async end() {
      progress.end();
    },
  };
}
