/** Whether a URL names this machine itself. */
export function isLoopback(url: URL): boolean {
  return (
    url.hostname === 'localhost' || url.hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(url.hostname)
  );
}

/** As curl and kubectl do, this machine itself is never reached through a proxy of the environment. */
export function proxiesAround(url: URL): NodeJS.ProcessEnv | undefined {
  return isLoopback(url) ? undefined : process.env;
}
