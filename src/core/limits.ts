/** Every bound of the product, each with its reason. Times in milliseconds, sizes in bytes unless the name says otherwise. */
export const limits = {
  /** No MCP answer is larger: a model pays for every byte, and clients cut near 25k tokens. */
  answerBytes: 40_000,
  /** One decoded response of an API server; a larger one is a fault or an attack. */
  responseBytes: 64 * 1024 * 1024,
  /** A body may unpack to this many times its size on the wire (real pod lists reach 16), beyond the floor. */
  gzipRatio: 100,
  gzipFloorBytes: 1024 * 1024,
  headerBytes: 64 * 1024,
  /** Nesting of a document; deeper ones are only made to exhaust a parser. */
  documentDepth: 100,
  /** YAML aliases in one document; more is a billion-laughs. */
  yamlAliases: 50,
  /** A manifest input; etcd itself refuses objects above 1.5 MB. */
  manifestBytes: 3 * 1024 * 1024,
  /** Documents in one apply: a person must be able to read the diff. */
  changesPerPlan: 100,
  listPage: 500,
  listPages: 1_000,
  warnings: 20,
  warningChars: 300,
  /** Text shown from a cluster, a line. */
  lineChars: 2_000,
  logBytes: 8 * 1024 * 1024,
  logLines: 5_000,
  logPods: 20,
  connectMs: 5_000,
  requestMs: 30_000,
  /** Reads are tried this often; writes once. */
  readAttempts: 3,
  credentialPluginMs: 20_000,
  /** A longer wait belongs to a playbook. */
  waitSeconds: 600,
  /** How long a ticket stays open when vigie.yaml does not say. */
  ticketTtlSeconds: 24 * 3600,
  /** The owner of an executing plan renews its lease at a third of this. */
  leaseMs: 30_000,
  /** A 409 with an unchanged diff is read again and written again at most this often. */
  conflictAttempts: 5,
  /** Clock difference to the API server above which no change is made. */
  clockSkewMs: 120_000,
  passphraseAttempts: 5,
  passphrasePauseMs: 15 * 60_000,
  reasonChars: 200,
} as const;
