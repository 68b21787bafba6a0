import { describe, expect, test } from 'vitest';
import { askingOf } from '../../src/toolkit/asked-field.ts';
import { toolFamilies } from '../../src/tools/index.ts';
import { k8sAudit } from '../../src/tools/k8s/audit.ts';
import { k8sDiagnose } from '../../src/tools/k8s/diagnose.ts';
import { k8sGet } from '../../src/tools/k8s/get.ts';
import { k8sList } from '../../src/tools/k8s/list.ts';
import { openShop } from './small-shop.ts';

const tools = Object.values(toolFamilies).flat();

const askings = tools.flatMap(tool =>
  Object.keys(tool.output.shape).flatMap(field => {
    const asking = askingOf(tool, field);
    return asking === undefined ? [] : [{ tool, field, ...asking }];
  }),
);

describe('a field that comes with an argument', () => {
  test('comes with one that its tool takes, with that value', () => {
    expect(askings.length).toBeGreaterThan(10);
    for (const { tool, argument, value } of askings) {
      const taken = tool.input.shape[argument];
      expect(taken, `${tool.name} ${argument}`).toBeDefined();
      if (value !== undefined) expect(taken?.safeParse(value).success, `${tool.name} ${value}`).toBe(true);
    }
  });

  test('is said of every tool that answers rows as data where it is asked to', () => {
    const asked = new Set(askings.filter(({ value }) => value === 'json').map(({ tool }) => tool.name));
    const may = tools.filter(({ input }) => input.shape['format']?.safeParse('json').success);
    expect(may.map(({ name }) => name).filter(name => !asked.has(name))).toEqual([]);
    expect(may.length).toBeGreaterThan(8);
  });

  test('stands in no schema that clients are sent', () => {
    const sent = JSON.stringify(k8sList.output.toJSONSchema({ io: 'output' }));
    expect(sent).not.toContain('argument');
  });

  test.each([
    [k8sList, { kind: 'Pod' }],
    [k8sGet, { target: { kind: 'Deployment', name: 'web', namespace: 'shop' }, field: 'spec.replicas' }],
    [k8sDiagnose, {}],
    [k8sAudit, {}],
  ])('is there with it, and not without: $name', async (tool, input) => {
    const shop = await openShop();
    const own = askings.filter(each => each.tool === tool && each.value === 'json');
    expect(own.length).toBeGreaterThan(0);
    const { data } = await shop.read(tool, input);
    const { data: asked } = await shop.read(tool, { ...input, format: 'json' });
    for (const { field } of own) {
      expect(data).not.toHaveProperty(field);
      expect(asked).toHaveProperty(field);
    }
  });
});
