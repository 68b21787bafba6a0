import { type JsonObject, listOf, textOf } from '../core/json.ts';
import { cleanLine } from '../core/text.ts';
import { amountText, measured } from './measure.ts';
import { type Line, notChecked, worstFirst } from './verdict.ts';

const nameChars = 100;
const leading = new Set(['leader', 'master', 'standby_leader']);
const synchronous = new Set(['sync_standby', 'quorum_standby']);
const following = new Set(['streaming', 'running', 'in archive recovery']);

/** A Patroni cluster as one of its members tells it, judged. `config`: what holds for all; absent: it was not told. */
export function judgePatroni(
  cluster: JsonObject,
  { config }: { config: JsonObject | undefined },
): { about: string; lines: Line[] } {
  const members = listOf(cluster, 'members').map(memberOf);
  const leaders = members.filter(({ role }) => leading.has(role));
  const replicas = members.filter(({ role }) => !leading.has(role));
  return {
    about: `Patroni, ${members.length} members`,
    lines: [
      leaderLine(leaders),
      ...replicaLines(replicas, leaders[0]),
      cluster['pause'] === true
        ? {
            check: 'pause',
            level: 'warning',
            text: 'is on: nobody takes the lead when it is lost',
            source: 'patronictl resume ends it',
          }
        : { check: 'pause', level: 'ok', text: 'is off' },
      synchronousLine(members, config),
    ],
  };
}

interface Member {
  name: string;
  role: string;
  state: string;
  timeline: number | undefined;
  lag: number | undefined;
}

function memberOf(member: JsonObject): Member {
  const { timeline, lag } = member;
  return {
    name: cleanLine(textOf(member, 'name'), nameChars),
    role: cleanLine(textOf(member, 'role'), nameChars),
    state: cleanLine(textOf(member, 'state'), nameChars),
    timeline: typeof timeline === 'number' ? timeline : undefined,
    lag: typeof lag === 'number' ? lag : undefined,
  };
}

function leaderLine([leader, ...others]: readonly Member[]): Line {
  const check = 'leader';
  if (leader === undefined)
    return { check, level: 'critical', text: 'there is none', source: 'one member is to lead' };
  if (others.length > 0)
    return {
      check,
      level: 'critical',
      text: `there are several: ${[leader, ...others].map(({ name }) => name).join(', ')}`,
      source: 'one member is to lead',
    };
  if (leader.state !== 'running')
    return {
      check,
      level: 'critical',
      text: `${leader.name} is ${leader.state}`,
      source: 'it is to be running',
    };
  return {
    check,
    level: 'ok',
    text: `${leader.name}${leader.timeline === undefined ? '' : `, timeline ${leader.timeline}`}`,
  };
}

function replicaLines(replicas: readonly Member[], leader: Member | undefined): Line[] {
  if (replicas.length === 0)
    return [
      {
        check: 'members',
        level: 'warning',
        text: 'nobody follows, and nobody can take the lead',
        source: 'one is to follow',
      },
    ];
  return worstFirst(
    replicas.map((replica): Line => {
      const { name, state, timeline, lag } = replica;
      const check = `member ${name}`;
      if (!following.has(state))
        return { check, level: 'warning', text: `is ${state}`, source: 'it is to be streaming or running' };
      if (leader?.timeline !== undefined && timeline !== undefined && timeline !== leader.timeline)
        return {
          check,
          level: 'warning',
          text: `is on timeline ${timeline}, and the leader on ${leader.timeline}`,
          source: 'both are to be on one: until then it does not follow',
        };
      if (lag === undefined) return notChecked(check, `is ${state}, and its lag is not known`);
      return measured(check, {
        value: lag,
        by: 'patroni.lag',
        text: `${state}, ${amountText(lag, 'bytes')} behind`,
      });
    }),
  );
}

function synchronousLine(members: readonly Member[], config: JsonObject | undefined): Line {
  const check = 'synchronous standby';
  if (config === undefined) return notChecked(check, 'the configuration of the cluster was not told');
  const mode = config['synchronous_mode'];
  if (mode === undefined || mode === false || mode === 'off')
    return { check, level: 'note', text: 'none is asked for (synchronous_mode is off)' };
  const names = members.filter(({ role }) => synchronous.has(role)).map(({ name }) => name);
  if (names.length > 0) return { check, level: 'ok', text: names.join(', ') };
  return config['synchronous_mode_strict'] === true
    ? {
        check,
        level: 'critical',
        text: 'there is none, so no write is confirmed',
        source: 'synchronous_mode_strict is on',
      }
    : {
        check,
        level: 'warning',
        text: 'there is none, so a failover may lose writes',
        source: 'synchronous_mode is on',
      };
}
