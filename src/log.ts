import { pino } from 'pino';
import type { Config } from './config.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Writes one line of the server's log; an error brings its stack along. */
export type Log = (level: LogLevel, text: string, error?: unknown) => void;

const LEVELS: readonly Config['logLevel'][] = ['debug', 'info', 'warn', 'error', 'silent'];

/** The server's log on standard output: JSON lines for machines, plain lines with the time on a terminal. */
export function createLog(threshold: Config['logLevel'], isTerminal: boolean): Log {
  if (isTerminal) {
    return (level, text, error) => {
      if (LEVELS.indexOf(level) < LEVELS.indexOf(threshold)) return;
      const time = new Date().toISOString().slice(11, 19);
      console.log(
        `${time} ${level === 'info' ? '' : `${level}: `}${text}`,
        ...(error === undefined ? [] : [error]),
      );
    };
  }
  const json = pino({ level: threshold, base: null, timestamp: pino.stdTimeFunctions.isoTime });
  return (level, text, error) => {
    if (error === undefined) json[level](text);
    else json[level]({ err: error }, text);
  };
}
