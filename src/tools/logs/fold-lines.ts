import { EventJoiner, type LogEvent, type SourceLine } from '../../logs/event-joiner.ts';
import { isAtLeast, type Level } from '../../logs/level.ts';
import { shapeOf } from '../../logs/line-shape.ts';
import { msOf } from '../../logs/moment.ts';
import { type Template, TemplateMiner } from '../../logs/templates.ts';
import type { FoundLine, LineSource } from './source.ts';
import type { TimeSpan } from './time-span.ts';

// Loki gives five thousand a request, so these are forty. What is beyond is counted by the server and said to be unread.
const mostLines = 200_000;

export interface Folded {
  templates: Template[];
  /** Lines that were read. */
  lines: number;
  /** Events of the templates. */
  events: number;
  /** False: there were more lines than are read, and these are the newest. */
  all: boolean;
}

/** Reads a source and folds its lines into templates over `slots` equal parts of the time. Memory does not grow with the lines. */
export async function foldLines(
  source: LineSource,
  asked: { span: TimeSpan; slots: number; level: Level | undefined; keep?: number },
): Promise<Folded> {
  const { span, slots, level, keep = mostLines } = asked;
  const miner = new TemplateMiner({ fromMs: msOf(span.from), toMs: msOf(span.to), slots });
  const emit = (event: LogEvent) => {
    const shape = shapeOf(event.text);
    if (level === undefined || isAtLeast(shape.level, level)) miner.addAs(event, shape);
  };
  const joined = source.order === 'as written' ? new JoinedForward(emit) : new JoinedBackward(emit);
  let lines = 0;
  let all = true;
  for await (const block of source.lines(span)) {
    lines += block.length;
    joined.add(block);
    if (lines < keep) continue;
    all = false;
    break;
  }
  joined.end();
  return { templates: miner.templates(), lines, events: miner.events, all };
}

/** Streams that come from their start: each goes on where it was. */
class JoinedForward {
  readonly #joiners = new Map<string, EventJoiner>();
  readonly #emit: (event: LogEvent) => void;

  constructor(emit: (event: LogEvent) => void) {
    this.#emit = emit;
  }

  add(block: readonly FoundLine[]): void {
    for (const line of block) {
      const joiner = this.#joiners.get(line.stream) ?? new EventJoiner(this.#emit);
      this.#joiners.set(line.stream, joiner);
      joiner.add(sourceLine(line));
    }
  }

  end(): void {
    for (const joiner of this.#joiners.values()) {
      joiner.end();
      emitLeading(joiner.leading, this.#emit);
    }
  }
}

/** Blocks that go back in time: what a block begins with may belong to the last event of the block that comes next. */
class JoinedBackward {
  #leading = new Map<string, readonly SourceLine[]>();
  readonly #emit: (event: LogEvent) => void;

  constructor(emit: (event: LogEvent) => void) {
    this.#emit = emit;
  }

  add(block: readonly FoundLine[]): void {
    for (const [stream, lines] of Map.groupBy(block, line => line.stream)) {
      const joiner = new EventJoiner(this.#emit);
      for (const line of lines) joiner.add(sourceLine(line));
      joiner.end(this.#leading.get(stream));
      this.#leading.set(stream, joiner.leading);
    }
  }

  end(): void {
    for (const leading of this.#leading.values()) emitLeading(leading, this.#emit);
    this.#leading = new Map();
  }
}

/** Lines whose event began before what was read: they count as one. */
function emitLeading(leading: readonly SourceLine[], emit: (event: LogEvent) => void): void {
  const [first] = leading;
  if (first !== undefined) emit({ ...first, lines: leading.length });
}

function sourceLine({ at, where, text }: FoundLine): SourceLine {
  return { atMs: msOf(at), where, text };
}
