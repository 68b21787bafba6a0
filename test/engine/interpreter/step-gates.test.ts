import { expect, test } from 'vitest';
import { type PassedGate, StepGates } from '../../../src/engine/interpreter/step-gates.ts';

function gate(list: string, more: Pick<PassedGate, 'ids' | 'tickets' | 'seats'>): PassedGate {
  return { list, from: [], leavesOut: false, ...more };
}

test('of a gate around a step and one within it, a call goes by the one within', () => {
  const gates = new StepGates();
  gates.pass(gate('', { ids: ['each'], tickets: ['outer'], seats: 1 }));
  gates.reach({ id: 'each', path: 'each' });
  gates.pass(gate('each[0]/', { ids: ['up'], tickets: ['inner1', 'inner2'], seats: 2 }));
  gates.reach({ id: 'up', path: 'each[0]/up' });
  expect(gates.of('each[0]/up')).toMatchObject({ tickets: ['inner1', 'inner2'], seats: 2 });
  expect(gates.of('each[0]/other')).toMatchObject({ tickets: ['outer'], seats: 1 });
  expect(gates.of('each[1]/up')).toMatchObject({ tickets: ['outer'] });
  expect(gates.of('elsewhere')).toBeUndefined();
});
