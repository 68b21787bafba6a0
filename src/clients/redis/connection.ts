/** A Redis or Valkey server, as vigie.yaml names it. */
export interface RedisPlace {
  /** Absent: 127.0.0.1, where the commands run. */
  host?: string;
  port?: number;
  /** A unix socket, absolute; in place of host and port. */
  socket?: string;
  user?: string;
  tls?: boolean;
}

/** How its command line is told where to go; a password goes by REDISCLI_AUTH of its environment. */
export function redisWords({ host, port, socket, user, tls }: RedisPlace): string[] {
  return [
    ...(socket === undefined ? ['-h', host ?? '127.0.0.1', '-p', String(port ?? 6379)] : ['-s', socket]),
    ...(user === undefined ? [] : ['--user', user]),
    ...(tls === true ? ['--tls'] : []),
  ];
}
