import { VigieError } from '../core/errors.ts';
import { cleanLine } from '../core/text.ts';
import { pluginTrustOf } from '../pipeline/plugin-trust.ts';
import type { Environment, Vigie } from '../pipeline/vigie.ts';
import type { PluginView } from './desk.ts';

/** How each environment stands to its credential plugin, without running any. */
export async function pluginViews(vigie: Vigie): Promise<PluginView[]> {
  return Promise.all(vigie.environments.map(environment => pluginView(vigie, environment)));
}

async function pluginView(vigie: Vigie, environment: Environment): Promise<PluginView> {
  const { name } = environment.view;
  try {
    const trust = await pluginTrustOf(vigie, environment);
    if (trust.state === 'none') return { environment: name, state: 'none' };
    const { state, plugin } = trust;
    const named = { command: cleanLine(plugin.command), path: cleanLine(plugin.path) };
    switch (state) {
      case 'untrusted':
        return { environment: name, state, ...named };
      case 'trusted':
        return { environment: name, state, ...named, by: trust.by, at: trust.at };
      case 'changed':
      case 'lapsed':
      case 'void':
        return { environment: name, state, ...named, why: trust.why };
    }
  } catch (error) {
    // One broken kubeconfig must not hide how the other environments stand.
    if (!(error instanceof VigieError)) throw error;
    return { environment: name, state: 'unknown', why: error.message };
  }
}
