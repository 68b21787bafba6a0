import { describe, expect, test } from 'vitest';
import { linesOf, mistakesIn, playbookOf } from './mistakes-in.ts';

const fix = 'tool: k8s_scale, with: {target: {kind: Deployment, name: web}, replicas: 1}';
const look = '- {id: look, tool: k8s_diagnose, with: {format: json}}';

/** What stands behind `steps:`, from line 5 on, and what is said of it. */
const steps: [name: string, steps: string, said: string[]][] = [
  ['a step that is right', look, []],
  ['a tool that there is not', '- {tool: k8s_scal, with: {}}', ['5: there is no tool k8s_scal']],
  [
    'an argument that there is not',
    '- {tool: k8s_list, with: {kind: Pod, selector: a}}',
    ['5: k8s_list takes no selector'],
  ],
  [
    'an argument within one',
    '- tool: k8s_scale\n  with:\n    target: {kind: Deployment, name: web, ns: a}\n    replicas: 1',
    ['7: k8s_scale takes no target.ns'],
  ],
  ['an argument that is missing', '- {tool: k8s_list}', ['5: k8s_list needs kind']],
  [
    'an argument of another type',
    '- {tool: k8s_list, with: {kind: 3}}',
    ['5: k8s_list takes another kind: expected string, received number'],
  ],
  [
    'an expression of another type',
    `${look}\n- tool: k8s_list\n  with: {kind: Pod, limit: "\${{ run.id }}"}`,
    ['7: k8s_list takes another limit: expected number, received string'],
  ],
  [
    'an expression whose type only shows later',
    `${look}\n- {tool: k8s_list, with: {kind: Pod, limit: "\${{ steps.look.output.findings[0].n }}"}}`,
    [],
  ],
  [
    'a constant out of bounds',
    '- {tool: k8s_list, with: {kind: Pod, limit: "${{ 100 * 100 }}"}}',
    ['5: k8s_list takes another limit: Too big: expected number to be <=500'],
  ],
  ['an id given twice', `${look}\n${look}`, ['6: there is a step look already']],
  [
    'an id by which a run notes something of its own under a step',
    `${look.replace('look', 'over')}\n- {foreach: {in: "\${{ [1] }}", as: n}, steps: [{id: seat1, wait: {for: 1s}}, {id: since, wait: {for: 1s}}]}\n- parallel: {branches: [{id: a, steps: [{id: begun, wait: {for: 1s}}]}, {id: b, steps: [{id: timeout, wait: {for: 1s}}, {id: seat, wait: {for: 1s}}, {id: overseas, wait: {for: 1s}}]}]}`,
    [
      '5: over is the name of a note that runs keep under their steps',
      '6: seat1 is the name of a note that runs keep under their steps',
      '6: since is the name of a note that runs keep under their steps',
      '7: begun is the name of a note that runs keep under their steps',
    ],
  ],
  [
    'an id given twice in a branch',
    `${look}\n- parallel: {branches: [{id: a, steps: [${look.slice(2)}]}, {id: b, steps: [{wait: {for: 1s}}]}]}`,
    ['6: there is a step look already'],
  ],
  [
    'two branches of one name',
    '- parallel: {branches: [{id: a, steps: [{wait: {for: 1s}}]}, {id: a, steps: [{wait: {for: 1s}}]}]}',
    ['5: there is a branch a already'],
  ],
  [
    'an input that there is not',
    '- {tool: k8s_list, with: {kind: "${{ inputs.kinds }}"}}',
    ['5: there is no input kinds'],
  ],
  [
    'a variable that there is not',
    '- {if: input.x == 1, wait: {for: 1s}}',
    ['5: there is no variable input here'],
  ],
  [
    'what runs after a rejection',
    '- {id: gate, approval: {for: [fix]}}\n- {id: fix, tool: k8s_scale, with: {target: {kind: Deployment, name: web}, replicas: 1}}\n- {if: steps.gate.output.decision == "rejected", wait: {for: 1s}}\n- {if: \'"skipped" != steps.gate.output.decision\', wait: {for: 1s}}\n- {if: steps.gate.output.decision == "approved", wait: {for: 1s}}',
    ['7: the decision of gate is never rejected', '8: the decision of gate is never skipped'],
  ],
  [
    'a part of the run that there is not',
    '- {if: run.enviroment == "a", wait: {for: 1s}}',
    ['5: run has no enviroment'],
  ],
  [
    'a step that there is not',
    `${look}\n- {if: steps.loook.ok, wait: {for: 1s}}`,
    ['6: there is no step loook'],
  ],
  [
    'a step that comes later',
    `- {if: steps.look.ok, wait: {for: 1s}}\n${look}`,
    ['5: look has not run yet here'],
  ],
  ['a step that is itself', '- {id: me, if: steps.me.ok, wait: {for: 1s}}', ['5: me has not run yet here']],
  [
    'a part of a step that there is not',
    `${look}\n- {if: steps.look.outputs.x, wait: {for: 1s}}`,
    ['6: a step has no outputs'],
  ],
  [
    'a key that the tool does not answer',
    `${look}\n- {if: size(steps.look.output.finding) > 0, wait: {for: 1s}}`,
    ['6: look answers no finding'],
  ],
  [
    'a key that no argument asks the tool for',
    '- {id: look, tool: k8s_diagnose}\n- {if: size(steps.look.output.findings) > 0, wait: {for: 1s}}\n- {id: s, set: {a: "${{ steps.look.output.findings }}"}}\n- {foreach: {in: "${{ steps.look.output.findings }}", as: f}, steps: [{wait: {for: 1s}}]}',
    [
      '6: look answers findings only where it is asked for: format: json',
      '7: look answers findings only where it is asked for: format: json',
      '8: look answers findings only where it is asked for: format: json',
    ],
  ],
  [
    'the same of what a wait answered, asked for otherwise',
    '- {id: seen, wait: {tool: k8s_get, with: {target: {kind: Node, name: a}, format: yaml}, until: output.name == "a"}}\n- {if: steps.seen.output.object.spec.unschedulable, wait: {for: 1s}}',
    ['6: seen answers object only where it is asked for: format: json'],
  ],
  [
    'a key that may be asked for, by an argument that is worked out',
    '- {id: rows, tool: k8s_list, with: {kind: Pod, format: "${{ run.environment }}"}}\n- {if: size(steps.rows.output.rows) > 0, wait: {for: 1s}}',
    [],
  ],
  [
    'what a rollout answers of itself, asked for and not',
    `- {id: now, tool: k8s_rollout, with: {target: {kind: Deployment, name: web}, action: history}}\n- {if: size(steps.now.output.revisions) > 1, wait: {for: 1s}}\n- {if: steps.now.output.health == "healthy", wait: {for: 1s}}`,
    ['7: now answers health only where it is asked for: action: status'],
  ],
  [
    'a key that may not be there, where the expression asks whether it is',
    `- {id: look, tool: k8s_list, with: {kind: Pod}}
- {id: s, set: {a: "\${{ has(steps.look.output.rows) ? size(steps.look.output.rows) : 0 }}", b: '\${{ "rows" in steps.look.output ? steps.look.output.rows : [] }}'}}
- wait: {tool: k8s_list, with: {kind: Pod}, until: 'has(output.rows) || output.total > 0'}
- {id: fix, ${fix}, verify: {tool: k8s_diagnose, until: '!("findings" in output) || size(output.findings) == 0'}}`,
    [],
  ],
  [
    'a key that is not there, where the expression asks for another, or for one within it',
    `- {id: look, tool: k8s_list, with: {kind: Pod}}
- {if: 'has(steps.look.output.total) && size(steps.look.output.rows) > 0', wait: {for: 1s}}
- {if: 'has(steps.look.output.rows.first)', wait: {for: 1s}}
- {if: 'has(steps.look.output.row)', wait: {for: 1s}}
- wait: {tool: k8s_list, with: {kind: Pod}, until: 'has(output.total) && size(output.rows) > 0'}
- {id: other, tool: k8s_list, with: {kind: Pod}}
- {if: 'has(steps.other.output.rows) && size(steps.look.output.rows) > 0', wait: {for: 1s}}`,
    [
      '6: look answers rows only where it is asked for: format: json',
      '7: look answers rows only where it is asked for: format: json',
      '8: look answers no row',
      '9: k8s_list answers rows only where it is asked for: format: json',
      '11: look answers rows only where it is asked for: format: json',
    ],
  ],
  [
    'an undo by what nothing asks for',
    `- {id: look, tool: k8s_list, with: {kind: Pod}}\n- {id: fix, ${fix}, undo: {tool: k8s_scale, with: {target: {kind: Deployment, name: web}, replicas: "\${{ size(steps.look.output.rows) }}"}}}`,
    ['6: look answers rows only where it is asked for: format: json'],
  ],
  [
    'steps as a whole',
    `${look}\n- {if: size(steps) > 0, wait: {for: 1s}}`,
    ['6: steps are read by their ids'],
  ],
  [
    'steps by an id that is worked out',
    `${look}\n- {if: 'steps[run.id].ok', wait: {for: 1s}}`,
    ['6: steps are read by their ids'],
  ],
  [
    'a dash in an id',
    '- {id: my-look, tool: k8s_diagnose}\n- {if: steps.my-look.ok, wait: {for: 1s}}',
    ['6: look is no variable: a dash is a minus'],
  ],
  [
    'a dash in an id between brackets',
    `- {id: my-look, tool: k8s_diagnose}\n- {if: 'steps["my-look"].ok', wait: {for: 1s}}`,
    [],
  ],
  [
    'what a step answered that may not have run',
    '- {id: look, if: run.id == "a", tool: k8s_diagnose}\n- {if: steps.look.output.truncated, wait: {for: 1s}}',
    ['6: look may not have run or may have failed here'],
  ],
  [
    'what a step answered that may have failed',
    '- {id: look, continueOnError: true, tool: k8s_diagnose}\n- {if: steps.look.output.truncated, wait: {for: 1s}}',
    ['6: look may not have run or may have failed here'],
  ],
  [
    'the same, asked before in the expression',
    '- {id: look, continueOnError: true, tool: k8s_diagnose}\n- {if: steps.look.ok && steps.look.output.truncated, wait: {for: 1s}}\n- {id: s, set: {a: "${{ steps.look.ok ? steps.look.output.summary : run.id }}"}}',
    [],
  ],
  [
    'the same, asked in the wrong branch',
    '- {id: look, continueOnError: true, tool: k8s_diagnose}\n- {if: steps.look.ok || steps.look.output.truncated, wait: {for: 1s}}\n- {id: s, set: {a: "${{ steps.look.ok ? run.id : steps.look.output.summary }}"}}',
    ['6: look may not have run or may have failed here', '7: look may not have run or may have failed here'],
  ],
  [
    'the same, asked by the if of the step',
    '- {id: look, continueOnError: true, tool: k8s_diagnose}\n- {if: steps.look.ok, tool: k8s_list, with: {kind: "${{ steps.look.output.summary }}"}}',
    [],
  ],
  [
    'the same, asked by the if of a step around it',
    '- {id: look, continueOnError: true, tool: k8s_diagnose}\n- if: steps.look.ok\n  foreach: {in: [1], as: n}\n  steps: [{id: s, set: {a: "${{ steps.look.output.summary }}"}}]',
    [],
  ],
  [
    'what ran in another branch',
    '- parallel:\n    branches:\n      - {id: a, steps: [{id: one, tool: k8s_diagnose}]}\n      - {id: b, steps: [{if: steps.one.ok, wait: {for: 1s}}]}\n- {if: steps.one.output.truncated, wait: {for: 1s}}',
    ['8: one has not run yet here'],
  ],
  [
    'what ran in branches that end by themselves',
    '- parallel: {mode: settled, branches: [{id: a, steps: [{id: one, tool: k8s_diagnose}]}, {id: b, steps: [{wait: {for: 1s}}]}]}\n- {if: steps.one.output.truncated, wait: {for: 1s}}',
    ['6: one may not have run or may have failed here'],
  ],
  [
    'what ran once for each item',
    '- {id: all, foreach: {in: [1], as: n}, steps: [{id: one, tool: k8s_diagnose}]}\n- {if: steps.one.ok, wait: {for: 1s}}\n- {if: size(steps.all.output.items) > 0, wait: {for: 1s}}',
    ['6: one runs once for each item of all'],
  ],
  ['an item', '- {foreach: {in: [Pod], as: kind}, tool: k8s_list, with: {kind: "${{ kind }}"}}', []],
  [
    'an item outside',
    '- {foreach: {in: [Pod], as: kind}, tool: k8s_list, with: {kind: Pod}}\n- {if: kind == "a", wait: {for: 1s}}',
    ['6: there is no variable kind here'],
  ],
  [
    'an item that hides another',
    '- foreach: {in: [1], as: n}\n  steps: [{foreach: {in: [1], as: n}, steps: [{wait: {for: 1s}}]}]',
    ['6: n means something else here'],
  ],
  [
    'an item called as a variable',
    '- {foreach: {in: [1], as: steps}, steps: [{wait: {for: 1s}}]}',
    ['5: steps means something else here'],
  ],
  [
    'an item called as a type',
    '- {foreach: {in: [1], as: string}, steps: [{wait: {for: 1s}}]}',
    ['5: string means something else here'],
  ],
  [
    'an item called constructor',
    '- {foreach: {in: [1], as: constructor}, steps: [{if: constructor == 1, wait: {for: 1s}}]}',
    [],
  ],
  [
    'a macro that hides a variable',
    `${look}\n- {if: 'steps.look.output.findings.all(run, run.x)', wait: {for: 1s}}`,
    ['6: run means something else here and cannot be a variable of its own'],
  ],
  [
    'a list that is none',
    '- {foreach: {in: "${{ run.id }}", as: n}, steps: [{wait: {for: 1s}}]}',
    ['5: what is gone through must be a list, and this is string'],
  ],
  [
    'a list in a text',
    '- {foreach: {in: "a ${{ run.id }}", as: n}, steps: [{wait: {for: 1s}}]}',
    ['5: what is gone through must be a list, and a text is none'],
  ],
  [
    'an empty list',
    '- {foreach: {in: [], as: n}, steps: [{wait: {for: 1s}}]}',
    ['5: the list is empty: the step never runs'],
  ],
  ['a step that never runs', '- {if: false, wait: {for: 1s}}', ['5: the step never runs']],
  ['a condition that is never so', '- {if: 2 < 1, wait: {for: 1s}}', ['5: the step never runs']],
  [
    'a condition that is none',
    '- {if: run.id, wait: {for: 1s}}',
    ['5: a condition must be true or false, and this is string'],
  ],
  [
    'an expression that does not end',
    '- {id: s, set: {a: "x ${{ run.id"}}',
    ['5: an expression begins here and does not end'],
  ],
  ['an empty expression', '- {id: s, set: {a: "${{ }}"}}', ['5: an expression is empty']],
  [
    'three macros in one another',
    `${look}\n- {if: 'steps.look.output.findings.all(a, a.all(b, b.all(c, c > 0)))', wait: {for: 1s}}`,
    ['6: all, exists, map and filter stand in one another more than 2 deep'],
  ],
  [
    'numbers that do not mix',
    '- {id: s, set: {a: "${{ 1.5 * 2 }}"}}',
    ['5: the expression cannot be used: no such overload: double * int'],
  ],
  [
    'a map with a prototype',
    `- {id: s, set: {a: '\${{ {"__proto__": {"a": 1}} }}'}}`,
    ['5: the key __proto__ is not allowed'],
  ],
  ['bytes', `- {id: s, set: {a: "\${{ b'abc' }}"}}`, ['5: bytes cannot be handed on']],
  [
    'a quantifier over nothing',
    '- {if: "[].all(e, e > 0)", wait: {for: 1s}}',
    ['5: the expression cannot be used: a part of it has no type, such as a list that is written out empty'],
  ],
  [
    'one attempt',
    '- {tool: k8s_list, with: {kind: Pod}, retry: {attempts: 1}}',
    ['5: one attempt is no retry'],
  ],
  [
    'a retry that never happens',
    '- {tool: k8s_list, with: {kind: Pod}, retry: {attempts: 2, on: [failed, unverified]}}',
    ['5: k8s_list only reads, and never ends as unverified'],
  ],
  [
    'an undo of a read',
    '- {tool: k8s_list, with: {kind: Pod}, undo: none}',
    ['5: k8s_list only reads: there is nothing to undo'],
  ],
  [
    'a verify of a read',
    '- {tool: k8s_list, with: {kind: Pod}, verify: {tool: k8s_list, with: {kind: Pod}, until: output.total > 0}}',
    ['5: k8s_list only reads: there is nothing to verify'],
  ],
  [
    'an undo that only reads',
    '- {tool: k8s_scale, with: {target: {kind: Deployment, name: web}, replicas: 1}, undo: {tool: k8s_list, with: {kind: Pod}}}',
    ['5: k8s_list only reads, and takes nothing back'],
  ],
  [
    'a verify that changes',
    '- {tool: k8s_scale, with: {target: {kind: Deployment, name: web}, replicas: 1}, verify: {tool: k8s_scale, with: {target: {kind: Deployment, name: web}, replicas: 1}, until: output.status == "done"}}',
    ['5: k8s_scale changes something, and would do so again and again'],
  ],
  [
    'a wait for what is not answered',
    '- wait: {tool: k8s_list, with: {kind: Pod}, until: output.totl == 0}',
    ['5: k8s_list answers no totl'],
  ],
  [
    'a wait for what no argument asks for',
    '- wait: {tool: k8s_diagnose, with: {namespace: shop}, until: size(output.findings) == 0}',
    ['5: k8s_diagnose answers findings only where it is asked for: format: json'],
  ],
  [
    'a verify by what no argument asks for',
    `- {id: fix, ${fix}, verify: {tool: k8s_diagnose, until: size(output.findings) == 0}}`,
    ['5: k8s_diagnose answers findings only where it is asked for: format: json'],
  ],
  [
    'what a wait says of its end, by a step that there is not',
    '- wait: {tool: k8s_list, with: {kind: Pod}, until: output.total == 0, otherwise: "${{ steps.a.output.b }} is taken"}',
    ['5: there is no step a'],
  ],
  [
    'what a verify says of its end, by what it answers, which it may not have',
    `- {id: fix, ${fix}, verify: {tool: k8s_list, with: {kind: Pod}, until: output.total == 0, otherwise: "\${{ output.total }} are left"}}`,
    ['5: there is no variable output here'],
  ],
  [
    'a wait for what does not depend on it',
    '- wait: {tool: k8s_list, with: {kind: Pod}, until: "true"}',
    ['5: what is waited for does not depend on the answer'],
  ],
  [
    'output where nothing answers',
    '- {if: output.total == 0, wait: {for: 1s}}',
    ['5: there is no variable output here'],
  ],
  [
    'a wait until no moment',
    '- {wait: {at: tomorrow}}\n- {wait: {at: "2027-02-31T00:00:00"}}\n- {wait: {at: "2027-01-31T06:00:00Z"}}',
    ['5: that is no moment', '6: that is no moment'],
  ],
  ['a set that nothing can read', '- {set: {a: 1}}', ['5: nothing can read what is set here']],
  ['an approval for no step', `- {approval: {for: [fix]}}\n${look}`, ['5: there is no step fix']],
  [
    'an approval for a read',
    `- {approval: {for: [look]}}\n${look}`,
    ['5: look changes nothing, so there is nothing to approve'],
  ],
  [
    'an approval after the change',
    '- {id: fix, tool: k8s_scale, with: {target: {kind: Deployment, name: web}, replicas: 1}}\n- {approval: {for: [fix]}}',
    ['6: fix does not run after this'],
  ],
  [
    'an approval that may leave its steps out',
    '- {approval: {for: [fix], onTimeout: skip}}\n- {id: fix, tool: k8s_scale, with: {target: {kind: Deployment, name: web}, replicas: 1}}\n- {if: steps.fix.output.status == "done", wait: {for: 1s}}',
    ['7: fix may not have run or may have failed here'],
  ],
  [
    'an approval for what reads a step behind it',
    `- {id: gate, approval: {for: [fix]}}\n${look}\n- id: fix\n  foreach: {in: "\${{ steps.look.output.findings }}", as: f}\n  tool: k8s_scale\n  with: {target: "\${{ f.object }}", replicas: 1}`,
    ['8: people are asked about this before look has run: what it comes to cannot be known there'],
  ],
  [
    'an approval for steps within a step that read one another',
    '- {id: gate, approval: {for: [each]}}\n- id: each\n  foreach: {in: [web], as: name}\n  steps:\n    - {id: seen, tool: k8s_get, with: {target: {kind: Deployment, name: web}}}\n    - id: fix\n      if: steps.seen.output.found\n      tool: k8s_scale\n      with: {target: {kind: Deployment, name: "${{ name }}"}, replicas: 1}',
    [
      '11: people are asked about this before seen has run: what it comes to cannot be known there',
      '11: seen answers no found',
    ],
  ],
  [
    'an approval for what can be known',
    `${look}\n- {id: gate, approval: {for: [fix]}}\n- id: then\n  parallel:\n    branches:\n      - {id: one, steps: [{id: fix, foreach: {in: "\${{ steps.look.output.findings }}", as: f}, tool: k8s_scale, with: {target: "\${{ f.object }}", replicas: 1}}]}\n      - {id: two, steps: [{wait: {for: 1s}}]}`,
    [],
  ],
  [
    'an approval in one branch for a step in another',
    '- parallel:\n    branches:\n      - {id: one, steps: [{approval: {for: [fix]}}]}\n      - {id: two, steps: [{id: fix, tool: k8s_scale, with: {target: {kind: Deployment, name: web}, replicas: 1}}]}',
    ['7: fix stands in another list of steps'],
  ],
  [
    'two approvals for one step',
    '- {approval: {for: [fix]}}\n- {approval: {for: [fix]}}\n- {id: fix, tool: k8s_scale, with: {target: {kind: Deployment, name: web}, replicas: 1}}',
    ['6: people are asked about fix before already'],
  ],
  [
    'an approval within a step that people are asked about before',
    `- {approval: {for: [each]}}\n- id: each\n  foreach: {in: [web], as: name}\n  steps:\n    - {approval: {for: [fix], min: 2}}\n    - {id: fix, ${fix}}`,
    ['9: people are asked about fix with each before already'],
  ],
  [
    'an approval for a step with one in it that people are asked about before',
    `- {approval: {for: [fix], min: 2}}\n- {approval: {for: [each]}}\n- {id: each, foreach: {in: [web], as: name}, steps: [{id: fix, ${fix}}]}`,
    ['6: people are asked about each with fix before already'],
  ],
  [
    'one approval for a step and for one in it',
    `- {approval: {for: [each, fix]}}\n- {id: each, foreach: {in: [web], as: name}, steps: [{id: fix, ${fix}}]}`,
    [],
  ],
  [
    'two approvals for steps whose ids and places begin alike',
    `- {approval: {for: [fix]}}\n- {approval: {for: [fix2]}}\n- {id: fix, ${fix}}\n- {id: fix2, ${fix}}`,
    [],
  ],
  [
    'an approval for a step that a refusal leaves out',
    '- {approval: {for: [fix]}, continueOnError: true}\n- {id: fix, tool: k8s_scale, with: {target: {kind: Deployment, name: web}, replicas: 1}}\n- {if: steps.fix.output.status == "done", wait: {for: 1s}}',
    ['7: fix may not have run or may have failed here'],
  ],
  ['a playbook that there is not', '- {playbook: other}', ['5: there is no playbook other that can be read']],
  ['a playbook that calls itself', '- {playbook: tried}', ['5: tried calls itself: tried → tried']],
];

