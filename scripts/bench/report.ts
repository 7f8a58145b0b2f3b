import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, totalmem } from 'node:os';
import Database from 'better-sqlite3';

const require = createRequire(import.meta.url);

/** Processor, memory and versions: without them a figure says little. */
export function printMachine(): void {
  const [first] = cpus();
  const gib = Math.round(totalmem() / 2 ** 30);
  console.log(`Machine: ${cpus().length} x ${first?.model}, ${gib} GiB, Node ${process.version}`);
  const db = new Database(':memory:');
  const sqlite = db.prepare<[], string>('SELECT sqlite_version()').pluck().get();
  db.close();
  const libraries = ['onnxruntime-node', 'hnswlib-node', 'better-sqlite3']
    .map((name) => `${name} ${versionOf(`${name}/package.json`)}`)
    .join(', ');
  console.log(`Versions: Paperwise ${versionOf('../../package.json')}, ${libraries}, SQLite ${sqlite}`);
}

function versionOf(file: string): string {
  try {
    return (JSON.parse(readFileSync(require.resolve(file), 'utf8')) as { version: string }).version;
  } catch {
    // Some packages do not let their package.json be read.
    return 'of unknown version';
  }
}

/** The value below which this share, 0 to 1, of the numbers lies; 0 of none. */
export function quantile(numbers: readonly number[], share: number): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
}

export const median = (numbers: readonly number[]): number => quantile(numbers, 0.5);

/** Few digits, but never fewer than three that tell: `0.123`, `1.23`, `12.3`, `123`. */
export function shortNumber(value: number): string {
  const size = Math.abs(value);
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
}

/** Median, tail and worst of times in milliseconds. */
export function spread(times: readonly number[]): string {
  const at = (share: number) => shortNumber(quantile(times, share));
  return `p50 ${at(0.5)} ms, p95 ${at(0.95)}, p99 ${at(0.99)}, highest ${at(1)} (${times.length})`;
}

/** Prints one named line of times. */
export function printTimes(name: string, times: readonly number[]): void {
  console.log(`${name.padEnd(58)} ${spread(times)}`);
}

/** A figure that is to be reached; `most` and `least` belong to it. */
export interface Goal {
  unit: string;
  most?: number;
  least?: number;
}

/** A figure beside its goal: `p50 1.40 ms (goal <= 2): met`. */
export function goalLine(name: string, value: number, { unit, most, least }: Goal): string {
  const isMet = (most === undefined || value <= most) && (least === undefined || value >= least);
  const bound = most !== undefined ? `<= ${most}` : `>= ${least}`;
  const shown = `${name} ${shortNumber(value)}${unit === '' ? '' : ` ${unit}`}`;
  return `${shown} (goal ${bound}): ${isMet ? 'met' : 'MISSED'}`;
}

/** Raw values of runs in one line. */
export const raw = (values: readonly number[]): string => values.map(shortNumber).join(' ');
