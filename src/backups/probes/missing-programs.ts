import { outputOf } from '../programs.ts';
import type { Lack, ProbeJob } from './probe.ts';

/** Those that are not on PATH where the commands of a set run. */
export async function missingPrograms(
  job: ProbeJob<unknown>,
  { programs, stops }: { programs: readonly string[]; stops: Lack['stops'] },
): Promise<Lack[]> {
  const said = await outputOf(job, { argv: ['sh', '-c', lookScript, 'sh', ...programs] });
  const missing = said.split('\n').filter(name => name !== '');
  if (missing.length === 0) return [];
  return [
    {
      stops,
      what: `on ${job.runner.where} there is no ${missing.join(', no ')}`,
      todo: 'Install it where the commands of the set run (run: in vigie.yaml), or put its folder on PATH.',
    },
  ];
}

const lookScript = `
for name; do
  command -v "$name" >/dev/null || echo "$name"
done`;
