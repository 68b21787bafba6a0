/** Whether a path is that of a step, or of something within it. */
export function isUnder(path: string, step: string): boolean {
  return path === step || path.startsWith(`${step}/`) || path.startsWith(`${step}[`);
}
