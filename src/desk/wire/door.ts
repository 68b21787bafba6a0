import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import type { Assurance } from '../../core/actor.ts';
import type { AssuranceReason } from '../../core/assurance.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { ApproverDesk } from '../desk.ts';
import type { ProvenCaller } from './caller-proof.ts';
import type { Crowd } from './crowd.ts';
import type { McpAsked } from './frames.ts';
import type { Turns } from './turns.ts';

/** What a proven caller is served by. */
export interface Admitted {
  desk: ApproverDesk;
  assurance: Assurance;
  reasons: readonly AssuranceReason[];
}

/** The daemon behind one of its sockets. */
export interface Door {
  /** Path of the socket. */
  socket: string;
  /** Approvers' methods are answered on the approvers' alone. */
  kind: 'agent' | 'approver';
  version: string;
  admit(caller: ProvenCaller): Promise<Admitted>;
  /** Somebody asked at the agents' socket for what only approvers may do. */
  refused(caller: ProvenCaller, method: string): Promise<void>;
  /** What serves MCP on a connection until its caller has gone; absent: this door does not. @throws VigieError INVALID_INPUT */
  mcp?: (
    asked: McpAsked,
    caller: ProvenCaller,
  ) => (client: { input: Readable; output: Socket }) => Promise<void>;
  /** All who are connected to this socket. */
  crowd: Crowd;
  /** When a call of theirs may begin; absent: at once, as approvers' do. */
  turns?: Turns;
  /** The daemon ends: what runs stops as with Ctrl-C. */
  stopping: AbortSignal;
  log: Logger;
}
