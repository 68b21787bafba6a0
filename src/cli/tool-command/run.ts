import { VigieError } from '../../core/errors.ts';
import { isObject, type JsonObject, objectsIn, plainText, textIn } from '../../core/json.ts';
import { limits } from '../../core/limits.ts';
import type { CallResult } from '../../core/result.ts';
import type { AgentDesk } from '../../desk/desk.ts';
import { commandLineTools } from '../../tools/index.ts';
import { offerApproval } from '../approve-ticket.ts';
import { badAnswerStatus, exitStatusOf } from '../exit-status.ts';
import { localEnd } from '../local-end.ts';
import { Progress } from '../progress.ts';
import { showAnswer, writeData } from '../render/answer.ts';
import type { OutputFormat } from '../render/output-format.ts';
import { TableWriter } from '../render/table.ts';
import { type CommonOptions, deskOf, type Session } from '../session.ts';
import { type AuditVerdict, auditText, isBadAudit, withFiles } from './audit.ts';
import type { ChartPlace } from './chart.ts';
import { diagnosisText, isBad, watchedText } from './diagnosis.ts';
import { inCommands } from './in-commands.ts';
import { byFile, type ManifestPlace } from './manifest-place.ts';
import { readInput, type Typed } from './read-input.ts';
import type { CommandShape } from './shape.ts';
import { ownWords } from './words.ts';

export interface ToolInvocation {
  shape: CommandShape;
  typed: Typed;
  output: OutputFormat;
  common: CommonOptions;
  /** Of a command whose answer is a verdict. */
  verdict?: Verdict;
  audit?: AuditVerdict;
  /** Of a command whose rows are to be drawn. */
  chart?: ChartPlace;
}

/** What a verdict is about, and when it is bad. */
export interface Verdict {
  /** Dumped objects, instead of the cluster. */
  from?: string;
  failOn?: 'critical' | 'warning';
}

/** Runs one generated command and answers its exit status. */
export async function runToolCommand(session: Session, invocation: ToolInvocation): Promise<number> {
  const { shape, output } = invocation;
  let places: readonly ManifestPlace[] = [];
  const input = await readInput(shape, withFileWords(shape, invocation.typed), {
    stdin: session.terminal.stdin,
    signal: session.signal,
    placed: found => {
      places = found;
    },
  });
  const asked = withFormat(shape, { input, output });
  const gives = ownWords[shape.tool.name]?.verdict;
  if (gives !== undefined)
    return giveVerdict(session, { ...invocation, input: asked, fromFiles: gives.from });
  if (invocation.audit !== undefined)
    return giveAudit(session, { ...invocation, input: asked, places, audit: invocation.audit });
  if (invocation.chart !== undefined)
    return giveChart(session, { ...invocation, input: asked, place: invocation.chart });
  return session.withDesk(invocation.common, async (desk, daemon) => {
    if (daemon !== undefined) refuseFarFiles(shape);
    if (shape.paged && input['cursor'] === undefined && input['limit'] === undefined)
      return showPages(session, desk, { ...invocation, input: asked });
    const result = byFile(await callTool(session, desk, { shape, input: asked }), places);
    if (shape.paged && result.status === 'answered' && output !== 'json' && output !== 'yaml')
      await showPage(session, result, tableFor(input));
    else await showAnswer(session.terminal, presented(result, output), output);
    return offerApproval(session, desk, { result, output });
  });
}

/** Shows a verdict; whether it is bad is for whoever asked to say. Files are of this process, whoever watches the cluster. */
async function giveVerdict(
  session: Session,
  asked: ToolInvocation & { input: JsonObject; fromFiles: string },
): Promise<number> {
  const { shape, output, common, fromFiles, verdict = {} } = asked;
  const { from, failOn } = verdict;
  if (from !== undefined) refuseOfClusters(asked.input);
  const watches = asked.input['watch'] === true;
  const read = output === 'table' || output === 'wide';
  const ask = async (desk: AgentDesk): Promise<number> => {
    const name = from === undefined ? shape.tool.name : fromFiles;
    const input = { ...asked.input, format: 'json', ...(from === undefined ? {} : { from }) };
    const lines = watches && read ? { spell: watchedText } : {};
    const result = await callTool(session, desk, { shape, name, input, ...lines });
    if (result.status !== 'answered') {
      await showAnswer(session.terminal, result, output);
      return exitStatusOf(result);
    }
    // As data a watch is a line an object, and how things stood at its end is the last of them.
    if (watches && !read) await session.terminal.write(`${JSON.stringify(result.data)}\n`);
    else
      await showAnswer(
        session.terminal,
        read ? { ...result, text: textOf(result, watches) } : result,
        output,
      );
    return failOn !== undefined && isBad(result.data, failOn) ? badAnswerStatus : 0;
  };
  if (from === undefined) return session.withDesk(common, ask);
  return session.withVigie(common, async vigie => ask(await deskOf(vigie)));
}

