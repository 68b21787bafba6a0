/** What to paste where, so that an assistant starts this very program. */
export function connectLines(self: readonly string[], configFile?: string): string {
  const extra = configFile === undefined ? [] : ['--config', configFile];
  const [command = 'vigie', ...args] = [...self, 'serve', '--stdio', ...extra];
  const server = { command, args };
  return [
    'Claude Code, in a shell:',
    `  claude mcp add vigie -- ${[command, ...args].map(shellWord).join(' ')}`,
    'Claude Desktop (claude_desktop_config.json) and Cursor (~/.cursor/mcp.json):',
    indent(JSON.stringify({ mcpServers: { vigie: server } }, null, 2)),
    'VS Code (.vscode/mcp.json):',
    indent(JSON.stringify({ servers: { vigie: { type: 'stdio', ...server } } }, null, 2)),
  ].join('\n');
}

/** A word as a shell takes it for one. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '  ');
}
