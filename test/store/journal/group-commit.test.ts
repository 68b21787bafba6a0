import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { VigieError } from '../../../src/core/errors.ts';
import { GroupCommit } from '../../../src/store/journal/group-commit.ts';

function aGroup(): { group: GroupCommit; rows: () => unknown[]; put: (value: number) => number } {
  const database = new Database(':memory:');
  onTestFinished(() => void database.close());
  database.exec('create table kept (value integer not null) strict');
  const insert = database.prepare('insert into kept values (?)');
  return {
    group: new GroupCommit(database, error => new Error('translated', { cause: error })),
    rows: () => database.prepare('select value from kept').pluck().all(),
    put: value => insert.run(value).changes,
  };
}

test('what is refused takes nobody along that asked in the same turn', async () => {
  const { group, rows, put } = aGroup();
  const refused = new VigieError('CONFLICT', 'no');
  const asked = [
    group.run(() => put(1)),
    group.run(() => {
      throw refused;
    }),
    group.run(() => put(2)),
  ];
  expect(await Promise.allSettled(asked)).toEqual([
    { status: 'fulfilled', value: 1 },
    { status: 'rejected', reason: refused },
    { status: 'fulfilled', value: 1 },
  ]);
  expect(rows()).toEqual([1, 2]);
});

test('a fault undoes all of the turn, and everybody is told; the next turn is its own', async () => {
  const { group, rows, put } = aGroup();
  const asked = [group.run(() => put(1)), group.run(() => put(Number.NaN)), group.run(() => put(2))];
  const told = await Promise.allSettled(asked);
  expect(told.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  expect(rows()).toEqual([]);
  await group.run(() => put(3));
  expect(rows()).toEqual([3]);
});

test('nothing is told before it is kept', async () => {
  const { group, rows, put } = aGroup();
  let told = false;
  const keep = async (): Promise<void> => {
    await group.run(() => put(1));
    told = true;
  };
  const kept = keep();
  await Promise.resolve();
  expect([told, rows()]).toEqual([false, []]);
  await kept;
  expect(rows()).toEqual([1]);
});
