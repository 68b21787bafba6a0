import { expect, test } from 'vitest';
import { ofFamilies } from '../../src/tools/families.ts';
import { toolFamilies } from '../../src/tools/index.ts';
import { listedTools } from '../../src/tools/listed-tools.ts';
import { toolsOf } from '../../src/tools/toolsets.ts';

const all = {
  k8s: ['k8s_get'],
  changes: ['changes_list'],
  metrics: ['metrics_query'],
  backups: ['backups_list'],
};

test.each([
  ['nobody named any and none is configured', undefined, [], ['k8s_get', 'changes_list']],
  ['one is configured', undefined, ['metrics'], ['k8s_get', 'changes_list', 'metrics_query']],
  ['one is named, whatever is configured', ['backups'], ['metrics'], ['backups_list']],
  ['whoever asks has all of them', undefined, undefined, Object.values(all).flat()],
])('%s', (_when, families, configured, offered) => {
  expect(ofFamilies(all, { families, configured })).toEqual(offered);
});

test('what is listed without any integration is what always was: the four families of a cluster', () => {
  const four = ['k8s', 'manifests', 'changes', 'environments'].flatMap(family => toolFamilies[family] ?? []);
  const names = four.map(({ name }) => name);
  expect(names).toHaveLength(25);
  expect(listedTools(undefined, { readOnly: false, configured: [] }).map(({ name }) => name)).toEqual(names);
  expect(toolsOf(undefined, { readOnly: false, configured: [] }).map(({ name }) => name)).toEqual(names);
});
