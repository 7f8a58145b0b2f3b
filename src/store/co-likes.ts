import type { PaperKey } from '../paper.ts';
import type { CoLiked } from './people-store.ts';
import type { SqliteDatabase } from './sqlite.ts';

/** A growing list of slots, in any order. */
interface SlotList {
  slots: Int32Array;
  size: number;
}

/** Papers or people that have likes. Each has a slot, a small number that arrays are indexed by, and a list. */
interface Side {
  slotOf: Map<number, number>;
  keys: number[];
  lists: SlotList[];
}

/**
 * Who likes (or saves) what, in both directions. A like costs 4 bytes in each, and up to as much again in room to
 * grow; a paper or a person some 300 bytes: 110,000 likes of 7,500 papers by 2,800 people take 4 MB.
 */
interface Likes {
  papers: Side;
  people: Side;
  /** How many people like anything. */
  likers: number;
  /** The last entry of the history that this holds, and the erasures that it knows of. */
  last: Entry | null;
  erasures: number;
}

interface Entry {
  seq: number;
  user: number;
  paper: number;
  at: string;
}

/**
 * Answers what those like who like some papers (`PeopleStore.coLiked`). SQL would join every like of a paper with
 * every like of its likers, for each question; so all likes are held in memory. They are read at the first question,
 * and kept in step by what the history says since, whichever process wrote it. An erased user's entries are gone from
 * it, and in a library restored from a backup the last one read is another: then all is read anew.
 */
export function createCoLikes(db: SqliteDatabase) {
  const sql = statements(db);
  let likes: Likes | null = null;
  // One view of the database for all that is read.
  const current = db.transaction((): Likes => {
    const erasures = sql.erasures.get() as number;
    const isFollowed =
      likes?.erasures === erasures && (likes.last === null || sql.hasEntry.get(likes.last) !== undefined);
    likes = likes && isFollowed ? likes : readAll(sql, erasures);
    follow(sql, likes);
    return likes;
  });
  return (
    keys: readonly PaperKey[],
    { limit, excluding }: { limit: number; excluding: number | undefined },
  ): { people: number; liked: CoLiked[] } => {
    const all = current();
    const excluded = excluding === undefined ? undefined : all.people.slotOf.get(excluding);
    const own = excluded === undefined ? [] : likedBy(all, excluded);
    const scored = scores(all, keys, { excluded, own });
    return {
      people: all.likers - (own.length > 0 ? 1 : 0),
      liked: bestPresent(scored, limit, (key) => sql.isPresent.get(key) !== undefined),
    };
  };
}

/** How much a long list of likes says less, and how much papers that many like count less. */
const DISCOUNTS = { person: 0.7, paper: 0.3 } as const;

/**
 * The score of every paper that others like who like one of `keys`, but for `keys`: a walk from papers to people to
 * papers. A person brings the sum over their `keys` of 1 / sqrt(n), where n people like the paper, shared out among all
 * that the person likes by the power 0.7 of its number; a paper's sum is divided by the power 0.3 of those who like it
 * (as in RP3beta: Paudel, Christoffel, Newell and Bernstein, ACM TiiS 2016; the powers by trial on rec/citeulike-a). A
 * like is looked at once.
 */
function scores(
  { papers, people }: Likes,
  keys: readonly PaperKey[],
  { excluded, own }: { excluded: number | undefined; own: Int32Array | readonly number[] },
): CoLiked[] {
  const ownPapers = new Set<number>(own);
  const otherLikers = (paper: number, list: SlotList) => list.size - (ownPapers.has(paper) ? 1 : 0);
  const given = new Set(keys.map((key) => papers.slotOf.get(key)).filter((slot) => slot !== undefined));
  const brought = new Float64Array(people.lists.length);
  for (const paper of given) {
    const list = papers.lists[paper] as SlotList;
    const share = 1 / Math.sqrt(otherLikers(paper, list));
    for (let i = 0; i < list.size; i++) {
      const person = list.slots[i] as number;
      brought[person] = (brought[person] as number) + share;
    }
  }
  if (excluded !== undefined) brought[excluded] = 0;
  const sums = new Float64Array(papers.lists.length);
  for (let person = 0; person < brought.length; person++) {
    if (brought[person] === 0) continue;
    const list = people.lists[person] as SlotList;
    const share = (brought[person] as number) / list.size ** DISCOUNTS.person;
    for (let i = 0; i < list.size; i++) {
      const paper = list.slots[i] as number;
      sums[paper] = (sums[paper] as number) + share;
    }
  }
  const scored: CoLiked[] = [];
  for (let paper = 0; paper < sums.length; paper++) {
    const sum = sums[paper] as number;
    if (sum === 0 || given.has(paper)) continue;
    const score = sum / otherLikers(paper, papers.lists[paper] as SlotList) ** DISCOUNTS.paper;
    // Rounded, so that equals are equal in whatever order their sums were made.
    scored.push({ key: papers.keys[paper] as number, score: Math.round(score * 1e12) / 1e12 });
  }
  return scored;
}

