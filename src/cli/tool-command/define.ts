import type { Command, Option } from 'commander';
import type { Tool } from '../../toolkit/tool.ts';
import { addConfigOption } from '../add-config-option.ts';
import { type OutputFormat, outputFormats } from '../render/output-format.ts';
import type { CommonOptions, Session } from '../session.ts';
import { type AuditVerdict, auditFormats, auditSeverities } from './audit.ts';
import type { ChartPlace } from './chart.ts';
import { runToolCommand, type Verdict } from './run.ts';
import { type CommandShape, type Flag, kustomizeField, shapeOf, type Word } from './shape.ts';
import { ownWords } from './words.ts';

/** Adds the command of one tool below its family's. */
export function defineToolCommand(
  family: Command,
  facts: { tool: Tool; session: Session; newOption: (flags: string, description: string) => Option },
): void {
  const shape = shapeOf(facts.tool);
  const command = family.command(shape.verb).summary(shape.tool.title).description(shape.tool.description);
  for (const word of shape.words) addWord(command, word);
  if (ownWords[shape.tool.name]?.files === true)
    command.argument('[file|folder...]', 'Manifests; - is stdin.');
  command.usage(usageOf(shape));
  const wrong = ownWords[shape.tool.name]?.wrong;
  if (wrong !== undefined) command.showHelpAfterError(`hint: ${wrong}`);
  const told = new Map(Object.entries(ownWords[shape.tool.name]?.told ?? {}));
  for (const flag of shape.flags)
    addFlag(command, { flag, option: facts.newOption, told: told.get(flag.field) });
  const judges = ownWords[shape.tool.name]?.verdict !== undefined;
  if (judges) addVerdictFlags(command, facts.newOption);
  const audits = ownWords[shape.tool.name]?.audit === true;
  if (audits) addAuditFlags(command, facts.newOption);
  const charts = ownWords[shape.tool.name]?.chart === true;
  if (charts)
    command.addOption(facts.newOption('--chart [file]', 'Draw it: in the terminal, or a .svg or .png.'));
  command.addOption(
    facts
      .newOption('-o, --output <format>', 'How to show the answer.')
      .choices(outputFormats)
      .default('table'),
  );
  addConfigOption(command);
  command.allowExcessArguments().action(async () => {
    const {
      output,
      config,
      from,
      failOn,
      format: _format,
      chart,
      ...typed
    } = command.opts<
      CommonOptions & Verdict & { output: OutputFormat; format?: string; chart?: ChartPlace }
    >();
    const verdict = { ...(from === undefined ? {} : { from }), ...(failOn === undefined ? {} : { failOn }) };
    facts.session.status = await runToolCommand(facts.session, {
      shape,
      // Where nothing is judged --from is a field of the tool's own.
      typed: { words: command.args, flags: byField(shape, judges ? typed : { ...typed, from }) },
      output,
      ...(charts && chart !== undefined ? { chart } : {}),
      ...(audits ? { audit: command.opts<AuditVerdict>() } : { verdict }),
      common: config === undefined ? {} : { config },
    });
  });
}

// Whether a word is missing is said by read-input.ts, in the same way for a value and for an object; to commander all
// of them are optional, since `deployment web` and `deployment/web` are both one object.
function addWord(command: Command, word: Word): void {
  if (word.what === 'ref') command.argument('[kind/name]', word.description);
  else if (word.what === 'rest') command.argument(`[${word.field}...]`, word.description);
  else command.argument(`[${word.field}]`, word.choices?.join(', ') ?? word.description);
}

function usageOf({ tool, words, flags }: CommandShape): string {
  const named = words.map(word => {
    if (word.what === 'rest') return '';
    const name = word.what === 'ref' ? 'kind/name' : word.field;
    return word.required ? `<${name}>` : `[${name}]`;
  });
  if (ownWords[tool.name]?.files === true) return '[file|folder...] [options]';
  const needed = flags.filter(flag => flag.required).map(flag => `--${flag.long}${valueText(flag)}`);
  const rest = words.filter(({ what }) => what === 'rest').map(({ field }) => `-- <${field}…>`);
  return [...named.filter(name => name !== ''), ...needed, '[options]', ...rest].join(' ');
}

function addFlag(
  command: Command,
  facts: { flag: Flag; option: (flags: string, text: string) => Option; told: string | undefined },
): void {
  const { flag } = facts;
  const dashes = `${flag.short === undefined ? '' : `-${flag.short}, `}--`;
  const option = facts.option(
    `${dashes}${flag.default === true ? 'no-' : ''}${flag.long}${valueText(flag)}`,
    describeFlag(facts.told === undefined ? flag : { ...flag, description: facts.told }),
  );
  if (flag.choices !== undefined) option.choices(flag.choices);
  command.addOption(option);
  if (flag.value === 'file')
    command.addOption(
      facts.option(
        `-k, --${kustomizeField} <folder...>`,
        'Kustomizations, rendered by kustomize or kubectl.',
      ),
    );
}

function describeFlag(flag: Flag): string {
  const { description, default: normal } = flag;
  return typeof normal === 'string' || typeof normal === 'number'
    ? `${description} (default: ${normal})`
    : description;
}

function valueText(flag: Flag): string {
  switch (flag.value) {
    case 'switch':
      return '';
    case 'integer':
      return ' <number>';
    case 'seconds':
      return ' <time>';
    case 'list':
      return ' <value...>';
    case 'file':
      return ' <file|folder...>';
    case 'text':
      return flag.field === 'labelSelector' || flag.field === 'fieldSelector' ? ' <selector>' : ' <text>';
  }
}

/** Commander keeps values under the camelCase of the long flag; the input wants the field's own name. */
function byField(shape: CommandShape, typed: Record<string, unknown>): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const flag of shape.flags) {
    const attribute = flag.long.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
    const value = typed[attribute];
    if (value !== undefined && value !== flag.default) fields[flag.field] = value;
  }
  if (typed[kustomizeField] !== undefined) fields[kustomizeField] = typed[kustomizeField];
  return fields;
}

function addVerdictFlags(command: Command, option: (flags: string, text: string) => Option): void {
  command.addOption(option('--from <folder>', 'Of dumped objects and logs; no cluster is asked.'));
  const graver = option('--fail-on <severity>', 'Exit with 5 where something so grave is found.');
  command.addOption(graver.choices(['critical', 'warning']));
}

function addAuditFlags(command: Command, option: (flags: string, text: string) => Option): void {
  const reports = option('--format <format>', 'text, json, or a report: sarif (2.1.0), junit.');
  command.addOption(reports.choices(auditFormats));
  const graver = option('--fail-on <severity>', 'Exit with 5 where something so grave is found.');
  command.addOption(graver.choices(auditSeverities));
}
