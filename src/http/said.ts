import { isObject, type Json, textIn } from '../core/json.ts';
import { cleanLine } from '../core/text.ts';

/** Of a refusal: the reason stands at its start. */
const saidChars = 500;
/** Where systems put their reason: Prometheus and its kin, Grafana and Alertmanager, S3 by JSON. */
const reasonFields = ['error', 'message', 'errorMessage'];

/** What a system wrote with a refusal, as one line of data; empty where it wrote nothing to read, or a page for a browser. */
export function saidIn(body: Buffer): string {
  const text = body.toString('utf8');
  if (/^\s*<(?:!doctype|html|\?xml)/i.test(text)) return '';
  return cleanLine(reasonOf(text), saidChars).trim();
}

function reasonOf(text: string): string {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    return text;
  }
  if (!isObject(value)) return typeof value === 'string' ? value : text;
  for (const field of reasonFields) {
    const reason = textIn(value[field]);
    if (reason !== '') return reason;
  }
  return text;
}
