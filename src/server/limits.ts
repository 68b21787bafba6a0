/** Bounds of the MCP door alone. Times in milliseconds, sizes in bytes unless the name says otherwise. */
export const serverLimits = {
  /** Clients drop or refuse tools beyond about this many; the rest are left out with a line in the instructions. */
  tools: 40,
  /** Clients cut instructions at two kilobytes. */
  instructionBytes: 2_000,
  /** What an answer needs beside a tool's text: status, counts, cursor, JSON's own marks. */
  envelopeBytes: 4_000,
  /** What the SDK adds around an answer: JSON-RPC's members, the server's name. */
  wireBytes: 500,
  /** One HTTP request: the largest manifest, escaped as JSON. */
  requestBytes: 8 * 1024 * 1024,
  /** How long a caller's proof of an answered question stays valid. */
  questionSeconds: 300,
  /** A longer diff does not fit a client's prompt; it is read at a terminal instead. */
  questionChars: 4_000,
  /** How often it is looked for what has moved, and only while somebody is subscribed; a look takes at most a tenth of the time. */
  changePollMs: 1_000,
  pollShare: 10,
  /** Changes looked at in one poll and offered as completions; older ones no longer move. */
  recentChanges: 100,
  /** The same of runs; of so many that go on it is looked how far each is, which reads the whole run. */
  recentRuns: 100,
  goingRuns: 10,
  /** Playbooks that are offered as prompts: a menu, which nobody reads further. */
  playbookPrompts: 100,
  completions: 50,
  /** Legacy sessions a caller may hold at once, and how long an unused one lives. */
  sessions: 64,
  sessionIdleMs: 30 * 60_000,
  /** How often sessions are looked through: so long a stream may outlive the token it was opened with. */
  sweepMs: 5_000,
  /** Events kept for a client that reconnects. */
  replayEvents: 256,
  replayBytes: 2 * 1024 * 1024,
  /** What a client waits before it reconnects. */
  retryMs: 1_000,
  /** Open streams of one caller. */
  subscriptions: 64,
  /** All open connections: several clients of every token, and far fewer than a process may hold. */
  connections: 512,
  /** Requests and streams that one caller may have open: all his sessions and subscriptions, and a quarter of the above. */
  openRequests: 128,
  /** Connections on which no request has come yet; clients send theirs at once. */
  strangers: 64,
  /** How long the head of a request may take, and the whole of the largest one. */
  headMs: 10_000,
  requestMs: 60_000,
  /** How often both are looked at. */
  slowSweepMs: 2_000,
  /** Wrong tokens a minute, over which the answer is 429. */
  wrongTokensPerMinute: 10,
  /** How long calls that were told to stop may take to record what stands. */
  drainMs: 10_000,
} as const;
