import { osUser } from '../../config/os-user.ts';
import { addToken, loadTokens, removeToken } from '../../config/tokens.ts';
import { VigieError } from '../../core/errors.ts';
import { nearestNames } from '../../core/nearest.ts';
import { trusted } from '../../core/trusted-text.ts';
import { addConfigOption } from '../add-config-option.ts';
import { TableWriter } from '../render/table.ts';
import type { CommonOptions } from '../session.ts';
import type { DefineCommand } from './entry.ts';

interface AddOptions extends CommonOptions {
  person?: string;
  environments?: string;
  toolsets?: string;
  readOnly?: boolean;
  expires?: string;
}

export const define: DefineCommand = (command, session) => {
  const add = command
    .command('add')
    .argument('<name>', 'A label for the client.')
    .description('Make a token for a client of `vigie serve --http`; it is shown once.')
    .option('--person <name>', 'In whose name its calls are made; default: the OS user.')
    .option('--environments <names>', 'The only environments it sees, with commas between.')
    .option('--toolsets <names>', 'The only families of tools it sees, with commas between.')
    .option('--read-only', 'Reads alone.')
    .option('--expires <time>', 'Last moment, ISO 8601; default: until it is removed.');
  addConfigOption(add).action(async (name: string, options: AddOptions) => {
    await session.noteOwnFiles(options);
    const config = await session.config(options);
    const { home } = config;
    const environments = namesIn(options.environments);
    const toolsets = namesIn(options.toolsets);
    refuseUnknownEnvironments(
      environments ?? [],
      config.environments.map(each => each.name),
    );
    if (toolsets !== undefined)
      (await import('../../tools/listed-tools.ts')).listedTools(toolsets, { readOnly: false });
    const { secret, token } = await addToken(home.tokensFile, {
      name,
      person: options.person ?? osUser(),
      ...(environments === undefined ? {} : { environments }),
      ...(toolsets === undefined ? {} : { toolsets }),
      ...(options.readOnly === true ? { readOnly: true } : {}),
      ...(options.expires === undefined ? {} : { expiresAt: readTime(options.expires) }),
    });
    await session.terminal.write(`${secret}\n`);
    session.terminal.note(
      `The token of ${token.name}, for ${token.person}; it is shown this once and kept nowhere.`,
    );
  });

  const remove = command
    .command('remove')
    .argument('<name>', 'Label of the token.')
    .description('Take a token back.');
  addConfigOption(remove).action(async (name: string, options: CommonOptions) => {
    await session.noteOwnFiles(options);
    const { home } = await session.config(options);
    await removeToken(home.tokensFile, name);
    await session.terminal.write(`The token ${name} is removed.\n`);
  });

  const list = command
    .command('list', { isDefault: true })
    .description('Show the tokens, without their secrets.');
  addConfigOption(list).action(async (options: CommonOptions) => {
    const { home } = await session.config(options);
    const tokens = await loadTokens(home.tokensFile);
    if (tokens.length === 0) session.terminal.note('There is no token yet: vigie tokens add NAME');
    const rows = tokens.map(({ name, person, environments, toolsets, readOnly, expiresAt }) => ({
      name,
      person,
      environments: environments?.join(',') ?? 'all',
      toolsets: toolsets?.join(',') ?? 'all',
      readOnly: readOnly === true ? 'yes' : 'no',
      expires: expiresAt ?? 'never',
    }));
    await session.terminal.write(new TableWriter().page(rows));
  });
};

function namesIn(text: string | undefined): string[] | undefined {
  return text
    ?.split(',')
    .map(name => name.trim())
    .filter(name => name !== '');
}

/** A token for a misspelt one would see nothing, and nobody would be told why. @throws VigieError UNKNOWN_ENVIRONMENT */
function refuseUnknownEnvironments(wanted: readonly string[], known: readonly string[]): void {
  const unknown = wanted.find(name => !known.includes(name));
  if (unknown === undefined) return;
  const nearest = nearestNames(unknown, known);
  throw new VigieError('UNKNOWN_ENVIRONMENT', `There is no environment ${unknown}.`, {
    hint: nearest.length > 0 ? trusted`Did you mean ${nearest}?` : trusted`Configured: ${known}.`,
    details: { environments: [...known] },
  });
}

function readTime(text: string): string {
  const time = Date.parse(text);
  if (Number.isFinite(time)) return new Date(time).toISOString();
  throw new VigieError('INVALID_INPUT', `--expires takes a time such as 2027-01-31T18:00Z, not "${text}".`);
}
