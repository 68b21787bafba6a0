import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isObject, type Json, type JsonObject, objectsIn, textIn, textOf } from '../../../src/core/json.ts';
import { defineAttack, judge } from '../attack.ts';
import type { Ground } from '../ground.ts';
import { covers } from './tenant-covers.ts';
import { traps } from './tenant-traps.ts';

export const diagnosisFixes = defineAttack({
  name: 'diagnosis-fixes',
  adversary: 'hostile objects',
  does: 'Writes, as the owner of one namespace, events, logs, owner references, annotations, routes, clients and accounts that ask for what belongs to others or stand before what is broken there, and lets the cluster be diagnosed.',
  must: 'Each is found, and none becomes a fix that serves its writer: rights, keys of Secrets, ways into other namespaces, sizes. Nothing of theirs hides the fault of another.',
  async run(ground) {
    const expectations: Record<string, boolean> = {};
    let offered = 0;
    for (const [index, trap] of traps.entries()) {
      const findings = await findingsIn(trap, { ground, folder: join(ground.dir, `trap-${index}`) });
      const fixes = findings.flatMap(finding => objectsIn(finding['fixes']));
      const words = JSON.stringify(fixes);
      offered += fixes.length;
      expectations[`found: ${trap.name}`] = findings.some(({ code }) => code === trap.code);
      expectations[`no fix serves it: ${trap.name} (${words.slice(0, 200)})`] =
        trap.served.length === 0 ? fixes.length === 0 : !trap.served.some(word => words.includes(word));
    }
    for (const [index, cover] of covers.entries()) {
      const findings = await findingsIn(cover, { ground, folder: join(ground.dir, `cover-${index}`) });
      const told = findings.map(({ code, object }) => `${textIn(code)} ${named(object)}`);
      const { code, object } = cover.hides;
      expectations[`told: ${cover.name} (${told.join(', ').slice(0, 200)})`] = told.includes(
        `${code} ${object} in shop`,
      );
    }
    const saw = `${traps.length} traps, ${offered} fixes offered, none of which serves; ${covers.length} covers, none of which hides`;
    return judge(saw, {
      ...expectations,
      // Whatever offers nothing at all would hold as well.
      'what heals the one that was wronged is still offered': offered > 0,
    });
  },
});

async function findingsIn(
  { objects, logs = {} }: { objects: readonly JsonObject[]; logs?: Readonly<Record<string, string>> },
  { ground, folder }: { ground: Ground; folder: string },
): Promise<JsonObject[]> {
  await mkdir(folder);
  await writeFile(
    join(folder, 'objects.json'),
    JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }),
  );
  for (const [name, text] of Object.entries(logs)) await writeFile(join(folder, name), text);
  const { stdout } = await ground.run('k8s', 'diagnose', '--from', folder, '-o', 'json');
  const answer: unknown = JSON.parse(stdout);
  return isObject(answer) ? objectsIn(answer['findings']) : [];
}

function named(ref: Json | undefined): string {
  const [kind, name, namespace] = ['kind', 'name', 'namespace'].map(field => textOf(ref, field));
  return `${kind}/${name} in ${namespace}`;
}
