import { existsSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Config, dataPaths, readConfig } from '../../src/config.ts';
import { AppError } from '../../src/errors.ts';
import { firstDayOf, isCalendarDate, lastDayOf, type PaperFilter } from '../../src/paper.ts';
import { openServices, type Services } from '../../src/services.ts';

/** The settings of a command: the environment, with the options given on the command line in front. */
export function configOf(command: Command, overrides: Record<string, string | undefined> = {}): Config {
  const { data } = command.optsWithGlobals<{ data: string }>();
  const given = Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined));
  return readConfig({ ...process.env, PAPERWISE_DATA: data, ...given });
}

/**
 * Runs a command on the library, and closes it whatever happens. Only commands that bring papers make a library
 * where there is none (`create`): elsewhere that is a mistyped folder.
 */
export async function withLibrary(
  command: Command,
  work: (services: Services) => Promise<void>,
  { create = false } = {},
): Promise<void> {
  const config = configOf(command);
  if (!create && !existsSync(dataPaths(config.dataFolder).database)) {
    throw new AppError(
      'not_found',
      `There is no library in ${config.dataFolder}: "paperwise serve" or "ingest" makes one, --data names another.`,
    );
  }
  const services = await openServices(config, {
    mode: 'command',
    log: (level, text) => {
      if (level !== 'info') console.error(`paperwise: ${text}`);
    },
  });
  try {
    await work(services);
  } finally {
    await services.close();
  }
}

/** An option's value as a whole number in a range. */
export const wholeNumber = (min: number, max: number) => (text: string) => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`);
  }
  return value;
};

const date = (dayOf: (date: string) => string) => (text: string) => {
  if (!isCalendarDate(text)) throw new InvalidArgumentError('Expected YYYY-MM-DD, YYYY-MM or YYYY.');
  return dayOf(text);
};

export const day = (text: string) => {
  if (text.length !== 10 || !isCalendarDate(text)) throw new InvalidArgumentError('Expected YYYY-MM-DD.');
  return text;
};

export const jsonOption = () => new Option('--json', 'print JSON, as the HTTP API answers');
export const limitOption = () =>
  new Option('-n, --limit <number>', 'how many').default(10).argParser(wholeNumber(1, 100));
export const userOption = () =>
  new Option('-u, --user <name>', 'whose').default('me').argParser((text) => {
    if (!/^[\w.@+-]{1,100}$/.test(text))
      throw new InvalidArgumentError('Expected letters, digits or . _ @ + -');
    return text;
  });

interface FilterOptions {
  from?: string;
  to?: string;
  category?: string[];
  source?: string[];
  minUpvotes?: number;
  hasCode?: boolean;
}

export function addFilterOptions(command: Command): Command {
  return command
    .addOption(new Option('--from <date>', 'first day').argParser(date(firstDayOf)))
    .addOption(new Option('--to <date>', 'last day').argParser(date(lastDayOf)))
    .option('--category <names...>', 'any of these categories (cs also finds cs.LG)')
    .option('--source <names...>', 'any of these sources')
    .addOption(
      new Option('--min-upvotes <number>', 'at least so many').argParser(wholeNumber(0, 1_000_000_000)),
    )
    .option('--has-code', 'only papers with an address of their code');
}

export function filterOf({ from, to, category, source, minUpvotes, hasCode }: FilterOptions): PaperFilter {
  return {
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...(category && { categories: category }),
    ...(source && { sources: source }),
    ...(minUpvotes !== undefined && { minUpvotes }),
    ...(hasCode && { hasCode }),
  };
}
