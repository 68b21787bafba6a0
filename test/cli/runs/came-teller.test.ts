import { expect, test } from 'vitest';
import { CameTeller } from '../../../src/cli/runs/came-teller.ts';
import type { TriggerCame, Triggered } from '../../../src/engine/triggers/start-by-trigger.ts';

function told(id: string, came: Triggered, playbook = 'heal-oom'): TriggerCame {
  const alert = { labels: { alertname: 'KubeContainerOOMKilled' } };
  return {
    playbook,
    environment: 'box',
    trigger: { kind: 'alert', name: 'main', id, facts: { alert } },
    came,
  };
}

const by = 'heal-oom in box, by the alert KubeContainerOOMKilled of main';

test('which alert started which run is said, and that it starts nothing, and why', () => {
  const teller = new CameTeller();
  const until = Date.UTC(2026, 10, 22, 3);
  expect(teller.lines([told('a', { is: 'started', run: 'k3m9x2ab' })])).toEqual([`${by}: run k3m9x2ab`]);
  expect(teller.lines([told('b', { is: 'cooling', until })])).toEqual([
    `${by}: not run: cooling until 2026-11-22T03:00:00.000Z`,
  ]);
  expect(teller.lines([told('c', { is: 'refused', rule: 'freeze', why: 'frozen' })])).toEqual([
    `${by}: not run: frozen (freeze)`,
  ]);
  expect(teller.lines([told('d', { is: 'exists', run: 'k3m9x2ab' })])).toEqual([
    `${by}: not run again: it has the run k3m9x2ab`,
  ]);
});

test('what is told again and comes to the same is said once, and again when it comes to something else', () => {
  const teller = new CameTeller();
  const cooling = told('a', { is: 'cooling', until: 1 });
  expect(teller.lines([cooling])).toHaveLength(1);
  expect(teller.lines([cooling])).toEqual([]);
  expect(teller.lines([told('a', { is: 'cooling', until: 1 }, 'other')])).toHaveLength(1);
  expect(teller.lines([told('a', { is: 'started', run: 'k3m9x2ab' })])).toHaveLength(1);
  expect(teller.lines([told('a', { is: 'exists', run: 'k3m9x2ab' })])).toEqual([]);
});

test('of a storm each run has a line, and all that is held another one', () => {
  const teller = new CameTeller();
  const started = [1, 2].map(nth => told(`s${nth}`, { is: 'started', run: `run${nth}` }));
  const held = Array.from({ length: 1_980 }, (_, nth) => told(`h${nth}`, { is: 'held' }));
  expect(teller.lines([...started, ...held])).toEqual([
    `${by}: run run1`,
    `${by}: run run2`,
    `${by} and 1979 more: held: too many were started (vigie triggers)`,
  ]);
  expect(teller.lines(held)).toEqual([]);
});