test.each(steps)('%s', async (_name, text, said) => {
  expect(await linesOf(playbookOf(`steps:\n${text}\n`))).toEqual(said);
});

describe('what stands around the steps', () => {
  const step = 'steps: [{wait: {for: 1s}}]\n';
  test.each<[name: string, head: string, said: string[]]>([
    [
      'a default that does not fit',
      'inputs: {n: {type: integer, default: 1.5}}\n',
      ['4: the default must be a whole number'],
    ],
    [
      'a default that is no choice',
      'inputs: {n: {type: string, default: c, choices: [a, b]}}\n',
      ['4: the default must be one of its choices'],
    ],
    [
      'a choice that does not fit',
      'inputs: {n: {type: string, choices: [a, 2]}}\n',
      ['4: the choice must be of the type string'],
    ],
    [
      'a default that is never used',
      'inputs: {n: {type: string, default: c, required: true}}\n',
      ['4: n is required, so its default is never used'],
    ],
    ['bounds without room', 'inputs: {n: {type: number, min: 3, max: 2}}\n', ['4: nothing lies from 3 to 2']],
    [
      'a default out of bounds',
      'inputs: {n: {type: string, default: abc, max: 2}}\n',
      ['4: the default must be at most 2 characters'],
    ],
    [
      'a trigger that does not hand over what is needed',
      'inputs: {n: {type: string, required: true}}\non: {schedule: {cron: "0 6 * * *"}}\n',
      ['5: tried needs the input n, and it is not given here'],
    ],
    [
      'a trigger that hands over what there is not',
      'on: {schedule: {cron: "0 6 * * *", inputs: {m: 1}}}\n',
      ['4: tried has no input m'],
    ],
    [
      'a schedule of six fields',
      'on: {schedule: {cron: "0 0 6 * * *"}}\n',
      ['4: a schedule has five fields: minute, hour, day, month, day of the week'],
    ],
    [
      'a schedule that never comes',
      'on: {schedule: {cron: "0 6 31 2 *"}}\n',
      ['4: the schedule cannot be read, or never comes'],
    ],
    [
      'a schedule that only some readers of cron understand',
      'on: {schedule: {cron: "/10 * * * *"}}\n',
      ['4: the schedule cannot be read, or never comes'],
    ],
    [
      'a time zone that is an offset, which knows no change of clocks',
      'on: {schedule: {cron: "0 6 * * *", timezone: "+02:00"}}\n',
      ['4: there is no such time zone'],
    ],
    [
      'an event that is matched by no condition and hands over what there is not',
      `on: {event: {match: '"a"', inputs: {m: "\${{ event.reason }}"}}}\n`,
      ['4: a condition must be true or false, and this is string', '4: tried has no input m'],
    ],
    [
      'an event that looks at an alert',
      `on: {event: {match: 'alert.reason == "x"', dedupe: "\${{ event.involvedObject.name }}"}}\n`,
      ['4: there is no variable alert here'],
    ],
    [
      'a time zone that there is not',
      'on: {schedule: {cron: "0 6 * * *", timezone: Mars/Olympus}}\n',
      ['4: there is no such time zone'],
    ],
    ['an alert that is matched by no condition', 'on: {alert: {match: alert.labels.a, inputs: {}}}\n', []],
    [
      'an alert that is matched by a text',
      `on: {alert: {match: '"a"'}}\n`,
      ['4: a condition must be true or false, and this is string'],
    ],
    [
      'an alert that is matched by steps',
      'on: {alert: {match: steps.a.ok}}\n',
      ['4: there is no variable steps here'],
    ],
    [
      'a key of what there is not yet',
      'concurrency: {key: "${{ steps.a.output }}", mode: skip}\n',
      ['4: there is no variable steps here'],
    ],
  ])('%s', async (_name, head, said) => {
    expect(await linesOf(playbookOf(head + step))).toEqual(said);
  });

  test('what another playbook changes cannot be approved here', async () => {
    const other = playbookOf(`steps:\n${look}\n`);
    const text = playbookOf('steps:\n- {approval: {for: [call]}}\n- {id: call, playbook: other}\n');
    expect(await linesOf(text, { other })).toEqual([
      '6: what other changes cannot be known where people are asked about it',
    ]);
  });

  test('what runs on failure and at the end cannot count on any step', async () => {
    const text = playbookOf(
      [
        'steps: [{id: look, tool: k8s_diagnose}]',
        'onFailure: {steps: [{id: why, set: {a: "${{ steps.look.output.summary }}"}}]}',
        'finally:',
        '- {id: end, set: {a: "${{ steps.look.ok ? steps.look.output.summary : run.id }}", b: "${{ steps.why.output.a }}"}}',
        '',
      ].join('\n'),
    );
    expect(await linesOf(text)).toEqual([
      '5: look may not have run or may have failed here',
      '7: why may not have run or may have failed here',
    ]);
  });

  test('a decimal input is no whole number, and one that may be absent has no type yet', async () => {
    const inputs =
      'inputs: {a: {type: number, required: true}, b: {type: integer}, c: {type: integer, default: 1}}\n';
    const set = (expression: string) => `steps: [{id: s, set: {x: "\${{ ${expression} }}"}}]\n`;
    expect(await linesOf(playbookOf(inputs + set('inputs.a * 2.0')))).toEqual([]);
    expect(await linesOf(playbookOf(inputs + set('inputs.a * 2')))).toHaveLength(1);
    expect(await linesOf(playbookOf(inputs + set('inputs.b == null ? 1 : inputs.b * 2')))).toEqual([]);
    expect(await linesOf(playbookOf(inputs + set('inputs.c * 2')))).toEqual([]);
  });
});

