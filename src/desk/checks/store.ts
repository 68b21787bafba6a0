import type { Vigie } from '../../pipeline/vigie.ts';
import type { Check } from './check.ts';

const area = 'store';
/** Two machines that keep time by NTP differ by less. */
const noticedMs = 2_000;
/** A third of a lease: from here on another machine looks after a change whose process lives. */
const wrongMs = 10_000;

/** A store that other machines share; of a file nothing is to be said here. */
export async function* storeChecks(vigie: Pick<Vigie, 'store'>): AsyncIterable<Check> {
  const found = await (await vigie.store()).look();
  if (found === undefined) return;
  const { name, version, way, keeps, anybody, aheadMs, writeMs } = found;
  yield { area, state: 'fine', what: `${name}: version ${version}, a write takes ${writeMs} ms` };
  yield* wayChecks(way);
  if (!keeps)
    yield {
      area,
      state: 'wrong',
      what: 'the server runs with fsync off: what it confirmed can be lost with a power cut, approvals and audit too',
      todo: 'ALTER SYSTEM SET fsync = on, then SELECT pg_reload_conf()',
    };
  if (anybody)
    yield {
      area,
      state: 'note',
      what: 'every login of its server may connect to it, and hold up all that is written, the kill switch too',
      todo: 'REVOKE CONNECT ON DATABASE … FROM PUBLIC: docs/guides/store.md',
    };
  yield* clockChecks(aheadMs);
}

function* wayChecks(way: 'loopback' | 'verified' | 'unverified' | 'plain'): Iterable<Check> {
  const todo = 'Write sslmode=verify-full into its URL: docs/guides/store.md';
  switch (way) {
    case 'loopback':
      yield { area, state: 'fine', what: 'it is reached within this machine' };
      return;
    case 'verified':
      yield { area, state: 'fine', what: 'it is reached by TLS, and its certificate was checked' };
      return;
    case 'unverified':
      yield { area, state: 'note', what: 'it is reached by TLS, and its certificate is not checked', todo };
      return;
    case 'plain':
      yield {
        area,
        state: 'wrong',
        what: 'it is reached in plain text: the password can be read on the way',
        todo,
      };
  }
}

function* clockChecks(aheadMs: number): Iterable<Check> {
  const seconds = (Math.abs(aheadMs) / 1000).toFixed(1);
  const what = `its clock is ${seconds} s ${aheadMs < 0 ? 'behind' : 'ahead of'} this machine's`;
  if (Math.abs(aheadMs) < noticedMs) yield { area, state: 'fine', what };
  else
    yield {
      area,
      state: Math.abs(aheadMs) < wrongMs ? 'note' : 'wrong',
      what,
      todo: 'Let both keep time by NTP: leases of other machines are judged by this clock.',
    };
}
