import { defineAttack, judge } from '../attack.ts';
import { initialize } from '../http-door.ts';

export const noToken = defineAttack({
  name: 'http-without-a-token',
  adversary: 'another local user',
  does: 'Asks the port on loopback without a token, with an empty one and with other schemes.',
  must: 'Every request is answered 401, and none reaches the cluster.',
  async run(ground) {
    const cluster = await ground.cluster();
    const door = await ground.http();
    const { authorization: _, ...bare } = door.headers();
    const schemes = ['Bearer', 'Bearer ', 'Basic YWxpY2U6eA==', `Token ${door.token}`, door.token];
    const statuses = [(await door.send({ headers: bare, body: initialize })).status];
    for (const authorization of schemes) {
      const { status } = await door.send({ headers: { ...bare, authorization }, body: initialize });
      statuses.push(status);
    }
    return judge(`${statuses.join(' ')}, ${cluster.passed.length} requests at the cluster`, {
      'each is 401': statuses.every(status => status === 401),
      'nothing reached the cluster': cluster.passed.length === 0,
      'the right token is let in':
        (await door.send({ headers: door.headers(), body: initialize })).status === 200,
    });
  },
});