/** The best papers of those that are in the library, equals by key. Sorts little more than it returns. */
function bestPresent(
  scored: readonly CoLiked[],
  limit: number,
  isPresent: (key: PaperKey) => boolean,
): CoLiked[] {
  const ascending = Float64Array.from(scored, ({ score }) => score).sort();
  for (let wanted = limit; ; wanted *= 2) {
    const least = ascending.at(-wanted) ?? 0;
    const present = scored
      .filter(({ score }) => score >= least)
      .sort((a, b) => b.score - a.score || a.key - b.key)
      .filter(({ key }) => isPresent(key));
    if (present.length >= limit || wanted >= scored.length) return present.slice(0, limit);
  }
}

const likedBy = ({ people }: Likes, person: number): Int32Array => {
  const list = people.lists[person] as SlotList;
  return list.slots.subarray(0, list.size);
};

function readAll(sql: ReturnType<typeof statements>, erasures: number): Likes {
  const side = (): Side => ({ slotOf: new Map(), keys: [], lists: [] });
  const likes: Likes = { papers: side(), people: side(), likers: 0, last: null, erasures };
  for (const { user, papers } of sql.all.iterate()) {
    for (const paper of JSON.parse(papers) as PaperKey[]) add(likes, user, paper);
  }
  likes.last = sql.lastEntry.get() ?? null;
  return likes;
}

/** Takes in what the history says behind the last entry read. */
function follow(sql: ReturnType<typeof statements>, likes: Likes): void {
  for (const entry of sql.entriesAfter.iterate(likes.last?.seq ?? 0)) {
    const { isLike, ...last } = entry;
    if (isLike === 1) addOnce(likes, entry.user, entry.paper);
    else remove(likes, entry.user, entry.paper);
    likes.last = last;
  }
}

function addOnce(likes: Likes, user: number, paper: PaperKey): void {
  const person = likes.people.slotOf.get(user);
  const slot = likes.papers.slotOf.get(paper);
  const isKnown = person !== undefined && slot !== undefined && likedBy(likes, person).includes(slot);
  if (!isKnown) add(likes, user, paper);
}

function add(likes: Likes, user: number, paper: PaperKey): void {
  const [person, slot] = [slotFor(likes.people, user), slotFor(likes.papers, paper)];
  const liked = likes.people.lists[person] as SlotList;
  if (liked.size === 0) likes.likers++;
  append(liked, slot);
  append(likes.papers.lists[slot] as SlotList, person);
}

function remove(likes: Likes, user: number, paper: PaperKey): void {
  const person = likes.people.slotOf.get(user);
  const slot = likes.papers.slotOf.get(paper);
  if (person === undefined || slot === undefined) return;
  const liked = likes.people.lists[person] as SlotList;
  if (!takeOut(liked, slot)) return;
  takeOut(likes.papers.lists[slot] as SlotList, person);
  if (liked.size === 0) likes.likers--;
}

function slotFor(side: Side, key: number): number {
  const known = side.slotOf.get(key);
  if (known !== undefined) return known;
  const slot = side.keys.push(key) - 1;
  side.slotOf.set(key, slot);
  side.lists.push({ slots: new Int32Array(2), size: 0 });
  return slot;
}

function append(list: SlotList, slot: number): void {
  if (list.size === list.slots.length) {
    const grown = new Int32Array(list.size * 2);
    grown.set(list.slots);
    list.slots = grown;
  }
  list.slots[list.size++] = slot;
}

/** The last takes the place of the one that goes; false when it is not in the list. */
function takeOut(list: SlotList, slot: number): boolean {
  const at = list.slots.subarray(0, list.size).indexOf(slot);
  if (at < 0) return false;
  list.size--;
  list.slots[at] = list.slots[list.size] as number;
  return true;
}

function statements(db: SqliteDatabase) {
  const entry = 'SELECT seq, user_key AS user, paper_key AS paper, at';
  return {
    erasures: db.prepare<[], number>("SELECT value FROM meta WHERE name = 'people_erasures'").pluck(),
    // A row a person: a row a like took five times as long, most of it the driver's.
    all: db.prepare<[], { user: number; papers: string }>(
      `SELECT user_key AS user, json_group_array(paper_key) AS papers FROM feedback
       WHERE signal IN ('like', 'save') GROUP BY user_key`,
    ),
    lastEntry: db.prepare<[], Entry>(`${entry} FROM feedback_history ORDER BY seq DESC LIMIT 1`),
    hasEntry: db.prepare<Entry>(
      'SELECT 1 FROM feedback_history WHERE seq = @seq AND user_key = @user AND paper_key = @paper AND at = @at',
    ),
    entriesAfter: db.prepare<[number], Entry & { isLike: 0 | 1 }>(
      `${entry}, coalesce(signal IN ('like', 'save'), 0) AS isLike FROM feedback_history WHERE seq > ? ORDER BY seq`,
    ),
    isPresent: db.prepare<[number]>('SELECT 1 FROM papers WHERE key = ?'),
  };
}
