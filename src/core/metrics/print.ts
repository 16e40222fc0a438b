/** Metrics → the text that Prometheus reads. @see https://prometheus.io/docs/instrumenting/exposition_formats/ */
import { type Family, printValue, type Sample } from './metrics.ts';

/** The `Content-Type` of `printMetrics`. */
export const metricsType = 'text/plain; version=0.0.4; charset=utf-8';

export const printMetrics = (families: readonly Family[]): string => families.map(printFamily).join('');

function printFamily(family: Family): string {
  const { name, help, type } = family;
  const lines = [`# HELP ${name} ${escapeHelp(help)}\n`, `# TYPE ${name} ${type}\n`];
  for (const sample of family.samples()) lines.push(printSample(name, sample));
  return lines.join('');
}

function printSample(name: string, { suffix, labels, value }: Sample): string {
  const pairs = labels.map(([label, text]) => `${label}="${escapeLabel(text)}"`);
  return `${name}${suffix}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${printValue(value)}\n`;
}

const escapeHelp = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
const escapeLabel = (text: string): string => escapeHelp(text).replaceAll('"', '\\"');
