import { cpus, totalmem } from 'node:os';

/** Processor, memory and Node: without them a figure says little. */
export function printMachine(): void {
  const [first] = cpus();
  const gib = Math.round(totalmem() / 2 ** 30);
  console.log(`Machine: ${cpus().length} x ${first?.model}, ${gib} GiB, Node ${process.version}`);
}

/** The value below which this share, 0 to 1, of the numbers lies; 0 of none. */
export function quantile(numbers: readonly number[], share: number): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
}
