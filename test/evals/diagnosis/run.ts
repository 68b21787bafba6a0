import { dumpWorlds, judgeDump } from './dump-worlds.ts';
import { complaints } from './score.ts';

const verdicts = await Promise.all(dumpWorlds().map(judgeDump));
const rows = Map.groupBy(verdicts, ({ row }) => row);
for (const [row, all] of rows) {
  const found = all.filter(({ missed }) => missed.length === 0).length;
  console.log(
    `${row.padEnd(20)} ${all.length} worlds ${found} found, ${all.flatMap(({ alarms }) => alarms).length} alarms`,
  );
}
if (process.argv.includes('--misses')) for (const line of verdicts.flatMap(complaints)) console.log(line);
