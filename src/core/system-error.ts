/** The code of an error of Node or the operating system (`ENOENT`, `ECONNRESET`); undefined for what carries none. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
