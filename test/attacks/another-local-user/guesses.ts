import { randomBytes } from 'node:crypto';
import { defineAttack, judge } from '../attack.ts';
import { initialize } from '../http-door.ts';

/** More than anybody mistypes, few enough to be quick. */
const guesses = 300;

export const guessedTokens = defineAttack({
  name: 'http-guessed-tokens',
  adversary: 'another local user',
  does: 'Guesses tokens: 300 random ones, the right one with a letter changed, cut, lengthened, in other case, and its stored hash.',
  must: 'None is let in, ten a minute are answered 401 and the rest 429, and the owner of the right token is not locked out.',
  async run(ground) {
    const cluster = await ground.cluster();
    const door = await ground.http();
    const { token } = door;
    const { stdout } = await ground.home.shell('grep -h sha256 "$VIGIE_HOME/tokens.yaml"');
    const hash = /[0-9a-f]{64}/.exec(stdout)?.[0] ?? '';
    const tried = [
      token.slice(0, -1),
      `${token}A`,
      token.toLowerCase(),
      token.toUpperCase(),
      token.slice('vigie_'.length),
      hash,
      ...Array.from({ length: token.length - 6 }, (_, at) => changedAt(token, at + 6)),
      ...Array.from({ length: guesses }, () => `vigie_${randomBytes(32).toString('base64url')}`),
    ];
    const statuses: number[] = [];
    for (const guess of tried)
      statuses.push((await door.send({ headers: door.headers(guess), body: initialize })).status);
    const count = (status: number): number => statuses.filter(each => each === status).length;
    const owner = await door.send({ headers: door.headers(), body: initialize });
    return judge(`${count(401)} × 401, ${count(429)} × 429, the owner ${owner.status}`, {
      'none is let in': count(401) + count(429) === statuses.length,
      // A run may cross from one minute into the next.
      'at most ten a minute are looked at': count(401) <= 20 && count(429) > 0,
      'the owner is let in': owner.status === 200,
      'the hash was found to try it': hash !== '',
      'nothing reached the cluster': cluster.passed.length === 0,
    });
  },
});

function changedAt(token: string, at: number): string {
  return token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
}
