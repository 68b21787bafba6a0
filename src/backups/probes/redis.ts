import { redisWords } from '../../clients/redis/connection.ts';
import { VigieError } from '../../core/errors.ts';
import { cleanLine } from '../../core/text.ts';
import { findPrograms, type RedisSettings } from '../engines/redis.ts';
import { outputOf } from '../programs.ts';
import type { Lack, Probe, ProbeJob } from './probe.ts';

const saidChars = 200;

/** A Redis or Valkey server. */
export const probeRedis: Probe<RedisSettings> = {
  async probe(job) {
    const { settings, secrets } = job;
    const { cli } = await findPrograms(job);
    const ask = (...words: string[]): Promise<string> =>
      outputOf(job, {
        argv: [cli, ...redisWords(settings), ...words],
        secrets: secrets['password'] === undefined ? {} : { REDISCLI_AUTH: secrets['password'] },
      });
    // Refusals come as if they were answers.
    const pong = (await ask('PING')).trim();
    if (pong !== 'PONG')
      throw new VigieError('BACKUP', `The server answers PING with: ${cleanLine(pong, saidChars)}`, {
        hint: 'Look at user and password of the set in vigie.yaml.',
      });
    const info = await ask('INFO');
    // Valkey tells the version of Redis that it is like, too.
    const name = /^valkey_version:/m.test(info) ? 'Valkey' : 'Redis';
    const version = new RegExp(`^${name.toLowerCase()}_version:([\\w.]+)`, 'm').exec(info)?.[1];
    if (version === undefined)
      throw new VigieError('BACKUP', `The server refuses INFO: ${cleanLine(info.trim(), saidChars)}`, {
        hint: 'The user of the set needs these commands: INFO, TIME, PING, SYNC, PSYNC, REPLCONF, and SET for its marker.',
      });
    return {
      answered: `${name} ${version} answers`,
      lacks: [...replica(settings, info), ...(await noServer(job))],
    };
  },
};

function replica({ marker }: RedisSettings, info: string): Lack[] {
  if (marker === false || !/^role:slave/m.test(info)) return [];
  return [
    {
      stops: 'backup',
      what: 'the server is a replica, where no marker can be written',
      todo: 'Let the set lead to the primary, or say marker: false in it.',
    },
  ];
}

async function noServer(job: ProbeJob<RedisSettings>): Promise<Lack[]> {
  try {
    await findPrograms(job, 'server');
    return [];
  } catch (error) {
    if (!(error instanceof VigieError) || error.code !== 'NOT_STARTED') throw error;
    return [{ stops: 'drill', what: error.message, todo: error.hint ?? '' }];
  }
}
