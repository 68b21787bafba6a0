import type { ProbeName } from './probe-kills.ts';
import type { RefusalCause } from './probe-refusal.ts';
import type { ProbeTarget } from './probe-target.ts';

export type ProbeCode =
  | 'PROBE_PORT_UNKNOWN'
  | 'PROBE_WRONG_PORT'
  | 'PROBE_WRONG_PATH'
  | 'PROBE_WRONG_SCHEME'
  | 'PROBE_COMMAND_MISSING'
  | 'PROBE_TOO_EARLY'
  | 'PROBE_TIMES_OUT'
  | 'PROBE_FAILS';

interface Told {
  code: ProbeCode;
  probe: ProbeName;
  container: string;
  killed: boolean;
  target: ProbeTarget | undefined;
  meant: number | undefined;
  cause: RefusalCause | undefined;
}

export function textOfProbe({ code, probe, container, killed, target, meant, cause }: Told): {
  summary: string;
  question: string;
} {
  const who = `the ${probe} probe of ${container}`;
  const so = killed ? ', and the container is killed for it again and again' : '';
  const port = target?.port ?? 'its port';
  const path = target?.path ?? 'its path';
  switch (code) {
    case 'PROBE_PORT_UNKNOWN':
      return {
        summary: `${who} asks port ${port}, a name that the container does not declare`,
        question: `Which port does ${container} listen on?`,
      };
    case 'PROBE_WRONG_PORT':
      return {
        summary: `${who} asks port ${port}${meant === undefined ? ', where nobody listens' : `, but ${container} listens on ${meant}`}${so}`,
        question: `Which port does ${container} listen on?`,
      };
    case 'PROBE_WRONG_PATH':
      return {
        summary: `${who} asks for ${path}, which ${cause === 'credentials' ? 'needs credentials' : 'the program does not have'}${so}`,
        question: `Which path of ${container} tells whether it is well?`,
      };
    case 'PROBE_WRONG_SCHEME':
      return {
        summary: `${who} speaks ${cause === 'tls-unknown' ? 'HTTPS to a port that speaks HTTP' : 'HTTP to a port that wants HTTPS'}${so}`,
        question: `Does ${container} speak HTTP or HTTPS on port ${port}?`,
      };
    case 'PROBE_COMMAND_MISSING':
      return {
        summary: `${who} runs a command that is not in the image${so}`,
        question: `Which command in the image tells whether ${container} is well?`,
      };
    case 'PROBE_TOO_EARLY':
      return {
        summary: `${who} kills it before it has started, again and again`,
        question: `How long does ${container} take to start? A startupProbe with periodSeconds × failureThreshold above that lets it.`,
      };
    case 'PROBE_TIMES_OUT':
      return {
        summary: `${who} gets no answer in its time${so}`,
        question: `Is ${container} too busy to answer, or is timeoutSeconds too short?`,
      };
    case 'PROBE_FAILS':
      return {
        summary:
          cause === 'refused'
            ? `${who} is refused on port ${port}: nothing listens there${so}`
            : `${who} does not pass${so}`,
        question: `What does ${container} need in order to be well?`,
      };
  }
}
