/** What the refusal of a probe means. `unwell`: the program itself says that it is not well. */
export type RefusalCause =
  | 'path'
  | 'credentials'
  | 'tls-wanted'
  | 'tls-unknown'
  | 'command'
  | 'refused'
  | 'timeout'
  | 'port-name'
  | 'unwell';

/** By the words of a kubelet (`Readiness probe failed: …`) and of Go's HTTP client in it. */
export function refusalCause(message: string): RefusalCause {
  const text = message.slice(0, 2_000);
  if (
    /server gave HTTP response to HTTPS client|first record does not look like a TLS handshake|wrong version number/.test(
      text,
    )
  )
    return 'tls-unknown';
  if (/malformed HTTP (?:response|status)|client sent an HTTP request to an HTTPS server/i.test(text))
    return 'tls-wanted';
  if (
    /executable file not found|exec format error|(?:exec|stat) [^:]{1,200}: no such file|command not found|: not found$/m.test(
      text,
    )
  )
    return 'command';
  if (/strconv\.(?:Atoi|ParseInt)|couldn't find port/.test(text)) return 'port-name';
  const status = /status ?code:? (\d{3})/i.exec(text)?.[1];
  // A server that speaks TLS answers plain HTTP with 400.
  if (status === '400') return 'tls-wanted';
  if (status === '401' || status === '403') return 'credentials';
  if (status === '404' || status === '405') return 'path';
  if (status !== undefined) return 'unwell';
  if (/connection refused|failed to connect service|no route to host/.test(text)) return 'refused';
  if (/context deadline exceeded|i\/o timeout|timed out|Client\.Timeout/.test(text)) return 'timeout';
  return 'unwell';
}
