import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { attacks } from './index.ts';
import { heading, legend, lineOf, markdownOf, summaryOf } from './report.ts';
import { runAttacks } from './run-attacks.ts';

// node test/attacks/run.ts [NAME or ADVERSARY …] [--markdown FILE] [--product MAIN]: attacks the built product and says
// what held. Ends with 1 when something is broken, or when no attack has that name.

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    markdown: { type: 'string' },
    product: { type: 'string', default: fileURLToPath(new URL('../../dist/main.js', import.meta.url)) },
  },
});
const chosen = attacks.filter(
  ({ name, adversary }) =>
    positionals.length === 0 || positionals.includes(name) || positionals.includes(adversary),
);
const unknown = positionals.filter(
  word => !attacks.some(({ name, adversary }) => word === name || word === adversary),
);

if (unknown.length > 0 || chosen.length === 0) {
  process.stderr.write(
    `There is no attack ${unknown.join(', ')}. There are: ${attacks.map(({ name }) => name).join(', ')}\n`,
  );
  process.exitCode = 1;
} else {
  process.stdout.write(`${legend}\n\n${heading}\n`);
  const endings = await runAttacks(chosen, {
    main: resolve(values.product),
    onEnd: ending => process.stdout.write(`${lineOf(ending)}\n`),
  });
  process.stdout.write(`${summaryOf(endings)}\n`);
  if (values.markdown !== undefined) writeFileSync(values.markdown, markdownOf(endings));
  if (endings.some(({ end }) => end === 'BROKEN')) process.exitCode = 1;
}
