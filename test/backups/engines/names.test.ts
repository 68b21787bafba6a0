import { expect, test } from 'vitest';
import { engines } from '../../../src/backups/engines/index.ts';
import { probes } from '../../../src/backups/probes/index.ts';
import { enginesSection } from '../../../src/config/integrations/backup-engines.ts';

test('vigie.yaml may name every engine that there is, and no other', () => {
  expect([...enginesSection.shape.engine.options].sort()).toEqual([...engines.keys()].sort());
});

test('doctor has a probe for every engine that there is, and for no other', () => {
  expect([...probes.keys()].sort()).toEqual([...engines.keys()].sort());
});
