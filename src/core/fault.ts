import { systemCode } from './system-error.ts';
import { type Trusted, trusted } from './trusted-text.ts';

// Vigie imports no module but its own and those it came with: where one is missing, somebody moved them away.

/** Whether a fault is that a module of Vigie's own is gone. */
export function wasReplaced(error: unknown): boolean {
  return systemCode(error) === 'ERR_MODULE_NOT_FOUND';
}

/** What to do about a fault of Vigie itself, which is told by its id alone. `daemon`: it runs as a service. */
export function hintOfFault(error: unknown, where: { daemon: boolean }): Trusted {
  if (wasReplaced(error))
    return where.daemon
      ? trusted`Vigie was replaced while it ran: systemctl restart vigie`
      : trusted`Vigie was replaced while it ran: start it again (a daemon: systemctl restart vigie).`;
  return where.daemon
    ? trusted`Find it by its id: journalctl -u vigie`
    : trusted`Find it by its id on standard error of this Vigie (of a daemon: journalctl -u vigie).`;
}
