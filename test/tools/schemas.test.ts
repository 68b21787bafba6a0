import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { isObject, type Json, type JsonObject } from '../../src/core/json.ts';
import { listingOf } from '../../src/toolkit/listing.ts';
import { toolsOf } from '../../src/tools/toolsets.ts';

const tools = toolsOf(undefined, { readOnly: false });
const golden = new URL('../golden/tools/', import.meta.url);
const updating = process.env['UPDATE_GOLDEN'] === '1';

/** Every field under a schema with its path, fields of fields included. */
function fieldsOf(schema: JsonObject, path: string): { path: string; name: string; schema: JsonObject }[] {
  const properties = isObject(schema['properties']) ? schema['properties'] : {};
  return Object.entries(properties).flatMap(([name, field]) => {
    if (!isObject(field)) return [];
    const here = `${path}.${name}`;
    return [{ path: here, name, schema: field }, ...fieldsOf(field, here)];
  });
}

function keysOf(value: Json | undefined): string[] {
  if (Array.isArray(value)) return value.flatMap(keysOf);
  return isObject(value) ? Object.entries(value).flatMap(([key, item]) => [key, ...keysOf(item)]) : [];
}

test('the list of tools is the one that is published', () => {
  expect(tools.map(tool => tool.name)).toEqual([
    'k8s_list',
    'k8s_get',
    'k8s_describe',
    'k8s_logs',
    'k8s_events',
    'k8s_top',
    'k8s_explain',
    'k8s_access',
    'k8s_diff',
    'k8s_diagnose',
    'k8s_audit',
    'k8s_apply',
    'k8s_patch',
    'k8s_set',
    'k8s_scale',
    'k8s_rollout',
    'k8s_node',
    'k8s_exec',
    'k8s_run_job',
    'k8s_delete',
    'manifests_lint',
    'changes_list',
    'changes_get',
    'changes_undo',
    'environments_list',
    'playbooks_list',
    'playbooks_get',
    'playbooks_run',
    'playbooks_status',
    'playbooks_control',
    'metrics_query',
    'metrics_find',
    'metrics_alerts',
    'metrics_slo',
    'metrics_silence',
    'metrics_rule',
    'metrics_dashboard',
    'logs_query',
    'logs_patterns',
    'backups_list',
    'backups_run',
    'backups_drill',
    'backups_restore',
    'backups_prune',
    'backups_schedule',
    'data_status',
  ]);
});

test('the whole list costs a model at most 1,250 bytes a tool', () => {
  const bytes = tools.map(tool => Buffer.byteLength(JSON.stringify(listingOf(tool))));
  const average = bytes.reduce((sum, size) => sum + size, 0) / tools.length;
  expect(average).toBeLessThanOrEqual(1_250);
});

test('read-only leaves exactly the tools that read', () => {
  const names = toolsOf(undefined, { readOnly: true }).map(tool => tool.name);
  expect(names).toEqual(tools.filter(tool => tool.kind === 'read').map(tool => tool.name));
  expect(names).toContain('k8s_list');
  expect(names).not.toContain('k8s_apply');
});

test('families choose tools in the order of the list, and an unknown one names the nearest', () => {
  const names = toolsOf(['changes', 'k8s'], { readOnly: false }).map(tool => tool.name);
  expect(names[0]).toBe('k8s_list');
  expect(names.at(-1)).toBe('changes_undo');
  expect(() => toolsOf(['kate', 'chages'], { readOnly: false })).toThrow(/no family of tools named kate/);
  expect(() => toolsOf(['chages'], { readOnly: false })).toThrow(
    expect.objectContaining({ code: 'INVALID_INPUT', details: { nearest: ['changes'] } }),
  );
});

test('names are unique', () => {
  expect(new Set(tools.map(tool => tool.name)).size).toBe(tools.length);
});

describe.each(tools.map(tool => ({ name: tool.name, tool })))('$name', ({ name, tool }) => {
  const listing = listingOf(tool);

  test('is named by its family and a verb or noun', () => {
    expect(name).toMatch(
      /^(k8s|manifests|changes|environments|playbooks|metrics|logs|backups|data)_[a-z]+(_[a-z]+)*$/,
    );
    expect(name.length).toBeLessThanOrEqual(64);
  });

  test('has annotations that match its sort', () => {
    const { readOnlyHint, destructiveHint } = listing.annotations;
    expect(readOnlyHint).toBe(tool.kind === 'read');
    if (readOnlyHint) expect(destructiveHint).toBe(false);
    expect(Object.keys(listing.annotations)).toHaveLength(4);
  });

  test('describes every input field, in camelCase', () => {
    const fields = fieldsOf(listing.inputSchema, name);
    for (const field of fields) {
      expect(field.schema['description'], field.path).toEqual(expect.any(String));
      expect(field.name, field.path).toMatch(/^[a-z][A-Za-z0-9]*$/);
    }
    if (name !== 'environments_list') expect(fields.length).toBeGreaterThan(0);
  });

  test('names every top-level output field, in camelCase', () => {
    const fields = fieldsOf(listing.outputSchema, name);
    expect(fields.length).toBeGreaterThan(1);
    for (const field of fields) expect(field.name, field.path).toMatch(/^[a-z][A-Za-z0-9]*$/);
  });

  test('refuses unknown fields and uses no union at the top', () => {
    expect(listing.inputSchema['additionalProperties']).toBe(false);
    expect(listing.inputSchema['type']).toBe('object');
    expect(keysOf(listing.inputSchema)).not.toEqual(expect.arrayContaining(['anyOf']));
    expect(keysOf(listing.inputSchema)).not.toEqual(expect.arrayContaining(['oneOf']));
    const parsed = tool.parse({ surelyUnknown: 1 });
    expect(parsed.ok).toBe(false);
    if (!parsed.ok) expect(parsed.issues.map(issue => issue.message).join()).toContain('surelyUnknown');
  });

  test('is listed as its golden file says', () => {
    const file = new URL(`${name}.json`, golden);
    const text = `${JSON.stringify(listing, undefined, 2)}\n`;
    if (updating) {
      mkdirSync(golden, { recursive: true });
      writeFileSync(file, text);
    }
    expect(existsSync(file), `${name}.json is missing; UPDATE_GOLDEN=1 writes it`).toBe(true);
    expect(text).toBe(readFileSync(file, 'utf8'));
  });
});

test('no golden file is left of a tool that is gone', () => {
  const files = readdirSync(golden).toSorted();
  expect(files).toEqual(tools.map(tool => `${tool.name}.json`).toSorted());
});
