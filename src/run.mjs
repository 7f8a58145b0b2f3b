// Runs a program of this repository: `node src/run.mjs src/main.ts`.
import { pathToFileURL } from 'node:url';
import { runEntry } from './run-entry.mjs';

const [program, ...rest] = process.argv.slice(2);
// As if the program had been started by itself.
process.argv.splice(1, Number.POSITIVE_INFINITY, program, ...rest);
await runEntry(pathToFileURL(program).href);
