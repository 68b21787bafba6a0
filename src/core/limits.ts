/** Every bound of the product, each with its reason. Times in milliseconds, sizes in bytes unless the name says otherwise. */
export const limits = {
  /** No MCP answer is larger: a model pays for every byte, and clients cut near 25k tokens. */
  answerBytes: 40_000,
  /** One decoded response of an API server; a larger one is a fault or an attack. */
  responseBytes: 64 * 1024 * 1024,
  /** One object in an answer: etcd refuses 1.5 MB of them, which JSON spells in three times as much; a diff holds each many times. */
  objectBytes: 8 * 1024 * 1024,
  /** A body may unpack to this many times its size on the wire (real pod lists reach 16), beyond the floor. */
  gzipRatio: 100,
  gzipFloorBytes: 1024 * 1024,
  /** API servers send a few hundred bytes; proxies in front of them add cookies and traces. */
  headerBytes: 64 * 1024,
  /** Nesting of a document; deeper ones are only made to exhaust a parser. */
  documentDepth: 100,
  /** YAML aliases in one document; more is a billion-laughs. */
  yamlAliases: 50,
  /** A manifest input; etcd itself refuses objects above 1.5 MB. */
  manifestBytes: 3 * 1024 * 1024,
  /** Documents in one apply: a person must be able to read the diff. */
  changesPerPlan: 100,
  /** Pods of one drain: four times what a kubelet takes unless it was told otherwise, and twice the largest that clouds set. */
  evictionsPerPlan: 500,
  /** The page size kubectl asks for, which every server is tuned to. */
  listPage: 500,
  /** Half a million objects, past any real cluster: a list that goes on does not end. */
  listPages: 1_000,
  /** Warning headers of one call: nobody reads more, and a webhook may send one for each field. */
  warnings: 20,
  warningChars: 300,
  /** Text shown from a cluster, a line. */
  lineChars: 2_000,
  /** Of one container's log, before it is filtered. */
  logBytes: 8 * 1024 * 1024,
  /** Lines a caller may ask for; an answer over MCP holds far fewer. */
  logLines: 5_000,
  /** Pods whose logs one call merges: each is a stream of its own on a kubelet. */
  logPods: 20,
  /** A handshake across the world takes less than one second. */
  connectMs: 5_000,
  /** To the head of an answer, and again to its end; an API server gives up on a request after 60 s. */
  requestMs: 30_000,
  /** Reads are tried this often; writes once. */
  readAttempts: 3,
  /** Cloud plugins call their provider; one that waits for a browser must not hold a call. */
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
  /** A person who mistypes succeeds within five; a guesser gets 480 tries a day. */
  passphraseAttempts: 5,
  passphrasePauseMs: 15 * 60_000,
  /** Of a diff as it is kept for good, in characters: no answer shows more. What is decided on is shown from the sealed plan, whole. */
  keptDiffChars: 40_000,
  /** Of one piece of evidence, in characters, its end: what a command printed last, and more than any status or event says. */
  evidenceChars: 8_000,
  /** The asker's own words on the approval screen: enough for why, too little to bury the facts. */
  reasonChars: 200,
} as const;
