import { describe, expect, test } from 'vitest';
import { describeFailure } from '../../src/cli/render/answer.ts';
import { Terminal } from '../../src/cli/terminal.ts';
import { inCommands } from '../../src/cli/tool-command/in-commands.ts';
import { shapeOf } from '../../src/cli/tool-command/shape.ts';
import type { JsonObject } from '../../src/core/json.ts';
import type { CallResult } from '../../src/core/result.ts';
import { toolsOf } from '../../src/tools/toolsets.ts';

const tools = toolsOf(undefined, { readOnly: false, commandLine: true });
const { noteColors } = new Terminal({
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: { NO_COLOR: '1' },
});

function told(name: string, data: JsonObject, input: JsonObject = {}): JsonObject {
  const tool = tools.find(each => each.name === name);
  if (tool === undefined) throw new Error(`no tool ${name}`);
  const result: CallResult = { status: 'failed', data, text: '' };
  return inCommands(result, { shape: shapeOf(tool), input }).data;
}

describe('at a terminal', () => {
  test.each([
    ['k8s_node', 'To evict them all the same, add force: true.', 'To evict them all the same, add --force.'],
    ['k8s_node', 'add deleteLocalData: true', 'add --delete-local-data'],
    [
      'k8s_node',
      'It takes an environment with clusterScoped: true.',
      'It takes an environment with clusterScoped: true.',
    ],
    [
      'k8s_node',
      'It takes action, node, deleteLocalData, waitSeconds.',
      'It takes <action>, <node>, --delete-local-data, --wait.',
    ],
    ['k8s_list', 'Name one with the argument environment.', 'Name one with -e.'],
    [
      'k8s_logs',
      'Leave follow out and ask again with sinceSeconds.',
      'Leave follow out and ask again with --since.',
    ],
    ['k8s_patch', 'k8s_set is simpler.', 'vigie k8s set is simpler.'],
    [
      'k8s_rollout',
      'Resume it first: k8s_rollout with action resume.',
      'Resume it first: vigie k8s rollout resume.',
    ],
    [
      'k8s_scale',
      'changes_get {"id":"abcd2345","waitSeconds":60} tells the outcome',
      'vigie changes get abcd2345 --wait 60 tells the outcome',
    ],
    ['k8s_get', 'The key snake_case stays.', 'The key snake_case stays.'],
  ])('a hint of %s speaks of commands and flags: %s', (name, hint, shown) => {
    expect(told(name, { hint })['hint']).toBe(shown);
    expect(told(name, { next: hint })['next']).toBe(shown);
  });

  test('a hint names the environment that was asked, once, where one was named', () => {
    const at = { environment: 'real' };
    expect(told('k8s_get', { hint: 'vigie k8s list Pod -n shop' }, at)['hint']).toBe(
      'vigie k8s list -e real Pod -n shop',
    );
    expect(told('k8s_get', { hint: 'See k8s_describe.' }, at)['hint']).toBe(
      'See vigie k8s describe -e real.',
    );
    const next = 'See more: k8s_describe {"target":{"kind":"Ingress","name":"web","namespace":"shop"}}';
    expect(told('k8s_diagnose', { next }, at)['next']).toBe(
      'See more: vigie k8s describe -e real ingress/web -n shop',
    );
    const named = 'vigie k8s node drain n1 -e real goes on';
    expect(told('k8s_node', { hint: named }, at)['hint']).toBe(named);
    expect(told('k8s_get', { hint: 'vigie changes get abc' }, at)['hint']).toBe('vigie changes get abc');
    const hostile = { environment: 'x; rm -rf /' };
    expect(told('k8s_get', { hint: 'See k8s_describe.' }, hostile)['hint']).toBe('See vigie k8s describe.');
  });

  test('an approval, where no tool was called, speaks of commands too', () => {
    const hint = 'Look at it with k8s_get, then add force: true.';
    const { data } = inCommands({ status: 'failed', data: { hint }, text: '' });
    expect(data['hint']).toBe('Look at it with vigie k8s get, then add force: true.');
  });

  test('a refusal of what was typed names it as it was typed, and once', () => {
    const why = 'Too big: expected number to be <=600';
    const data = told('k8s_node', {
      code: 'INVALID_INPUT',
      message: `k8s_node cannot be called so: action: Invalid option; waitSeconds: ${why}`,
      details: { issues: [`waitSeconds: ${why}`] },
    });
    expect(data['message']).toBe(
      `vigie k8s node cannot be called so: <action>: Invalid option; --wait: ${why}`,
    );
    const message = 'target: Node/x has no containers';
    const issues = [{ field: 'target.kind', message: 'has no containers' }];
    const refused = told('k8s_set', { code: 'INVALID_INPUT', message, details: { issues } });
    expect(describeFailure({ status: 'failed', data: refused, text: '' }, noteColors)).toBe(
      'error: <kind/name>: Node/x has no containers',
    );
  });

  test('what the cluster says is left as it is', () => {
    const message = 'k8s_node: force: true, waitSeconds';
    const text = 'Pod/x: k8s_logs says force: true';
    const result: CallResult = {
      status: 'done',
      data: { code: 'SERVER_ERROR', message, rows: [text] },
      text,
    };
    const [tool] = tools;
    if (tool === undefined) throw new Error('no tools');
    expect(inCommands(result, { shape: shapeOf(tool), input: {} })).toEqual(result);
  });
});
