import { expect, test } from 'vitest';
import { junitOf } from '../../../src/diagnosis/audit/junit.ts';
import { sarifOf } from '../../../src/diagnosis/audit/sarif.ts';

const finding = {
  rule: 'privileged',
  severity: 'high',
  object: 'Deployment/web in shop',
  path: 'spec.template.spec.containers[0].securityContext.privileged',
  message: 'container web is privileged',
};

test('JUnit text holds nothing that XML has no way to say, and no element that a name brings', () => {
  const xml = junitOf([
    {
      ...finding,
      object: 'Pod/"/><failure>\u0000\ud800\uffff',
      message: "]]></failure>&'\n\t\u001b[31m",
      file: 'a"b<c>.yaml',
      line: 3,
    },
  ]);
  expect(xml.match(/<failure /g)).toHaveLength(1);
  expect(xml).toContain('name="Pod/&quot;/&gt;&lt;failure&gt;\ufffd\ufffd\ufffd spec');
  expect(xml).toContain('file="a&quot;b&lt;c&gt;.yaml" line="3"');
  expect(xml).toContain(']]&gt;&lt;/failure&gt;&amp;&apos;\n\t\ufffd[31m</failure>');
  expect(xml.isWellFormed()).toBe(true);
});

test('a rule that nothing breaks is a test that passed', () => {
  const xml = junitOf([]);
  expect(xml).toMatch(/<testsuites name="vigie" tests="(\d+)" failures="0" errors="0">/);
  expect(xml).toContain('<testcase classname="privileged" name="Privileged container"/>');
});

test('paths in SARIF are relative as they were typed, and what a URI cannot hold is spelled', () => {
  const uriOf = (file: string) => {
    const text = JSON.stringify(sarifOf([{ ...finding, file, line: 2 }], { version: '1.0.0' }));
    return /"uri":"([^"]*)"/.exec(text)?.[1];
  };
  expect(uriOf('./deploy/web.yaml')).toBe('deploy/web.yaml');
  expect(uriOf('deploy/my web#1.yaml')).toBe('deploy/my%20web%231.yaml');
  expect(uriOf('/srv/web 1.yaml')).toBe('file:///srv/web%201.yaml');
});

test('a fingerprint knows a finding by its rule, object and path, and by nothing that moves', () => {
  const printOf = (other: Partial<typeof finding> & { line?: number }) => {
    const text = JSON.stringify(sarifOf([{ ...finding, file: 'a.yaml', ...other }], { version: '1' }));
    return /"vigieFinding\/v1":"([0-9a-f]{64})"/.exec(text)?.[1];
  };
  expect(printOf({ line: 1 })).toBe(printOf({ line: 9, message: 'said otherwise' }));
  expect(printOf({})).not.toBe(printOf({ object: 'Deployment/api in shop' }));
});
