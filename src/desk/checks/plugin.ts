import { cleanLine } from '../../core/text.ts';
import { pluginTrustOf } from '../../pipeline/plugin-trust.ts';
import type { Environment, Vigie } from '../../pipeline/vigie.ts';
import type { Check } from './check.ts';

/** Enough of a hash to compare by eye. */
const shownHash = 16;

/**
 * The command that an environment logs in with, looked at before anything runs it. Undefined: there is none. A wrong one
 * is not run, so nothing else of the environment can be looked at.
 */
export async function pluginCheck(vigie: Vigie, environment: Environment): Promise<Check | undefined> {
  const area = environment.view.name;
  const trust = await pluginTrustOf(vigie, environment);
  if (trust.state === 'none') return undefined;
  const { command, path, fileHash } = trust.plugin;
  const named = `${cleanLine(command)} (${cleanLine(path)}, SHA-256 ${fileHash.slice(0, shownHash)})`;
  const todo = `vigie env trust ${area}`;
  switch (trust.state) {
    case 'trusted':
      return {
        area,
        state: 'fine',
        what: `credential plugin ${named} is trusted, by ${trust.by} since ${trust.at}`,
      };
    case 'untrusted':
      return {
        area,
        state: 'note',
        what: `credential plugin ${named} is not trusted: reads run it, no change is made through it`,
        todo,
      };
    case 'lapsed':
      return {
        area,
        state: 'note',
        what: `credential plugin ${named} ${trust.why}: no change is made`,
        todo,
      };
    case 'changed':
    case 'void':
      return {
        area,
        state: 'wrong',
        what: `credential plugin ${named} ${trust.why}: it is not run`,
        todo: `Look at the kubeconfig and the file; if the change is yours: ${todo}`,
      };
  }
}
