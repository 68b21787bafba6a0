/** One line or several that belong together, of one source. */
export interface LogEvent {
  /** When its first line was written, in milliseconds since 1970. */
  atMs: number;
  /** The pod, or what else tells sources apart for a reader. */
  where: string;
  /** Its first line, or the one that says what was thrown. Cleaned and masked. */
  text: string;
  /** How many lines it has. */
  lines: number;
}

/** One line of a source: cleaned and masked. */
export interface SourceLine {
  atMs: number;
  where: string;
  text: string;
}

// A deep recursion prints thousands of frames; past this it counts as more than one event.
const mostLines = 1_000;

const continues =
  /^(?:\s|\}|\)|Caused by: |Suppressed: |\.\.\. \d+ more|goroutine \d+ \[|created by |exit status |During handling of|The above exception)|^$/;
const traceback = /^Traceback \(most recent call last\):/;
// The frames of Go name the function in a line of its own, at the start of it.
const frame = /^[\w./*()-]+\(.{0,200}\)$/;
const goTrace = /^(?:panic: |fatal error: |goroutine \d+ \[)/;

/**
 * Joins the lines of one source, given oldest first, into events: a stack trace is one. Lines that belong to an event
 * before the first line that was read are kept apart (`leading`), for a reader that goes back in time page by page.
 */
export class EventJoiner {
  readonly leading: SourceLine[] = [];
  readonly #emit: (event: LogEvent) => void;
  #open: (LogEvent & { trace: 'python' | 'go' | undefined }) | undefined;

  constructor(emit: (event: LogEvent) => void) {
    this.#emit = emit;
  }

  add(line: SourceLine): void {
    const open = this.#open;
    if (open === undefined) {
      if (continues.test(line.text)) this.#lead(line);
      else this.#start(line);
      return;
    }
    if (open.lines < mostLines && this.#belongs(open, line.text)) {
      open.lines += 1;
      return;
    }
    if (open.trace === 'python' && open.lines > 1 && !traceback.test(line.text)) {
      // The line after the frames says what was thrown: the event is known by it.
      open.text = line.text;
      open.lines += 1;
      open.trace = undefined;
      return;
    }
    this.#close();
    this.#start(line);
  }

  /** Ends the last event; `rest`: what was found to belong to it when what comes after was read before. */
  end(rest: readonly SourceLine[] = []): void {
    for (const line of rest) {
      if (this.#open === undefined) this.#lead(line);
      else this.add(line);
    }
    this.#close();
  }

  #belongs(open: { trace: 'python' | 'go' | undefined }, text: string): boolean {
    return continues.test(text) || (open.trace === 'go' && frame.test(text));
  }

  #lead(line: SourceLine): void {
    if (this.leading.length < mostLines) this.leading.push(line);
  }

  #start(line: SourceLine): void {
    const trace = traceback.test(line.text) ? 'python' : goTrace.test(line.text) ? 'go' : undefined;
    this.#open = { ...line, lines: 1, trace };
  }

  #close(): void {
    if (this.#open === undefined) return;
    const { trace: _trace, ...event } = this.#open;
    this.#open = undefined;
    this.#emit(event);
  }
}
