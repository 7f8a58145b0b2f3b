import { AppError } from '../errors.ts';
import { cleanText } from '../paper.ts';
import type { PaperStore } from '../store/paper-store.ts';
import type { PeopleStore } from '../store/people-store.ts';
import type { Person, PersonReader } from './person.ts';
import type { Interest } from './profile.ts';
import { namesOf } from './reasons.ts';

/** Characters of a name. */
const MOST_NAME = 200;

/** Papers of an interest that are listed, the latest liked. */
const MOST_PAPERS = 100;

/** An interest as it is shown. */
export interface InterestView {
  id: string;
  /** What the person calls it, else its most distinctive terms. */
  name: string;
  isNamed: boolean;
  /** What sets its papers apart from the library, the most distinctive first. */
  terms: string[];
  isMuted: boolean;
  isPinned: boolean;
  weight: number;
  /** Its share of what is recommended, by the strength of its likes and by its weight; 0 when muted. */
  share: number;
  /** Likes, saves and seeds in it. */
  likes: number;
  /** The latest liked papers, at most a hundred. */
  papers: { id: string; title: string }[];
  seeds: { id: number; title: string }[];
}

export interface InterestsAnswer {
  user: string;
  interests: InterestView[];
}

export interface InterestChange {
  /** Null takes the person's name back. */
  name?: string | null | undefined;
  isMuted?: boolean | undefined;
  isPinned?: boolean | undefined;
  weight?: number | undefined;
}

export interface InterestDeps {
  store: Pick<PaperStore, 'papersByKeys'>;
  people: Pick<PeopleStore, 'setInterestSettings' | 'clearInterestSettings'>;
  persons: PersonReader;
  now: () => string;
}

/** The interests found in what a user likes, largest first. Empty for a user who likes nothing. */
export async function listInterests(deps: InterestDeps, user: string): Promise<InterestsAnswer> {
  return { user, interests: await views(deps, await deps.persons.read({ user })) };
}

/**
 * Says something of an interest: what is not mentioned stays as it was said before. It is remembered with the papers and
 * seeds that the interest has now, by which it is recognised when others join them. Throws `not_found`.
 */
export async function changeInterest(
  deps: InterestDeps,
  { user, id, change }: { user: string; id: string; change: InterestChange },
): Promise<InterestView> {
  const person = await deps.persons.read({ user });
  const { settings, members } = known(person, id);
  const name = typeof change.name === 'string' ? cleanText(change.name) : change.name;
  if (typeof name === 'string' && (name === '' || name.length > MOST_NAME)) {
    throw new AppError('invalid_input', `Expected a name of 1 to ${MOST_NAME} visible characters.`, {
      errors: [{ path: 'name', message: `expected 1 to ${MOST_NAME} visible characters` }],
    });
  }
  const likes = members.flatMap((at) => person.profile.likes[at] ?? []);
  await deps.people.setInterestSettings(user, {
    id,
    name: name === undefined ? settings.name : name,
    isMuted: change.isMuted ?? settings.isMuted,
    isPinned: change.isPinned ?? settings.isPinned,
    weight: change.weight ?? settings.weight,
    papers: likes.flatMap(({ key }) => key ?? []),
    seeds: likes.flatMap(({ seed }) => seed ?? []),
    at: deps.now(),
  });
  return viewOf(deps, user, id);
}

/** Forgets what was said of an interest. Throws `not_found` for an unknown one. */
export async function resetInterest(
  deps: InterestDeps,
  { user, id }: { user: string; id: string },
): Promise<void> {
  if (await deps.people.clearInterestSettings(user, id)) return;
  known(await deps.persons.read({ user }), id);
}

function known({ user, profile }: Person, id: string): Interest {
  const interest = profile.interests.find((one) => one.id === id);
  if (interest) return interest;
  throw new AppError(
    'not_found',
    `"${user}" has no interest with the id "${id}". Interests change with what is liked: list them anew.`,
  );
}

async function viewOf(deps: InterestDeps, user: string, id: string): Promise<InterestView> {
  const person = await deps.persons.read({ user });
  const all = await views(deps, person);
  return all.find((view) => view.id === id) ?? (all[0] as InterestView);
}

async function views({ store }: InterestDeps, person: Person): Promise<InterestView[]> {
  const { likes, interests } = person.profile;
  const names = await namesOf(person);
  const shown: InterestView[] = [];
  for (const { id, members, settings, share } of interests) {
    const latest = members.flatMap((at) => likes[at] ?? []).reverse();
    const keys = latest.flatMap(({ key }) => key ?? []).slice(0, MOST_PAPERS);
    shown.push({
      id,
      name: names.get(id) ?? '',
      isNamed: settings.name !== null,
      terms: (await person.termsOf(id)).map(({ form }) => form),
      isMuted: settings.isMuted,
      isPinned: settings.isPinned,
      weight: settings.weight,
      share,
      likes: members.length,
      papers: (await store.papersByKeys(keys)).map(({ paper }) => ({ id: paper.id, title: paper.title })),
      seeds: latest.flatMap(({ seed, title }) => (seed === null ? [] : [{ id: seed, title }])),
    });
  }
  return shown;
}
