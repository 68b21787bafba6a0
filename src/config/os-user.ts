import { userInfo } from 'node:os';

/** The login of the account that this process runs as; `uid-1234` where the system has no name for it, as in many containers. */
export function osUser(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid-${process.getuid?.() ?? 'unknown'}`;
  }
}
