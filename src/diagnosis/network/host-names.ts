/** Whether a name with or without a wildcard is for a host: `*.` stands for one label, and a host with one needs the same. */
export function covers(name: string, host: string): boolean {
  if (name === host) return true;
  return name.startsWith('*.') && host.includes('.') && host.slice(host.indexOf('.')) === name.slice(1);
}
