import type { TriggersConfig } from '../../config/triggers-config.ts';
import { caps } from '../language/caps.ts';
import { Evaluator } from '../language/expressions/evaluator.ts';
import type { Enabled } from './enabled.ts';
import { type Incoming, listenForTriggers, type TriggerListener } from './listen.ts';
import type { TriggerParts } from './start-by-trigger.ts';
import { takeAlerts } from './take-alerts.ts';
import { takeWebhook } from './take-webhook.ts';
import type { Taken } from './tally.ts';

/** Reading and checking thirty playbooks takes a fifth of a second: an edit counts after this long. */
const readAgainMs = 5_000;

/**
 * Listens for alerts and webhooks, and starts what they start.
 * @throws VigieError INVALID_CONFIG: the address cannot be listened on; SECRET
 */
export async function openTriggers(setup: {
  parts: Omit<TriggerParts, 'evaluator'>;
  listen: NonNullable<TriggersConfig['listen']>;
  /** As vigie.yaml says now, but for where it listens. */
  config: () => Promise<TriggersConfig>;
  env: NodeJS.ProcessEnv;
  /** The playbooks that may start, as vigie.yaml and their files say now. */
  enabled: () => Promise<Enabled>;
  /** Told of each delivery, for a person who watches. */
  taken?: (delivery: Taken) => void;
}): Promise<TriggerListener> {
  const { listen, env } = setup;
  const { vigie } = setup.parts;
  const evaluator = new Evaluator({ mostSlowMs: caps.runSlowMs });
  const parts: TriggerParts = { ...setup.parts, evaluator };
  const now = (): number => vigie.now().getTime();
  const enabledNow = readAgain(now, async () => {
    const enabled = await setup.enabled();
    for (const each of enabled.broken) vigie.log.warn('triggers.broken', { ...each });
    return enabled;
  });

  const take = async ({ sender, kind, payload, id }: Incoming) => {
    const enabled = await enabledNow();
    const taken =
      kind === 'alerts'
        ? await takeAlerts(parts, { sender, enabled, payload })
        : await takeWebhook(parts, { sender, enabled, body: payload, id });
    vigie.log.info('triggers.taken', { kind, sender: sender.name, ...taken.tally });
    setup.taken?.(taken);
    return taken;
  };
  const listener = await listenForTriggers({
    listen,
    config: readAgain(now, setup.config),
    env,
    take,
    now,
    log: vigie.log,
  });
  return {
    url: listener.url,
    async close() {
      await listener.close();
      await evaluator.close();
    },
  };
}

/** The same as it was read a moment ago, or read now; where that fails nothing is known. */
function readAgain<T>(now: () => number, read: () => Promise<T>): () => Promise<T> {
  let last: { value: T; at: number } | undefined;
  return async () => {
    if (last === undefined || Math.abs(now() - last.at) >= readAgainMs) {
      last = undefined;
      last = { value: await read(), at: now() };
    }
    return last.value;
  };
}