/** Of a watch all findings were told as they came: only how many stood is left to say. */
function textOf({ data }: CallResult, watches: boolean): string {
  return watches ? plainText(data['summary'] ?? '') : diagnosisText(data);
}

/** Files do not change while they are looked at, and are of no environment. */
function refuseOfClusters(input: JsonObject): void {
  const flag = ['watch', 'environment'].find(field => input[field] !== undefined && input[field] !== false);
  if (flag === undefined) return;
  throw new VigieError(
    'INVALID_INPUT',
    `--from and --${flag} exclude each other: of files no cluster is asked`,
    {
      hint: 'Leave one of the two out.',
    },
  );
}

/** Shows an audit in the form that was asked for; whether it is bad is for whoever asked to say. */
async function giveAudit(
  session: Session,
  asked: ToolInvocation & { input: JsonObject; places: readonly ManifestPlace[]; audit: AuditVerdict },
): Promise<number> {
  const { shape, output, common, places, audit } = asked;
  const { terminal, program } = session;
  return session.withDesk(common, async desk => {
    const input: JsonObject = { ...asked.input, format: 'json' };
    const result = byFile(await callTool(session, desk, { shape, input }), places);
    if (result.status !== 'answered') {
      await showAnswer(terminal, result, output);
      return exitStatusOf(result);
    }
    const data = withFiles(result.data, places);
    const format = audit.format ?? (output === 'json' || output === 'yaml' ? output : 'text');
    if (format === 'json' || format === 'yaml') await showAnswer(terminal, { ...result, data }, format);
    else if (!terminal.whenBroken.aborted) {
      const whole = input['rule'] !== undefined;
      await terminal.write(await auditText(data, { format, version: program.version, whole }));
    }
    return audit.failOn !== undefined && isBadAudit(data, audit.failOn) ? badAnswerStatus : 0;
  });
}

/** Draws rows, here or into a file of this process, whoever asked the metrics. */
async function giveChart(
  session: Session,
  asked: ToolInvocation & { input: JsonObject; place: ChartPlace },
): Promise<number> {
  const { shape, output, common, place } = asked;
  const { chartInput, checkChartPlace, drawChart } = await import('./chart.ts');
  const input = chartInput(asked.input);
  await checkChartPlace(place);
  return session.withDesk(common, async desk => {
    const result = await callTool(session, desk, { shape, input });
    if (result.status !== 'answered' || objectsIn(result.data['rows']).length === 0) {
      await showAnswer(session.terminal, result, output);
      return exitStatusOf(result);
    }
    await session.terminal.write(await drawChart(result.data, { query: textIn(input['query']), place }));
    return 0;
  });
}

/** Of a command that takes nothing but manifests every word is one. */
function withFileWords(shape: CommandShape, typed: Typed): Typed {
  if (ownWords[shape.tool.name]?.files !== true) return typed;
  const { manifest, kustomize } = typed.flags;
  if (typed.words.length === 0 && manifest === undefined && kustomize === undefined)
    throw new VigieError(
      'INVALID_INPUT',
      `vigie ${shape.family} ${shape.verb} needs a file, a folder, or - for standard input`,
      { hint: 'A kustomization is given with -k.' },
    );
  const named = Array.isArray(manifest) ? manifest : [];
  return { words: [], flags: { ...typed.flags, manifest: [...typed.words, ...named] } };
}

