import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { environmentOf, invalidInput, lookUp } from '../../src/pipeline/look-up.ts';
import type { Environment, Vigie } from '../../src/pipeline/vigie.ts';
import { k8sTools } from '../../src/tools/k8s/index.ts';
import { startVigie, type TestVigie } from '../support/start-vigie.ts';

describe('a tool', () => {
  test('that does not exist is refused with those that are near, or with where to look', () => {
    expect(lookUp(k8sTools, 'k8s_scale').name).toBe('k8s_scale');
    expect(() => lookUp(k8sTools, 'k8s_scael')).toThrow(
      expect.objectContaining({ code: 'UNKNOWN_TOOL', hint: 'Did you mean k8s_scale?' }),
    );
    expect(() => lookUp(k8sTools, 'send_mail')).toThrow(
      expect.objectContaining({ hint: 'List the tools first.', details: { nearest: [] } }),
    );
  });

  test('called with a misspelt argument names the nearest, and a line for each field', () => {
    const tool = lookUp(k8sTools, 'k8s_scale');
    const parsed = tool.parse({ target: { kind: 'Deployment', name: '' }, replcas: 3 });
    if (parsed.ok) throw new Error('the input was taken');
    const error = invalidInput(tool, parsed.issues);
    expect(error.code).toBe('INVALID_INPUT');
    expect(error.message).toContain('did you mean replicas?');
    expect(error.message).toContain('target.name: ');
    expect(error.hint).toMatch(/^It takes target, replicas, /);
    expect(error.details['issues']).toHaveLength(parsed.issues.length);
  });
});

test('a tool called with the members of an object in its place shows what the object is made of', () => {
  const tool = lookUp(k8sTools, 'k8s_describe');
  const parsed = tool.parse({ kind: 'Deployment', name: 'web', namespace: 'shop' });
  if (parsed.ok) throw new Error('the input was taken');
  expect(invalidInput(tool, parsed.issues).message).toContain(
    'target: Invalid input: expected object, received undefined; it is {kind, name, namespace?, apiVersion?}',
  );
});

describe('an environment', () => {
  let running: TestVigie;
  beforeAll(async () => {
    running = await startVigie();
  });
  afterAll(() => running.stop());

  function vigieWith(...names: string[]): Vigie {
    const [only] = running.vigie.environments;
    if (only === undefined) throw new Error('the test Vigie has no environment');
    const environments = names.map((name): Environment => ({ ...only, view: { ...only.view, name } }));
    return { ...running.vigie, environments };
  }

  test('may be left out where there is one, and must be named where there are several', () => {
    expect(environmentOf(vigieWith('prod'), {}).view.name).toBe('prod');
    expect(environmentOf(vigieWith('dev', 'prod'), { environment: 'prod' }).view.name).toBe('prod');
    expect(() => environmentOf(vigieWith('dev', 'prod'), {})).toThrow(
      expect.objectContaining({
        code: 'UNKNOWN_ENVIRONMENT',
        message: 'Which environment? There are dev, prod.',
        details: { environments: ['dev', 'prod'] },
      }),
    );
  });

  test('that is not configured is refused with those that are, or with how to configure one', () => {
    expect(() => environmentOf(vigieWith('dev'), { environment: 'prod' })).toThrow(
      expect.objectContaining({ code: 'UNKNOWN_ENVIRONMENT', hint: 'Configured: dev.' }),
    );
    for (const input of [{}, { environment: 'prod' }])
      expect(() => environmentOf(vigieWith(), input)).toThrow(
        expect.objectContaining({ hint: expect.stringContaining('vigie init') }),
      );
  });
});
