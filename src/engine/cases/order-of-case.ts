import { milliseconds } from '../interpreter/retry.ts';
import type { PlayOrder } from '../play-order.ts';
import type { PlaybookCase } from './case-schema.ts';
import { worldOfCase } from './world-of-case.ts';
import { type FaultNamed, writeToCluster } from './write-to-cluster.ts';

type OfCase = Pick<
  PlayOrder,
  'world' | 'startsAtMs' | 'inputs' | 'approvals' | 'unread' | 'environment' | 'meanwhile'
>;

/** The same for all cases, so that they share the past of their world. */
const startsAtMs = Math.floor(Date.now() / 1_000) * 1_000;

/** What a case says of its play, but for what is broken before. @throws VigieError INVALID_INPUT */
export async function orderOfCase(
  each: PlaybookCase,
  faultNamed: FaultNamed,
): Promise<OfCase & Required<Pick<OfCase, 'environment'>>> {
  return {
    world: await worldOfCase(each),
    startsAtMs,
    inputs: each.inputs,
    approvals: each.approvals,
    unread: each.unread,
    environment: {
      secretAliases: each.secrets,
      ...(each.environment === undefined ? {} : { name: each.environment }),
    },
    meanwhile: each.meanwhile.map(({ after, ...write }) => ({
      afterMs: milliseconds(after),
      happens: sandbox => writeToCluster(sandbox, { write, faultNamed }),
    })),
  };
}
