import { keptKey } from './kept-text.ts';
import type { Sql } from './sql.ts';

/** How many may hold a resource, where nobody said. */
const usualLimit = 1;

/** Who holds what of some resources. */
export class Room {
  readonly #of: ReadonlyMap<string, { most: number; holders: Set<number> }>;

  constructor(of: ReadonlyMap<string, { most: number; holders: Set<number> }>) {
    this.#of = of;
  }

  /** Whether that run could hold it beside those that do; one that it holds already has room. */
  has(resource: string, run: number): boolean {
    const { most = usualLimit, holders = new Set<number>() } = this.#of.get(resource) ?? {};
    return (holders.has(run) ? holders.size - 1 : holders.size) < most;
  }

  take(resource: string, run: number): void {
    this.#of.get(resource)?.holders.add(run);
  }
}

/** As it stands in this turn, in which nobody else hands any out. */
export async function roomOf(sql: Sql, resources: Iterable<string>): Promise<Room> {
  const asked = [...new Set(resources)];
  if (asked.length === 0) return new Room(new Map());
  const { rows } = await sql.query<{ place: number; most: number | null; holders: number[] }>(
    `select asked.place::int as place, resource_limit.most,
       array(select slot.run::float8 from vigie_runs.slot where slot.resource = asked.resource) as holders
     from unnest($1::text[]) with ordinality as asked (resource, place)
     left join vigie_runs.resource_limit on resource_limit.resource = asked.resource`,
    [asked.map(keptKey)],
  );
  return new Room(
    new Map(
      rows.map(({ place, most, holders }) => [
        asked[place - 1] ?? '',
        { most: most ?? usualLimit, holders: new Set(holders) },
      ]),
    ),
  );
}

export async function takeSlots(
  sql: Sql,
  taken: readonly { run: number; resource: string }[],
): Promise<void> {
  if (taken.length === 0) return;
  await sql.query(
    `insert into vigie_runs.slot (resource, run) select * from unnest($1::text[], $2::bigint[])
     on conflict do nothing`,
    [taken.map(({ resource }) => keptKey(resource)), taken.map(({ run }) => run)],
  );
}

/** Lets go of all that a run holds, and wakes who waits for it. */
export async function releaseSlots(sql: Sql, run: number): Promise<void> {
  const { rows } = await sql.query<{ resource: string }>(
    'delete from vigie_runs.slot where run = $1 returning resource',
    [run],
  );
  await wakeFor(
    sql,
    rows.map(({ resource }) => resource),
  );
}

export async function limitResource(
  sql: Sql,
  { resource, most }: { resource: string; most: number },
): Promise<void> {
  const key = keptKey(resource);
  await sql.query(
    `insert into vigie_runs.resource_limit as before (resource, most) values ($1, $2)
     on conflict (resource) do update set most = excluded.most where before.most <> excluded.most`,
    [key, most],
  );
  await wakeFor(sql, [key]);
}

/** Wakes the runs that wait for one of these, by their kept keys. */
export async function wakeFor(sql: Sql, keys: readonly string[]): Promise<void> {
  if (keys.length === 0) return;
  await sql.query(
    `update vigie_runs.run set status = 'ready', due = null where status = 'waiting'
     and number in (select run from vigie_runs.wait where kind = 'slot' and key = any($1::text[]))`,
    [keys],
  );
}
