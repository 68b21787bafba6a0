import { expect, test } from 'vitest';
import { toolFamilies } from '../../src/tools/index.ts';
import { fitting, leftOutFirst } from '../../src/tools/left-out.ts';
import { toolsOf } from '../../src/tools/toolsets.ts';

const all = toolsOf(undefined, { readOnly: false });

test('with every family there is, each is still listed, and what is asked for at night is there', () => {
  const names = fitting(all, 40).map(({ name }) => name);
  expect(names).toHaveLength(40);
  for (const family of Object.keys(toolFamilies))
    expect(names.some(name => name.startsWith(`${family}_`)) || family === 'manifests', family).toBe(true);
  for (const name of ['k8s_diagnose', 'changes_undo', 'playbooks_run', 'backups_restore', 'metrics_alerts'])
    expect(names).toContain(name);
});

test('nothing is left out before it must, and what is named to go is there', () => {
  expect(fitting(all, all.length)).toEqual(all);
  expect(fitting(all, all.length - 1).map(({ name }) => name)).toEqual(
    all.map(({ name }) => name).filter(name => name !== 'metrics_dashboard'),
  );
  const known = all.map(({ name }) => name);
  for (const name of leftOutFirst) expect(known).toContain(name);
});
