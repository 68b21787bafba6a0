import { warningsOf } from '../../kubernetes/warnings.ts';
import { type CreateRequest, createObject } from '../create-object.ts';
import { type UpdateRequest, updateObject } from '../update-object.ts';
import type { Exchange } from './exchange.ts';
import { sendObject } from './object-target.ts';

/** Makes an object on behalf of who asks, and answers with it and what is to be warned of. */
export async function sendCreated(exchange: Exchange, request: CreateRequest): Promise<void> {
  const created = createObject(exchange.cluster, { ...request, ...onBehalf(exchange) });
  exchange.warnings.push(...warningsOf(created));
  await sendObject(exchange, { resource: request.resource, object: created, status: 201 });
}

/** The same of an object that takes the place of another. */
export async function sendUpdated(exchange: Exchange, request: UpdateRequest): Promise<void> {
  const updated = updateObject(exchange.cluster, { ...request, ...onBehalf(exchange) });
  exchange.warnings.push(...warningsOf(updated, request.live));
  await sendObject(exchange, { resource: request.resource, object: updated });
}

/** On whose behalf something is written, and where the warnings about it go. */
export function onBehalf({ user, warnings }: Exchange): Required<Pick<CreateRequest, 'user' | 'warn'>> {
  return { user, warn: text => warnings.push(text) };
}
