import { join } from 'node:path';
import * as z from 'zod';
import { VigieError } from '../../src/core/errors.ts';
import { KnownSecrets } from '../../src/core/known-secrets.ts';
import { realPatience } from '../../src/pipeline/changes/patience.ts';
import type { Environment, Vigie } from '../../src/pipeline/vigie.ts';
import { Witnessing } from '../../src/pipeline/witnessing.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { defineReadTool, type Tool } from '../../src/toolkit/tool.ts';
import { changeTools } from '../../src/tools/changes/index.ts';
import { environmentTools } from '../../src/tools/environments/index.ts';
import { noSystems } from './no-systems.ts';

/** Keys that are the same in every process of a test, so that two can share a store. */
export const testKeys = {
  seal: new Uint8Array(32).fill(1),
  digest: new Uint8Array(32).fill(2),
  copies: new Uint8Array(32).fill(3),
};

/** A whole Vigie without clusters: its own tools, two that let a test see a call from inside, and a real store. */
export function tinyVigie(setup: { home: string; tools?: readonly Tool[] }): Vigie & { stopped(): number } {
  let stopped = 0;
  let store: Promise<Store> | undefined;
  const openOnce = () =>
    (store ??= openStore({ file: join(setup.home, 'vigie.db'), keys: testKeys, now: () => new Date() }));
  const log = createLogger('error', line => process.stderr.write(line));
  const wait = defineReadTool({
    name: 'probe_wait',
    title: 'Wait',
    description: 'Reports three times, then waits until it is stopped.',
    input: z.strictObject({}),
    output: z.object({ waited: z.boolean() }),
    environmental: false,
    async read(_, context) {
      const { signal } = context;
      for (const word of ['one', 'two', 'three']) context.progress(word);
      await new Promise(resolve => {
        if (signal.aborted) resolve(undefined);
        signal.addEventListener('abort', resolve);
      });
      stopped += 1;
      throw new VigieError('CANCELLED', 'The call was stopped.');
    },
  });
  const vigie: Vigie & { stopped(): number } = {
    families: [],
    version: '0.0.0-test',
    tools: setup.tools ?? [...environmentTools, ...changeTools, echo, wait],
    environments: ['alpha', 'beta'].map(withoutCluster),
    readOnly: false,
    assurance: 'advisory',
    worth: { assurance: 'advisory', reasons: [{ why: 'a test', todo: 'nothing' }], askers: [], deciders: [] },
    lookedAt: () => undefined,
    place: { home: '/nonexistent', userHome: '/nonexistent' },
    inForce: async () => vigie,
    policy: async () => ({ hash: '0'.repeat(64), file: '(none)', accepted: false, besides: [] }),
    approvers: async () => ({ file: '(none)', list: [], bootstrapped: false, tenures: [], heads: [] }),
    groupsOf: () => [],
    peopleIn: () => [],
    personBehind: () => undefined,
    keys: async () => testKeys,
    store: openOnce,
    storePlace: async () => ({ file: join(setup.home, 'vigie.db') }),
    playbooks: async () => {
      throw new VigieError('NOT_FOUND', 'There are no playbooks here.');
    },
    witnessing: new Witnessing({ witnesses: async () => [], store: openOnce, log }),
    now: () => new Date(),
    patience: realPatience,
    log,
    close: async () => (await store)?.close(),
    stopped: () => stopped,
  };
  return vigie;
}

const echo = defineReadTool({
  name: 'probe_echo',
  title: 'Echo',
  description: 'Answers with its text, several times if asked.',
  input: z.strictObject({
    text: z.string().describe('What to say.'),
    times: z.int().min(1).max(100_000).default(1).describe('How often, a line each.'),
  }),
  output: z.object({ length: z.int() }),
  environmental: false,
  async read({ text, times }) {
    return { data: { length: text.length }, text: Array.from({ length: times }, () => text).join('\n') };
  },
});

function withoutCluster(name: string): Environment {
  const noCluster = (): never => {
    throw new VigieError('UNREACHABLE', 'There is no cluster here.');
  };
  return {
    view: {
      name,
      cluster: 'none',
      kind: 'kube',
      namespaces: undefined,
      clusterScoped: false,
      policy: { low: 'ask', medium: 'ask', high: 'ask' },
    },
    rules: undefined as never,
    known: new KnownSecrets(),
    reach: async () => ({
      get reader() {
        return noCluster();
      },
      systems: noSystems(),
      identity: async () => noCluster(),
      secretAliases: [],
      warnings: () => [],
      serverTime: () => undefined,
    }),
    change: async () => noCluster(),
    plugin: async () => undefined,
  };
}