/** A daemon is another process and another account: neither files nor ports of whoever asks are there. */
function refuseFarFiles({ tool, family, verb }: CommandShape): void {
  if (commandLineTools[family]?.includes(tool) !== true) return;
  throw new VigieError(
    'NOT_STARTED',
    `vigie ${family} ${verb} uses files and ports of this process, and changes here are made by the daemon`,
    {
      hint: 'Name a configuration of your own with --config, or do without: vigie k8s exec runs a command in a pod.',
    },
  );
}

/** Calls the tool, or the one named, as the person at the terminal. */
export async function callTool(
  session: Session,
  desk: AgentDesk,
  call: {
    shape: CommandShape;
    input: JsonObject;
    name?: string;
    /** How lines that come before the answer are read; absent: as they are. */
    spell?: (line: string) => string;
  },
): Promise<CallResult> {
  const { terminal } = session;
  const reads = call.shape.tool.kind === 'read';
  const progress = new Progress(terminal, reads ? 'silent' : 'lines');
  try {
    const result = await desk.callTool(
      { tool: call.name ?? call.shape.tool.name, input: call.input },
      {
        signal: session.signal,
        gone: terminal.whenBroken,
        progress: progress.say,
        local: localEnd,
        stream: line => {
          progress.end();
          void terminal.write(`${call.spell?.(line) ?? line}\n`);
        },
      },
    );
    return inCommands(result, call);
  } finally {
    progress.end();
  }
}

/** Follows the cursor to the end: a table goes out page by page, data is one document. */
async function showPages(
  session: Session,
  desk: AgentDesk,
  list: ToolInvocation & { input: JsonObject },
): Promise<number> {
  const { shape, output } = list;
  const table = tableFor(list.input);
  const rows: JsonObject[] = [];
  let first: CallResult | undefined;
  let cursor: string | undefined;
  for (let page = 0; page < limits.listPages; page += 1) {
    const input = { ...list.input, limit: limits.listPage, ...(cursor === undefined ? {} : { cursor }) };
    const result = await callTool(session, desk, { shape, input });
    if (result.status !== 'answered') {
      await showAnswer(session.terminal, result, 'table');
      return exitStatusOf(result);
    }
    first ??= result;
    if (output === 'json' || output === 'yaml') rows.push(...rowsOf(result));
    else await showPage(session, page === 0 ? result : { ...result, text: '' }, table);
    const next = result.data['cursor'];
    cursor = typeof next === 'string' ? next : undefined;
    if (cursor === undefined) break;
  }
  if (first !== undefined && (output === 'json' || output === 'yaml')) {
    const { cursor: _read, ...facts } = first.data;
    const whole = { ...facts, shown: rows.length, truncated: cursor !== undefined, rows };
    await session.terminal.write(await writeData(whole, output));
  }
  return 0;
}

/** A column that says the same in every line, since the line asked for it, is left out. */
function tableFor(input: JsonObject): TableWriter {
  return new TableWriter(input['namespace'] === undefined ? [] : ['namespace']);
}

/** The rows to stdout, so that they can be piped; the counts above them to whoever watches. */
async function showPage(session: Session, result: CallResult, table: TableWriter): Promise<void> {
  const { terminal } = session;
  const headline = result.text.trim();
  if (headline !== '' && (terminal.notesAreTerminal || rowsOf(result).length === 0))
    terminal.note(terminal.noteColors.dim(headline));
  await terminal.write(table.page(rowsOf(result)));
}

function rowsOf(result: CallResult): JsonObject[] {
  return objectsIn(result.data['rows']);
}

/** The tool's own fields for the way of showing that -o asks for. */
function withFormat(shape: CommandShape, asked: { input: JsonObject; output: OutputFormat }): JsonObject {
  const { input, output } = asked;
  const data = shape.paged || output === 'json' || output === 'yaml';
  // YAML is written here, from the same data: the tool's own is a text for people.
  const wanted = data ? 'json' : undefined;
  return {
    ...input,
    ...(wanted !== undefined && shape.formats.includes(wanted) ? { format: wanted } : {}),
    ...(shape.wide && output === 'wide' ? { wide: true } : {}),
  };
}

/** An object asked for as data is shown as it is, not inside the answer's envelope. */
function presented(result: CallResult, output: OutputFormat): CallResult {
  if (result.status !== 'answered' || (output !== 'json' && output !== 'yaml')) return result;
  const { object } = result.data;
  return isObject(object) ? { ...result, data: object } : result;
}
