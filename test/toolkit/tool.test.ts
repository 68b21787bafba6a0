import { expect, test, vi } from 'vitest';
import * as z from 'zod';
import { defineReadTool, type ToolContext } from '../../src/toolkit/tool.ts';

test('a body in a module of its own is loaded by the first call alone, and not by looking at the tool or its input', async () => {
  const load = vi.fn(async () => ({
    read: async ({ text }: { text: string }) => ({ data: { length: text.length }, text }),
  }));
  const tool = defineReadTool({
    name: 'probe_late',
    title: 'Probe',
    description: 'Answers.',
    input: z.strictObject({ text: z.string() }),
    output: z.object({ length: z.int() }),
    load,
  });
  const parsed = tool.parse({ text: 'here', environment: 'test' });
  expect(tool.parse({ text: 5 })).toMatchObject({ ok: false, issues: [{ field: 'text' }] });
  expect(load).not.toHaveBeenCalled();
  if (!parsed.ok) throw new Error('the input is refused');
  expect(await parsed.run({} as ToolContext)).toEqual({ data: { length: 4 }, text: 'here' });
  expect(load).toHaveBeenCalledOnce();
});
