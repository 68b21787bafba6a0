// What each part of the MCP server loads, to be one chunk of the bundle with what serves over stdio (see build.mjs).
import '../src/server/stdio.ts';
