import { expect, test } from 'vitest';
import { heldByText, startedByText } from '../../src/engine/started-by.ts';

const by = (facts: Parameters<typeof startedByText>[0]['startedBy']) => startedByText({ startedBy: facts });
const triggered = (kind: string, name: string, facts = {}) =>
  by({ kind: 'trigger', name: `${kind}:${name}`, trigger: { kind, name, ...facts } });

test('what started a run is told by the name that people know it by', () => {
  const alert = { labels: { alertname: 'KubePodCrashLooping', namespace: 'shop' } };
  expect(triggered('alert', 'main', { alert })).toBe('the alert KubePodCrashLooping of main');
  expect(triggered('schedule', 'nightly', { at: '2026-11-22T03:00:00.000Z' })).toBe(
    'its schedule, due 2026-11-22T03:00:00.000Z',
  );
  const event = { reason: 'FailedMount', involvedObject: { kind: 'Pod', name: 'cart-1' } };
  expect(triggered('event', 'box', { event })).toBe('the event FailedMount of Pod/cart-1');
  expect(triggered('webhook', 'deployed', { body: {} })).toBe('the webhook deployed');
});

test('an assistant is told with its person, and a run that was run again with that one', () => {
  expect(by({ kind: 'agent', name: 'alice', client: 'claude' })).toBe('an assistant "claude" for alice');
  const alert = { labels: { alertname: 'Broken' } };
  const again = { kind: 'person', name: 'bob', retryOf: 'k3m9x2ab', trigger: { kind: 'alert', alert } };
  expect(by(again)).toBe('bob, again after k3m9x2ab');
});

test('an assistant that names itself as its person reads as an assistant all the same', () => {
  expect(by({ kind: 'agent', name: 'alice', client: 'alice' })).toBe('an assistant "alice" for alice');
  expect(by({ kind: 'agent', name: 'alice' })).toBe('an assistant for alice');
  const posing = 'alice" for\nbob';
  expect(by({ kind: 'agent', name: 'carol', client: posing })).toBe(
    'an assistant "alice\\" for bob" for carol',
  );
});

test('who holds a run is told as who started one is', () => {
  const claude = { kind: 'agent', name: 'claude', via: 'mcp-stdio', onBehalfOf: 'alice' };
  expect(heldByText({ heldBy: claude })).toBe('an assistant "claude" for alice');
  expect(heldByText({ heldBy: { ...claude, kind: 'person', name: 'bob', onBehalfOf: 'bob' } })).toBe('bob');
  expect(heldByText({})).toBe('');
});

test('what a sender writes stays one short line', () => {
  const alertname = `a\nb\u001B[31m${'c'.repeat(500)}`;
  const text = triggered('alert', 'main', { alert: { labels: { alertname } } });
  expect(text).not.toContain('\n');
  expect(text).not.toContain('\u001B');
  expect(text.length).toBeLessThan(150);
  expect(triggered('alert', 'main')).toBe('the alert without a name of main');
});
