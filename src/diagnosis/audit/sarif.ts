import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import { sha256Hex } from '../../core/digest.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import type { Reported } from './report.ts';
import { rules } from './rules/index.ts';

/*
 * SARIF 2.1.0, as platforms read it that show findings beside the lines of a change. A fingerprint leaves the line out:
 * a finding stays the same where lines come in above it.
 */

const schema = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json';
const levels: Readonly<Record<string, string>> = {
  high: 'error',
  medium: 'warning',
  low: 'note',
  note: 'note',
};
/** As platforms sort by it: from 7.0 it is high, from 4.0 medium. */
const scores: Readonly<Record<string, string>> = { high: '8.0', medium: '5.0', low: '2.0', note: '1.0' };

export function sarifOf(reported: readonly Reported[], { version }: { version: string }): JsonObject {
  const results = reported.map(resultOf);
  const driver = { name: 'Vigie', version, rules: rules.map(ruleOf) };
  return {
    $schema: schema,
    version: '2.1.0',
    runs: [{ tool: { driver }, columnKind: 'utf16CodeUnits', results }],
  };
}

function ruleOf({ id, title, severity, why, source }: (typeof rules)[number]): Json {
  return {
    id,
    name: id.replaceAll(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase()),
    shortDescription: { text: title },
    fullDescription: { text: why },
    help: { text: `${why} Source: ${source.name}.` },
    helpUri: source.url,
    defaultConfiguration: { level: levels[severity] ?? 'warning' },
    properties: { 'security-severity': scores[severity] ?? '5.0' },
  };
}

function resultOf(each: Reported): Json {
  const { rule, severity, object, path, message, question, file, line } = each;
  const logical = { name: object, fullyQualifiedName: `${object} ${path}`, kind: 'resource' };
  const physical =
    file === undefined
      ? {}
      : { physicalLocation: { artifactLocation: { uri: uriOf(file) }, region: { startLine: line ?? 1 } } };
  return {
    ruleId: rule,
    ruleIndex: rules.findIndex(({ id }) => id === rule),
    level: levels[severity] ?? 'warning',
    message: { text: `${object} ${path}: ${message}${question === undefined ? '' : `. ${question}`}` },
    locations: [{ ...physical, logicalLocations: [logical] }],
    partialFingerprints: { 'vigieFinding/v1': sha256Hex([rule, object, path].join('\n')) },
  };
}

/** Relative ones stay so: a platform reads them from the top of the repository. */
function uriOf(file: string): string {
  if (isAbsolute(file)) return pathToFileURL(file).href;
  return file
    .replace(/^(?:\.\/)+/, '')
    .split('/')
    .map(encodeURIComponent)
    .join('/');
}
