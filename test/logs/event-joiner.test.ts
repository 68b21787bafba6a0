import { describe, expect, test } from 'vitest';
import { EventJoiner, type LogEvent } from '../../src/logs/event-joiner.ts';

function joined(text: string): { events: LogEvent[]; joiner: EventJoiner } {
  const events: LogEvent[] = [];
  const joiner = new EventJoiner(event => events.push(event));
  for (const [index, line] of text.split('\n').entries())
    joiner.add({ atMs: index, where: 'web', text: line });
  joiner.end();
  return { events, joiner };
}

const texts = (text: string) => joined(text).events.map(event => `${event.lines} ${event.text}`);

describe('joining lines to events', () => {
  test('a stack trace of Java with its causes is one event', () => {
    expect(
      texts(
        'before\nException in thread "main" java.lang.X: locked\n\tat shop.Index.open(Index.java:88)\nCaused by: java.io.Y: disk\n\tat a.B.c(B.java:1)\n\t... 12 more\nafter',
      ),
    ).toEqual(['1 before', '5 Exception in thread "main" java.lang.X: locked', '1 after']);
  });

  test('a traceback of Python is one event, known by what was thrown', () => {
    expect(
      texts(
        'Traceback (most recent call last):\n  File "a.py", line 1, in <module>\n    go()\nValueError: no price\nafter',
      ),
    ).toEqual(['4 ValueError: no price', '1 after']);
  });

  test('a panic of Go is one event', () => {
    expect(
      texts(
        'panic: nil map\n\ngoroutine 1 [running]:\nmain.main()\n\t/app/main.go:7 +0x1d\nexit status 2\nstarted',
      ),
    ).toEqual(['6 panic: nil map', '1 started']);
  });

  test('lines that belong to what stood before are kept for whoever reads on backwards', () => {
    const { events, joiner } = joined('\tat a.B\n\tat c.D\nready');
    expect(events.map(event => event.text)).toEqual(['ready']);
    expect(joiner.leading.map(line => line.text)).toEqual(['\tat a.B', '\tat c.D']);

    const whole: LogEvent[] = [];
    const earlier = new EventJoiner(event => whole.push(event));
    earlier.add({ atMs: 0, where: 'web', text: 'java.lang.X: gone' });
    earlier.end(joiner.leading);
    expect(whole).toMatchObject([{ lines: 3, text: 'java.lang.X: gone' }]);
  });

  test('a trace without end does not grow without bound', () => {
    const { events } = joined(`X: deep\n${'\tat a.b\n'.repeat(5_000)}end`);
    expect(Math.max(...events.map(event => event.lines))).toBeLessThanOrEqual(1_000);
    expect(events.at(-1)?.text).toBe('end');
  });
});
