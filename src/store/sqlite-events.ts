import { AppError, type FieldError } from '../errors.ts';
import { canonicalId } from '../paper.ts';
import { type HeldOptions, heldPage, numberIn } from './held-page.ts';
import { type HeldPage, type InteractionEvent, MAX_EVENTS, type PeopleStore } from './people-store.ts';
import { KEY_OF_ID } from './source-records.ts';
import type { SqliteDatabase } from './sqlite.ts';
import type { SqliteUsers } from './sqlite-users.ts';

type EventRow = InteractionEvent & { seq: number };
type NewEvent = Omit<InteractionEvent, 'key'>;

/** Unknown papers that a message names; its `errors` name all. */
const NAMED_AT_MOST = 10;

/** The log of what was shown and clicked. */
export function sqliteEvents(db: SqliteDatabase, users: SqliteUsers) {
  const sql = statements(db);
  const methods: Pick<PeopleStore, 'addEvents' | 'events'> = {
    addEvents: async (user, events) => {
      assertEvents(events);
      const [first] = events;
      if (first === undefined) return 0;
      return db
        .transaction(() => {
          const keys = events.map(({ paperId }) => sql.paperKey.get({ id: canonicalId(paperId) }));
          assertKnown(events, keys);
          const userKey = users.ensure(user, first.at);
          events.forEach(({ kind, channel, rank, probability, score, at }, index) => {
            sql.add.run(userKey, kind, keys[index], channel, rank, probability, score, at);
          });
          return events.length;
        })
        .immediate();
    },
    events: async (user, { from = '', to = '~', limit, after = null }) => {
      const userKey = users.keyOf(user);
      if (userKey === undefined) return { events: [], next: null };
      const rows = sql.page.all(userKey, after ?? 0, from, to, limit + 1);
      const shown = rows.slice(0, limit);
      return { events: shown.map(eventOf), next: rows.length > limit ? (shown.at(-1)?.seq ?? null) : null };
    },
  };
  const all = (userKey: number, { after, limit }: HeldOptions): HeldPage<InteractionEvent> =>
    heldPage(sql.page.all(userKey, numberIn(after), '', '~', limit), limit, {
      entry: eventOf,
      position: ({ seq }) => [seq],
    });
  return { methods, all };
}

const eventOf = ({ seq: _, ...event }: EventRow): InteractionEvent => event;

/** Throws `invalid_input` for too many events, and for a field that would spoil an evaluation. */
function assertEvents(events: readonly NewEvent[]): void {
  if (events.length > MAX_EVENTS) {
    throw new AppError('invalid_input', `Expected up to ${MAX_EVENTS} events, got ${events.length}.`);
  }
  const errors = events.flatMap(({ channel, rank, probability }, at): FieldError[] => {
    const wrong: [boolean, string, string][] = [
      [!/^[\w.:-]{1,50}$/.test(channel), 'channel', 'expected 1 to 50 letters, digits or . : _ -'],
      [rank !== null && !(Number.isInteger(rank) && rank >= 1), 'rank', 'expected a place from 1'],
      // Written so that NaN fails too.
      [probability !== null && !(probability > 0 && probability <= 1), 'probability', 'expected 0 < p <= 1'],
    ];
    return wrong
      .filter(([isWrong]) => isWrong)
      .map(([, field, message]) => ({ path: `events.${at}.${field}`, message }));
  });
  const [first] = errors;
  if (first) throw new AppError('invalid_input', `${first.path}: ${first.message}.`, { errors });
}

function assertKnown(events: readonly NewEvent[], keys: readonly (number | undefined)[]): void {
  const unknown = events
    .map(({ paperId }, at) => ({ paperId, at }))
    .filter(({ at }) => keys[at] === undefined);
  if (unknown.length === 0) return;
  const ids = [...new Set(unknown.map(({ paperId }) => `"${canonicalId(paperId)}"`))];
  const more = ids.length > NAMED_AT_MOST ? ` and ${ids.length - NAMED_AT_MOST} more` : '';
  const errors = unknown.map(({ at }) => ({ path: `events.${at}.paperId`, message: 'no such paper' }));
  throw new AppError(
    'not_found',
    `There is no paper with the id ${ids.slice(0, NAMED_AT_MOST).join(', ')}${more}.`,
    { errors },
  );
}

function statements(db: SqliteDatabase) {
  return {
    paperKey: db.prepare<{ id: string }, number>(`SELECT key FROM papers WHERE key = ${KEY_OF_ID}`).pluck(),
    add: db.prepare(
      `INSERT INTO interactions (user_key, kind, paper_key, channel, rank, probability, score, at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    page: db.prepare<[number, number, string, string, number], EventRow>(
      `SELECT e.seq, e.kind, e.paper_key AS key, i.id AS paperId, e.channel, e.rank, e.probability, e.score, e.at
       FROM interactions e JOIN paper_ids i ON i.key = e.paper_key
       WHERE e.user_key = ? AND e.seq > ? AND e.at >= ? AND e.at <= ? ORDER BY e.seq LIMIT ?`,
    ),
  };
}
