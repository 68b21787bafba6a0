import type { Tool as WireTool } from '@modelcontextprotocol/server';
import * as z from 'zod';
import type { Tool } from '../toolkit/tool.ts';

const described = new WeakMap<Tool, WireTool>();

/** A tool as `tools/list` shows it. Made once a tool and kept: a schema costs more than the rest of a request. */
export function describeTool(tool: Tool): WireTool {
  const known = described.get(tool);
  if (known !== undefined) return known;
  const wire: WireTool = {
    name: tool.name,
    title: tool.title,
    description: tool.description,
    inputSchema: objectSchema(tool.input, 'input'),
    outputSchema: objectSchema(tool.output, 'output'),
    annotations: {
      readOnlyHint: tool.kind === 'read',
      destructiveHint: tool.kind === 'change' && tool.destructive,
      idempotentHint: tool.idempotent,
      openWorldHint: tool.environmental,
    },
  };
  described.set(tool, wire);
  return wire;
}

/**
 * Without `$schema`: 2020-12 is the protocol's default and would cost 60 bytes twice a tool. Without the bounds of
 * a safe integer, which say nothing a caller needs.
 */
function objectSchema(schema: z.ZodObject, io: 'input' | 'output'): WireTool['inputSchema'] {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io,
    override: ({ jsonSchema }) => {
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    },
  });
  return { ...rest, type: 'object' } as WireTool['inputSchema'];
}
