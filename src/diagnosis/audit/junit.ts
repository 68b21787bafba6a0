import type { Reported } from './report.ts';
import { rules } from './rules/index.ts';

/** JUnit XML: a suite a rule, in which a rule that nothing breaks is one test that passed. */
export function junitOf(reported: readonly Reported[]): string {
  const byRule = Map.groupBy(reported, ({ rule }) => rule);
  const suites = rules.flatMap(({ id, title }) => {
    const found = byRule.get(id) ?? [];
    const cases =
      found.length === 0
        ? [`    <testcase classname=${quoted(id)} name=${quoted(title)}/>`]
        : found.map(failed);
    const counts = `tests="${cases.length}" failures="${found.length}" errors="0" skipped="0"`;
    return [`  <testsuite name=${quoted(id)} ${counts}>`, ...cases, '  </testsuite>'];
  });
  const passed = rules.filter(({ id }) => !byRule.has(id)).length;
  const all = `tests="${reported.length + passed}" failures="${reported.length}" errors="0"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="vigie" ${all}>`,
    ...suites,
    '</testsuites>',
    '',
  ].join('\n');
}

function failed({ rule, severity, object, path, message, question, file, line }: Reported): string {
  const where =
    file === undefined ? '' : ` file=${quoted(file)}${line === undefined ? '' : ` line="${line}"`}`;
  const text = escaped([message, ...(question === undefined ? [] : [question])].join('\n'));
  return [
    `    <testcase classname=${quoted(rule)} name=${quoted(`${object} ${path}`)}${where}>`,
    `      <failure type=${quoted(severity)} message=${quoted(message)}>${text}</failure>`,
    '    </testcase>',
  ].join('\n');
}

function quoted(text: string): string {
  return `"${escaped(text).replaceAll(/[\t\n\r]/g, ' ')}"`;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** What XML has no way to say (control characters, halves of a character) becomes a replacement character. */
function escaped(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, '\u{FFFD}')
    .replaceAll(/[&<>"']/g, sign => entities[sign] ?? sign);
}
