import { expect, test } from 'vitest';
import { isLoopback, readPostgresUrl, tlsOf } from '../../src/store/postgres-place.ts';

test('a URL names everything, each part written as URLs have it', () => {
  expect(
    readPostgresUrl('postgresql://vi%40gie:p%3Aw%2F@db.example.com/tick%20ets?sslrootcert=/etc/ca.pem\n'),
  ).toEqual({
    host: 'db.example.com',
    port: 5432,
    database: 'tick ets',
    user: 'vi@gie',
    password: 'p:w/',
    mode: 'verify-full',
    caFile: '/etc/ca.pem',
    name: 'PostgreSQL tick ets at db.example.com:5432',
  });
});

test.each([
  ['db.example.com', '', 'verify-full'],
  ['db.example.com', '?sslmode=require', 'require'],
  ['db.example.com', '?sslmode=disable', 'disable'],
  ['localhost', '', 'disable'],
  ['127.0.0.1', '', 'disable'],
  ['[::1]', '', 'disable'],
  ['localhost', '?sslrootcert=/ca.pem', 'verify-full'],
  ['localhost', '?host=/run/postgresql', 'disable'],
  ['localhost', '?host=db.example.com', 'verify-full'],
  ['127.0.0.1.example.com', '', 'verify-full'],
])('of %s%s the mode is %s', (host, query, mode) => {
  expect(readPostgresUrl(`postgres://vigie@${host}/vigie${query}`)).toMatchObject({ mode });
});

test.each([
  ['nonsense', 'it is no URL of PostgreSQL'],
  ['mysql://vigie:hunter2@db/vigie', 'it is no URL of PostgreSQL'],
  ['postgres://:hunter2@db/vigie', 'it lacks a host, a database or a user'],
  ['postgres://vigie:hunter2@db', 'it lacks a host, a database or a user'],
  ['postgres:///vigie?host=/run', 'it lacks a host, a database or a user'],
  ['postgres://vigie:%zz@db/vigie', 'a part of it is not written as URLs are'],
  ['postgres://vigie:hunter2@db/vigie?sslmode=prefer', 'its sslmode must be one of'],
  ['postgres://vigie:hunter2@db/vigie?sslmode=no-verify', 'its sslmode must be one of'],
  ['postgres://vigie:hunter2@db/vigie?sslmode=verify-ca', 'needs an sslrootcert'],
  ['postgres://vigie:hunter2@db/vigie?sslmode=verify-full&sslmode=disable', 'each once'],
  ['postgres://vigie:hunter2@db/vigie?options=-c%20synchronous_commit%3Doff', 'may follow the question mark'],
  ['postgres://vigie:hunter2@db/vigie?sslrootcert=ca.pem', 'no absolute path'],
])('%s is refused, and not quoted', (url, why) => {
  expect(() => readPostgresUrl(url)).toThrow(
    expect.objectContaining({ code: 'STORE', message: expect.stringContaining(why) }),
  );
  expect(() => readPostgresUrl(url)).not.toThrow(/hunter2|vigie:/);
});

test('only what is on this machine is loopback', () => {
  expect(['/run', 'localhost', '::1', '127.8.8.8'].map(isLoopback)).toEqual([true, true, true, true]);
  expect(['10.0.0.1', '127.0.0.1.nip.io', 'localhost.example.com'].map(isLoopback)).toEqual([
    false,
    false,
    false,
  ]);
});

test('authorities that cannot be read are named', async () => {
  const place = readPostgresUrl('postgres://vigie@db/vigie?sslrootcert=/nowhere/ca.pem');
  await expect(tlsOf(place)).rejects.toMatchObject({
    code: 'STORE',
    message: 'The authorities of the store, /nowhere/ca.pem, cannot be read (ENOENT).',
  });
});
