import { isObject, type JsonObject, parsedObject } from '../../core/json.ts';

/** A ClickHouse server, by the options of its client. Absent: the client's own defaults, where it runs. */
export interface ClickhousePlace {
  host?: string;
  port?: number;
  user?: string;
  tls?: boolean;
}

/** Its client by the names that packages give it; the first that is there is taken. */
export const clickhouseClients: readonly (readonly [program: string, ...words: string[]])[] = [
  ['clickhouse-client'],
  ['clickhouse', 'client'],
];

/** How its client is told where to go. A password is none of these: `clickhouseSecrets`. */
export function clickhouseWords({ host, port, user, tls }: ClickhousePlace): string[] {
  return [
    ...(host === undefined ? [] : ['--host', host]),
    ...(port === undefined ? [] : ['--port', String(port)]),
    ...(user === undefined ? [] : ['--user', user]),
    ...(tls === true ? ['--secure'] : []),
  ];
}

/** What its client reads from its environment alone. */
export function clickhouseSecrets(password: string | undefined): Record<string, string> {
  return password === undefined ? {} : { CLICKHOUSE_PASSWORD: password };
}

/** What it prints in JSONEachRow. Undefined: not every line is a row. */
export function rowsIn(text: string): JsonObject[] | undefined {
  const rows = text
    .split('\n')
    .filter(line => line !== '')
    .map(parsedObject);
  return rows.every(isObject) ? rows : undefined;
}
