/** One request to a sandbox. @throws Error for an answer that refuses it */
export async function send(
  to: { url: string; token: string },
  request: { method: string; path: string; body?: unknown },
): Promise<void> {
  const { method, path, body } = request;
  const patch = method === 'PATCH';
  const response = await fetch(`${to.url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${to.token}`,
      'content-type': patch ? 'application/strategic-merge-patch+json' : 'application/json',
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  await response.arrayBuffer();
}
