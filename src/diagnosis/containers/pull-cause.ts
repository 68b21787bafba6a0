/** Why an image cannot be had. `slow`, `unknown`: the registry was asked, and its answer says nothing that is known here. */
export type PullCause =
  | 'absent'
  | 'denied'
  | 'unreachable'
  | 'limited'
  | 'platform'
  | 'name'
  | 'never'
  | 'certificate'
  | 'unknown';

/*
 * By the words of containerd, CRI-O and Docker, and of the registries behind them. A registry that shows nothing to
 * strangers says `denied` also of what it does not have, so that comes before.
 */
const signs: readonly (readonly [PullCause, RegExp])[] = [
  ['never', /is not present with pull policy of Never|ErrImageNeverPull/],
  ['name', /couldn't parse image name|invalid reference format|InvalidImageName|must be lowercase/],
  [
    'platform',
    /no match(?:ing manifest)? for (?:platform|linux|windows)|no image found in (?:manifest list|image index) for architecture|exec format error/i,
  ],
  ['limited', /too ?many ?requests|rate limit|\b429\b/i],
  ['certificate', /x509:|certificate signed by unknown|server gave HTTP response to HTTPS client/i],
  [
    'denied',
    /pull access denied|insufficient_scope|unauthorized|authentication required|\b40[13]\b|no basic auth credentials|access (?:to the resource is )?denied|requested access|forbidden/i,
  ],
  ['absent', /not found|manifest unknown|does not exist|\b404\b|name unknown|repository name not known/i],
  [
    'unreachable',
    /no such host|connection refused|i\/o timeout|timed? ?out|no route to host|connection reset|network is unreachable|server misbehaving|TLS handshake|EOF|\b50[0234]\b|context deadline exceeded|failed to do request/i,
  ],
];

// Messages of a runtime repeat themselves; the cause stands in the first of it.
const messageChars = 2_000;

export function pullCause(message: string): PullCause {
  const text = message.slice(0, messageChars);
  // `lookup …: no such host` is of a registry that nobody found, whatever else the text says of what was asked for.
  if (/no such host|connection refused|i\/o timeout/.test(text)) return 'unreachable';
  return signs.find(([, sign]) => sign.test(text))?.[0] ?? 'unknown';
}

/** `registry.example.com:5000` of `registry.example.com:5000/shop/web:1`; `docker.io` where an image names none. */
export function registryOf(image: string): string {
  const [first = '', ...rest] = image.split('/');
  const named = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  return named ? first : 'docker.io';
}
