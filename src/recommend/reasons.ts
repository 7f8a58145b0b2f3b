import type { Paper } from '../paper.ts';
import { papersOf } from '../papers-of.ts';
import type { PaperStore } from '../store/paper-store.ts';
import { dot } from '../vector.ts';
import type { LikenessParts } from './likeness.ts';
import type { Person } from './person.ts';
import type { Interest, Liked } from './profile.ts';
import type { Ranked } from './rank.ts';
import { sharedTerms } from './terms.ts';

/** Terms that make the name of an interest. */
const NAME_TERMS = 3;
/** Characters of a seed's text that make one. */
const LONGEST_NAME = 80;

/** The interest that a paper is recommended for. What was recorded by versions before has its papers only. */
export interface ReasonInterest {
  id?: string;
  name?: string;
  papers: string[];
}

/** Why a paper is shown. `text` says it in a sentence; the rest are the facts behind it. */
export type Because =
  | {
      kind: 'liked' | 'saved' | 'seed';
      /** The liked or saved paper that brings most of the paper's similarity to the interest; not with a seed. */
      paper?: { id: string; title: string };
      /** The seed that does. */
      seed?: { id: number; title: string };
      /** The cosine of their embeddings. */
      similarity: number;
      /** How alike ranking takes them to be: the sum of these. */
      likeness?: LikenessParts;
      interest: ReasonInterest;
      /** Terms that both have, those first that bring most of their likeness. */
      sharedTerms: string[];
      text: string;
    }
  | { kind: 'trending' | 'recent'; text: string };

export const isPersonal = ({ kind }: Because) => kind === 'liked' || kind === 'saved' || kind === 'seed';

type Deps = { store: Pick<PaperStore, 'papersByKeys'> };

/** The reasons for ranked papers, in their order. */
export async function reasonsFor(
  { store }: Deps,
  person: Person,
  shown: readonly { ranked: Ranked; paper: Paper }[],
): Promise<Because[]> {
  const { profile } = person;
  const carrierOf = ({ content, interest }: Ranked) => profile.likes[content.carrier[interest] ?? -1];
  const keys = shown.flatMap(({ ranked }) => carrierOf(ranked)?.key ?? []);
  const papers = await papersOf(store, [...new Set(keys)]);
  const names = await namesOf(person);
  return shown.map(({ ranked, paper }): Because => {
    const carrier = carrierOf(ranked);
    const liked = carrier?.key == null ? undefined : papers.get(carrier.key);
    const interest = profile.interests[ranked.interest] as Interest;
    const text = liked ?? { title: carrier?.title ?? '', abstract: '' };
    const terms = sharedTerms(person.corpus, text, paper);
    return {
      ...carrierFields(carrier, liked),
      similarity: carrier ? dot(carrier.embedding, ranked.embedding) : 0,
      likeness: person.scorer.likeness(ranked, ranked.content.carrier[ranked.interest] ?? -1),
      interest: {
        id: interest.id,
        name: names.get(interest.id) ?? '',
        papers: interest.members.flatMap((at) => profile.likes[at]?.paperId ?? []),
      },
      sharedTerms: terms,
      text:
        `${similarTo(carrier, text.title)}` +
        (terms.length > 0 ? ` (both: ${terms.slice(0, 3).join(', ')}).` : '.'),
    };
  });
}

function carrierFields(carrier: Liked | undefined, liked: Paper | undefined) {
  if (carrier && carrier.seed !== null) {
    return { kind: 'seed' as const, seed: { id: carrier.seed, title: carrier.title } };
  }
  return {
    kind: carrier?.kind === 'save' ? ('saved' as const) : ('liked' as const),
    ...(liked && { paper: { id: liked.id, title: liked.title } }),
  };
}

function similarTo(carrier: Liked | undefined, title: string): string {
  if (carrier?.kind === 'text') return `Near your interest "${title}"`;
  if (carrier?.kind === 'entry') return `Similar to "${title}" of your library`;
  return `Similar to "${title}", which you ${carrier?.kind === 'save' ? 'saved' : 'liked'}`;
}

/** What each interest is called: by the person, or after its most distinctive terms. */
export async function namesOf(person: Person): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  for (const { id, settings, members } of person.profile.interests) {
    const terms = settings.name === null ? await person.termsOf(id) : [];
    const told = terms.slice(0, NAME_TERMS).map(({ form }) => form);
    // Without a telling term a seed's own words, or the id, have to do.
    const [seed] = members.flatMap((at) => person.profile.likes[at]?.title || []);
    names.set(
      id,
      settings.name ?? (told.length > 0 ? told.join(', ') : (seed?.slice(0, LONGEST_NAME) ?? id)),
    );
  }
  return names;
}
