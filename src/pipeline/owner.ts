import { hostname } from 'node:os';

/** This process as the owner of an executing plan: no other process, and no later one with the same pid, has this name. */
export const ownName = `${hostname()}:${process.pid}:${crypto.randomUUID().slice(0, 8)}`;
