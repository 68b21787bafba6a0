import { expect, test } from 'vitest';
import { readCases } from '../../../src/engine/cases/read-cases.ts';

const head = 'apiVersion: vigie/v1\nkind: PlaybookTest\ncases:\n';

test('a case has what is left out: the shop, approvals that are given, nothing that happens meanwhile', async () => {
  const { cases } = await readCases(`${head}  - {name: one, expect: {status: done}}\n`);
  expect(cases).toEqual([
    {
      name: 'one',
      world: 'shop',
      inputs: {},
      unread: [],
      secrets: [],
      approvals: 'given',
      meanwhile: [],
      expect: { status: 'done', healed: [], remains: [], undone: false, steps: {}, objects: [] },
    },
  ]);
});

test.each([
  {
    what: 'a key that there is not',
    text: '  - {name: one, fualt: image-tag, expect: {status: done}}\n',
    mistake: { line: 4, column: 17, message: 'there is no key fualt here', fix: 'Did you mean fault?' },
  },
  {
    what: 'a key of the expectation',
    text: '  - name: one\n    expect:\n      status: done\n      heald: [OUT_OF_MEMORY]\n',
    mistake: { line: 7, column: 7, message: 'there is no key heald here', fix: 'Did you mean healed?' },
  },
  {
    what: 'a code that is none',
    text: '  - {name: one, expect: {status: done, healed: [oom]}}\n',
    mistake: { line: 4, message: 'must be a code of docs/findings.md, as OUT_OF_MEMORY' },
  },
  {
    what: 'a write that does two things',
    text: '  - {name: one, fault: [{pass: 1m, fault: image-tag}], expect: {status: done}}\n',
    mistake: { line: 4, field: 'cases[0].fault[0]', message: 'must do one thing' },
  },
  {
    what: 'a patch without what it says',
    text: '  - {name: one, fault: [{patch: {kind: Service, name: cart}}], expect: {status: done}}\n',
    mistake: { line: 4, message: 'patch and with go together' },
  },
  {
    what: 'no case',
    text: '  []\n',
    mistake: { line: 3, message: 'names none' },
  },
])('$what is told with its line', async ({ text, mistake }) => {
  const { mistakes } = { mistakes: [], ...(await readCases(head + text)) };
  expect(mistakes[0]).toMatchObject(mistake);
});

test('what stands for something else is refused, as in playbooks', async () => {
  const read = await readCases(`${head}  - &one {name: one, expect: {status: done}}\n  - *one\n`);
  expect(read.cases).toBeUndefined();
});
