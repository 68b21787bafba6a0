import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isObject, type JsonObject, objectsIn } from '../../../src/core/json.ts';
import { defineAttack, judge } from '../attack.ts';
import type { Ground } from '../ground.ts';
import { type Trap, traps } from './tenant-traps.ts';

export const diagnosisFixes = defineAttack({
  name: 'diagnosis-fixes',
  adversary: 'hostile objects',
  does: 'Writes, as the owner of one namespace, events, logs, owner references, annotations, routes, clients and accounts that ask for what belongs to others, and lets the cluster be diagnosed.',
  must: 'Each is found, and none becomes a fix that serves its writer: rights, keys of Secrets, ways into other namespaces, sizes.',
  async run(ground) {
    const expectations: Record<string, boolean> = {};
    let offered = 0;
    for (const [index, trap] of traps.entries()) {
      const findings = await findingsOf(ground, { trap, folder: join(ground.dir, `trap-${index}`) });
      const fixes = findings.flatMap(finding => objectsIn(finding['fixes']));
      const words = JSON.stringify(fixes);
      offered += fixes.length;
      expectations[`found: ${trap.name}`] = findings.some(({ code }) => code === trap.code);
      expectations[`no fix serves it: ${trap.name} (${words.slice(0, 200)})`] =
        trap.served.length === 0 ? fixes.length === 0 : !trap.served.some(word => words.includes(word));
    }
    return judge(`${traps.length} traps, ${offered} fixes offered, none of which serves`, {
      ...expectations,
      // Whatever offers nothing at all would hold as well.
      'what heals the one that was wronged is still offered': offered > 0,
    });
  },
});

async function findingsOf(
  ground: Ground,
  { trap, folder }: { trap: Trap; folder: string },
): Promise<JsonObject[]> {
  await mkdir(folder);
  await writeFile(
    join(folder, 'objects.json'),
    JSON.stringify({ apiVersion: 'v1', kind: 'List', items: trap.objects }),
  );
  for (const [name, text] of Object.entries(trap.logs ?? {})) await writeFile(join(folder, name), text);
  const { stdout } = await ground.run('k8s', 'diagnose', '--from', folder, '-o', 'json');
  const answer: unknown = JSON.parse(stdout);
  return isObject(answer) ? objectsIn(answer['findings']) : [];
}
