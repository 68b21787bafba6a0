import { listOf, textOf } from '../../../src/core/json.ts';
import type { CallResult } from '../../../src/core/result.ts';
import { askEverything, startVigie, type TestVigie } from '../../support/start-vigie.ts';

/** A line of data_status as its data has it. */
export interface ToldLine {
  check: string;
  level: string;
  text: string;
}

/** A Vigie whose environment `test` has data services, as vigie.yaml writes each. `more`: other sections, indented. */
export function startDataShop(
  services: Readonly<Record<string, string>>,
  more: { sections?: string; kubeconfig?: NonNullable<Parameters<typeof startVigie>[0]>['kubeconfig'] } = {},
): Promise<TestVigie> {
  const data = Object.entries(services).map(([name, text]) => `      ${name}: ${text}\n`);
  return startVigie({
    policy: askEverything,
    ...(more.kubeconfig === undefined ? {} : { kubeconfig: more.kubeconfig }),
    sections: `    data:\n${data.join('')}${more.sections ?? ''}`,
  });
}

/** What a result says of one service. */
export function toldOf(result: CallResult, name: string): { state: string; lines: ToldLine[] } {
  const found = listOf(result.data, 'services').find(each => each['name'] === name);
  if (found === undefined) throw new Error(`${name} is not told: ${JSON.stringify(result)}`);
  const lines = listOf(found, 'lines').map(line => ({
    check: textOf(line, 'check'),
    level: textOf(line, 'level'),
    text: textOf(line, 'text'),
  }));
  return { state: textOf(found, 'state'), lines };
}

/** The texts of one check with their levels. */
export function linesOf(result: CallResult, name: string): Record<string, string> {
  return Object.fromEntries(
    toldOf(result, name).lines.map(({ check, level, text }) => [check, `${level}: ${text}`]),
  );
}
