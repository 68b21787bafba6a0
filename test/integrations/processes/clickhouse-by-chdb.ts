// ClickHouse's engine (chdb) behind a client's command line: `clickhouse server PORT FOLDER`, `clickhouse client` and
// `clickhouse local`, as far as backups use them. The server is one process that holds the engine; clients ask it over a
// wire of their own. What is said, backed up and restored is the engine's doing.
import { createRequire } from 'node:module';
import { connect, createServer, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';

interface Session {
  query(sql: string, format: string): string;
}

interface Asked {
  user: string;
  password: string;
  sql: string;
}

interface Answered {
  said?: string;
  error?: string;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    host: { type: 'string' },
    port: { type: 'string', default: '9000' },
    user: { type: 'string', default: 'default' },
    format: { type: 'string' },
    path: { type: 'string', default: '' },
    multiquery: { type: 'boolean' },
    version: { type: 'boolean' },
    'config-file': { type: 'string', default: '' },
    'output-format': { type: 'string' },
    max_query_size: { type: 'string', default: '262144' },
  },
});

function open(): Session {
  const chdb: { Session: new (path: string, more: { connectionArgs: string[] }) => Session } = createRequire(
    import.meta.url,
  )(process.env['VIGIE_TEST_CHDB'] ?? '');
  const session = new chdb.Session(values.path, {
    connectionArgs: [`--config-file=${values['config-file']}`],
  });
  session.query(`SET max_query_size = ${values.max_query_size}`, 'TSV');
  return session;
}

function answer(session: Session, sql: string): Answered {
  try {
    return { said: session.query(sql, 'JSONEachRow') };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

function tell({ said = '', error }: Answered): void {
  if (error !== undefined) process.stderr.write(`${error}\n`);
  // It is not closed: a process that dies in between is what a server must stand, too.
  process.stdout.write(said, () => process.exit(error === undefined ? 0 : 1));
}

function serve(): void {
  const session = open();
  const { user, password } = { user: values.user, password: process.env['CLICKHOUSE_PASSWORD'] };
  const answerOn = async (socket: Socket): Promise<void> => {
    const { sql, ...who }: Asked = JSON.parse(await text(socket));
    const known = who.user === user && who.password === password;
    const refused = `Code: 516. DB::Exception: ${who.user}: Authentication failed. (AUTHENTICATION_FAILED)`;
    socket.end(JSON.stringify(known ? answer(session, sql) : { error: refused }));
  };
  const server = createServer({ allowHalfOpen: true }, socket => {
    socket.on('error', () => undefined);
    void answerOn(socket);
  });
  server.listen(Number(values.port), '127.0.0.1', () => process.stdout.write('ready\n'));
}

async function ask(): Promise<void> {
  const sql = await text(process.stdin);
  const asked: Asked = { user: values.user, password: process.env['CLICKHOUSE_PASSWORD'] ?? '', sql };
  const socket = connect(Number(values.port), values.host ?? '127.0.0.1');
  socket.on('error', error =>
    tell({ error: `Code: 210. DB::NetException: ${error.message}. (NETWORK_ERROR)` }),
  );
  socket.end(JSON.stringify(asked));
  const said = await text(socket);
  const answered: Answered =
    said === '' ? { error: 'Code: 32. DB::Exception: the server went away' } : JSON.parse(said);
  tell(answered);
}

if (values.version === true) process.stdout.write('ClickHouse local version 26.7.2.1 (chdb).\n');
else if (positionals[0] === 'server') serve();
else if (positionals[0] === 'client') await ask();
else tell(answer(open(), await text(process.stdin)));
