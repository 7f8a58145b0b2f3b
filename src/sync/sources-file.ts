import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { AppError, messageOf } from '../errors.ts';
import type { HttpClient } from '../http/http-client.ts';
import { reasonOf } from '../sources/source.ts';
import { FEED_KINDS } from './feed-kinds.ts';
import { type ScheduledFeed, scheduleFault } from './scheduler.ts';

/** More sources than anybody follows: a file that has more is a mistake. */
const MOST_SOURCES = 100;

const timeZone = z.string().refine(
  (name) => {
    try {
      return new Intl.DateTimeFormat('en', { timeZone: name }) !== null;
    } catch {
      return false;
    }
  },
  { message: 'expected the name of a time zone, such as Europe/Berlin or UTC' },
);

const common = z.looseObject({
  name: z
    .string('expected a name')
    .regex(/^[\w.-]{1,100}$/, 'expected 1 to 100 letters, digits or . _ - as the name'),
  kind: z.string('expected a kind'),
  schedule: z.string('expected a cron expression').optional(),
  timeZone: timeZone.default('UTC'),
  private: z.boolean('expected true or false').optional(),
});

const file = z.strictObject({ sources: z.array(z.unknown()).max(MOST_SOURCES) });

/** A source that is to be followed, which a client makes readable. */
export interface SourceSetting extends Omit<ScheduledFeed, 'feed'> {
  kind: string;
  /** The address whose host may be asked, and how its provider wants that. */
  host: { url: string; provider: string; intervalMs: number; mayBePrivate?: boolean };
  open(http: HttpClient): ScheduledFeed;
}

/**
 * The sources that a settings file names, checked; none when there is no such file. Throws `config_invalid`, naming the
 * file, the source and what was expected.
 */
export async function readSourcesFile(path: string): Promise<SourceSetting[]> {
  const refuse = (reason: string) => new AppError('config_invalid', `The sources of ${path}: ${reason}.`);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw refuse(messageOf(error));
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw refuse(`expected JSON: ${messageOf(error)}`);
  }
  const parsed = file.safeParse(value);
  if (!parsed.success) throw refuse(`expected {"sources": […]}: ${reasonOf(parsed.error)}`);
  const feeds = parsed.data.sources.map((feed, at) => settingOf(feed, `source ${at + 1}`, refuse));
  const names = feeds.map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw refuse(`two of them are called "${twice}"`);
  return feeds;
}

function settingOf(value: unknown, place: string, refuse: (reason: string) => AppError): SourceSetting {
  const parsed = common.safeParse(value);
  if (!parsed.success) throw refuse(`${place}: ${reasonOf(parsed.error)}`);
  const {
    name,
    kind: kindName,
    schedule: cron,
    timeZone: zone,
    private: mayBePrivate,
    ...given
  } = parsed.data;
  const where = `${place}, "${name}"`;
  const schedule = cron === undefined ? null : { cron, timeZone: zone };
  const fault = schedule && scheduleFault(schedule);
  if (fault) throw refuse(`${where}: schedule: expected a cron expression such as "30 6 * * *": ${fault}`);
  const kind = Object.hasOwn(FEED_KINDS, kindName) ? FEED_KINDS[kindName] : undefined;
  if (!kind) throw refuse(`${where}: expected a kind: ${Object.keys(FEED_KINDS).join(', ')}`);
  const read = kind.read(given);
  if (!read.success) throw refuse(`${where}: ${reasonOf(read.error)}`);
  const { cursorOf, url, open } = read.data;
  const followed = { name, schedule, settings: { kind: kindName, ...cursorOf }, provider: kind.provider };
  return {
    ...followed,
    kind: kindName,
    host: {
      ...{ url, provider: kind.provider, intervalMs: kind.intervalMs },
      ...(mayBePrivate !== undefined && { mayBePrivate }),
    },
    open: (http) => ({ ...followed, feed: open(http) }),
  };
}
