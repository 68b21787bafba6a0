import { readFile } from 'node:fs/promises';
import { integrationNames } from '../../core/system-names.ts';
import { type ConfigSource, configFiles } from '../config-places.ts';

/** A key that brings tools; what only looks like one costs the time to read the file. */
const mention = new RegExp(`\\b(?:${['playbooks', ...integrationNames].join('|')})["']?\\s*:`);

/**
 * The families of tools whose systems some environment has; none where the configuration cannot be read, which the first
 * call tells. A client waits for its list of tools: without a word of any, the file is not even parsed.
 */
export async function configuredFamilies(source: ConfigSource): Promise<string[]> {
  try {
    const texts = await Promise.all(configFiles(source).map(file => readFile(file, 'utf8').catch(() => '')));
    if (!texts.some(text => mention.test(text))) return [];
    const [{ loadConfig }, { familiesOf }] = await Promise.all([
      import('../config.ts'),
      import('./integrations.ts'),
    ]);
    return familiesOf(await loadConfig(source));
  } catch {
    return [];
  }
}
