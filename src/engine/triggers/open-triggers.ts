import type { TriggersConfig } from '../../config/triggers-config.ts';
import { caps } from '../language/caps.ts';
import { Evaluator } from '../language/expressions/evaluator.ts';
import type { Enabled } from './enabled.ts';
import { type Incoming, listenForTriggers, type TriggerListener } from './listen.ts';
import type { TriggerParts } from './start-by-trigger.ts';
import { takeAlerts } from './take-alerts.ts';
import { takeWebhook } from './take-webhook.ts';
import type { Tally } from './tally.ts';

/** Reading and checking thirty playbooks takes a fifth of a second: an edit counts after this long. */
const readAgainMs = 5_000;

/**
 * Listens for alerts and webhooks, and starts what they start.
 * @throws VigieError INVALID_CONFIG: the address cannot be listened on; SECRET
 */
export async function openTriggers(setup: {
  parts: Omit<TriggerParts, 'evaluator'>;
  config: TriggersConfig & { listen: NonNullable<TriggersConfig['listen']> };
  env: NodeJS.ProcessEnv;
  /** The playbooks that may start, as vigie.yaml and their files say now. */
  enabled: () => Promise<Enabled>;
  /** Told of each delivery, for a person who watches. */
  taken?: (delivery: { sender: string; tally: Tally }) => void;
}): Promise<TriggerListener> {
  const { config, env } = setup;
  const { vigie } = setup.parts;
  const evaluator = new Evaluator({ mostSlowMs: caps.runSlowMs });
  const parts: TriggerParts = { ...setup.parts, evaluator };
  const now = (): number => vigie.now().getTime();
  let read: { enabled: Enabled; at: number } | undefined;

  async function enabledNow(): Promise<Enabled> {
    if (read === undefined || Math.abs(now() - read.at) >= readAgainMs) {
      read = { enabled: await setup.enabled(), at: now() };
      for (const each of read.enabled.broken) vigie.log.warn('triggers.broken', each);
    }
    return read.enabled;
  }

  const take = async ({ sender, kind, payload, id }: Incoming) => {
    const enabled = await enabledNow();
    const tally =
      kind === 'alerts'
        ? await takeAlerts(parts, { sender, enabled, payload })
        : await takeWebhook(parts, { sender, enabled, body: payload, id });
    vigie.log.info('triggers.taken', { kind, sender: sender.name, ...tally });
    setup.taken?.({ sender: `${kind === 'alerts' ? 'alert' : kind}:${sender.name}`, tally });
    return tally;
  };
  const listener = await listenForTriggers({ config, env, take, now, log: vigie.log });
  return {
    url: listener.url,
    async close() {
      await listener.close();
      await evaluator.close();
    },
  };
}