describe('playbooks that call others', () => {
  const other = (name: string, steps: string) =>
    `apiVersion: vigie/v1\nkind: Playbook\nmetadata: {name: ${name}, title: Other}\ninputs: {n: {type: string, required: true}}\nsteps: ${steps}\n`;

  test('are handed what they need', async () => {
    const others = { b: other('b', '[{wait: {for: 1s}}]') };
    expect(await linesOf(playbookOf('steps: [{playbook: b, with: {n: x}}]\n'), others)).toEqual([]);
    expect(await linesOf(playbookOf('steps: [{playbook: b, with: {n: 3}}]\n'), others)).toEqual([
      '4: n must be of the type string',
    ]);
    expect(await linesOf(playbookOf('steps: [{playbook: b, with: {m: x}}]\n'), others)).toEqual([
      '4: b needs the input n, and it is not given here',
      '4: b has no input m',
    ]);
  });

  test('never come back to themselves', async () => {
    const others = {
      b: other('b', '[{playbook: c, with: {n: x}}]'),
      c: other('c', '[{foreach: {in: [1], as: i}, steps: [{playbook: tried}]}]'),
    };
    expect(await linesOf(playbookOf('steps: [{playbook: b, with: {n: x}}]\n'), others)).toEqual([
      '4: tried calls itself: tried → b → c → tried',
    ]);
  });

  test('do not go deeper than a few levels, and a ring of others ends the look', async () => {
    const chain = Object.fromEntries(
      Array.from({ length: 12 }, (_, index) => [
        `p${index}`,
        other(`p${index}`, `[{playbook: p${index + 1}, with: {n: x}}]`),
      ]),
    );
    expect(await linesOf(playbookOf('steps: [{playbook: p0, with: {n: x}}]\n'), chain)).toEqual([
      '4: playbooks call one another more than 8 deep',
    ]);
    const ring = {
      b: other('b', '[{playbook: c, with: {n: x}}]'),
      c: other('c', '[{playbook: b, with: {n: x}}]'),
    };
    expect(await linesOf(playbookOf('steps: [{playbook: b, with: {n: x}}]\n'), ring)).toEqual([]);
  });
});

