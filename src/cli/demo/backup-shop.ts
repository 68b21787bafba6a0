import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { outputOf } from '../../backups/programs.ts';
import { localRunner } from '../../processes/local-runner.ts';

/** The set of backups that the story is about. */
export const shopSet = 'shop';
/** Where its copies lie, below the demo's home. */
export const copiesFolder = 'copies';

/** To write some thousand rows, on a machine that is busy. */
const makeMs = 60_000;

/** Makes a small shop's database in the demo's home. Answers what vigie.yaml says of its backups. */
export async function makeBackupShop(
  dir: string,
  signal: AbortSignal,
): Promise<{ shown: string; config: string }> {
  const path = join(dir, 'shop.db');
  const scratch = join(dir, 'scratch');
  const copies = join(dir, copiesFolder);
  await mkdir(scratch);
  await mkdir(copies);
  await outputOf(
    { runner: localRunner, signal, deadlineMs: makeMs },
    { argv: [process.execPath, '--no-warnings', '--eval', shopProgram, '--', path] },
  );
  const lines = [
    'backups:',
    `  destinations: {disk: {directory: ${JSON.stringify(copies)}, media: disk}}`,
    '  sets:',
    `    ${shopSet}:`,
    '      engine: sqlite',
    `      path: ${JSON.stringify(path)}`,
    '      to: [disk]',
    '      objective: {age: 26h, drill: 30d}',
  ];
  const shown = lines.join('\n');
  const config = [...lines, `      scratch: ${JSON.stringify(scratch)}`]
    .map(line => `    ${line}\n`)
    .join('');
  return { shown, config };
}

// The driver of the store is the store's own; Node brings SQLite along.
const shopProgram = `
const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
const shop = new DatabaseSync(process.argv[1]);
shop.exec(\`
  PRAGMA journal_mode = WAL;
  BEGIN;
  CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL, town TEXT NOT NULL);
  CREATE TABLE products (sku TEXT PRIMARY KEY, name TEXT NOT NULL, cents INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER NOT NULL REFERENCES customers, sku TEXT NOT NULL REFERENCES products,
    pieces INTEGER NOT NULL, ordered TEXT NOT NULL);
  CREATE INDEX orders_of ON orders (customer);
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400)
    INSERT INTO customers SELECT i, 'Customer ' || i, iif(i % 3, 'Lyon', 'Turin') FROM n;
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60)
    INSERT INTO products SELECT 'sku-' || i, 'Lamp ' || i, 900 + i * 50 FROM n;
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9000)
    INSERT INTO orders SELECT i, 1 + i * 7 % 400, 'sku-' || (1 + i * 11 % 60), 1 + i % 4, date('2026-01-01', (i / 30) || ' days') FROM n;
  COMMIT;
\`);
shop.close();`;