test('a mistake in an expression stands where its word stands, in quotes, without, and in a block', async () => {
  const at = async (step: string) => {
    const [first] = await mistakesIn(playbookOf(`steps:\n${step}\n`));
    return first === undefined ? 'none' : `${first.line}:${first.column}`;
  };
  expect(await at('- {id: s, set: {a: "so ${{ run.id }} and ${{  inptus.b }}"}}')).toBe('5:47');
  expect(await at('- {id: s, set: {a: 1, b: [x, "${{ inptus.b }}"]}}')).toBe('5:35');
  expect(await at('- id: s\n  if: inptus.b == 1\n  wait: {for: 1s}')).toBe('6:7');
  expect(await at('- id: s\n  if: "${{ inptus.b == 1 }}"\n  wait: {for: 1s}')).toBe('6:12');
  expect(await at('- id: s\n  set:\n    a: |\n      first\n      ${{ inptus.b }}')).toBe('9:11');
});

test('at most a hundred mistakes are told, in the order of the file', async () => {
  const many = Array.from({ length: 300 }, () => '- {tool: no_such_tool}').join('\n');
  const found = await mistakesIn(playbookOf(`steps:\n${many}\n`));
  expect(found).toHaveLength(100);
  expect(found.map(({ line }) => line)).toEqual(Array.from({ length: 100 }, (_, index) => index + 5));
});

test('a file made of mistakes, or of constants that take long, is checked as soon as any other', async () => {
  const ids = Array.from({ length: 400 }, (_, n) => `step${'x'.repeat(50)}${n}`);
  const known = ids.map(id => `- {id: ${id}, tool: k8s_list, with: {kind: Pod}}`).join('\n');
  const wrong = ids.flatMap(id => [1, 2, 3, 4].map(n => `    - "\${{ steps.${id}y${n}.ok }}"`)).join('\n');
  expect(await linesOf(playbookOf(`steps:\n${known}\n- id: s\n  set:\n    x:\n${wrong}\n`))).toHaveLength(
    100,
  );
  const list = `[${'1,'.repeat(60)}1]`;
  const slow = `    - "\${{ ${list}.all(a, ${list}.all(b, a + b > 0)) }}"`;
  const many = Array.from({ length: 500 }, () => slow).join('\n');
  expect(await linesOf(playbookOf(`steps:\n- id: s\n  set:\n    x:\n${many}\n`))).toEqual([]);
});
