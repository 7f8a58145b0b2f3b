import type { VectorIndex } from '../index/vector-index.ts';
import type { PaperKey } from '../paper.ts';
import type { Feedback, PeopleStore } from '../store/people-store.ts';
import type { Embedding } from '../vector.ts';
import { groupByTopic } from './interests.ts';

/** The latest so many likes and saves, and dislikes and hides, are used. */
export const MAX_LIKES = 200;
export const MAX_DISLIKES = 200;

/** Feedback of one kind that is read at the most; papers behind it could be shown again. */
const MAX_FEEDBACK = 100_000;

export interface LikedPaper {
  feedback: Feedback;
  embedding: Embedding;
}

/** One topic that a user likes: liked papers near each other. `share` of the user's likes, in (0, 1]. */
export interface Interest {
  likes: LikedPaper[];
  share: number;
}

/** What the recommender knows of a user. */
export interface Profile {
  likes: LikedPaper[];
  dislikes: Embedding[];
  interests: Interest[];
  /** Papers that the user has judged: never shown again. */
  judged: Set<PaperKey>;
}

/** Reads a user's feedback and finds the interests in it. A user without feedback has an empty profile. */
export async function readProfile(
  { people, index }: { people: Pick<PeopleStore, 'feedback'>; index: VectorIndex },
  user: string,
): Promise<Profile> {
  const { feedback } = await people.feedback(user, { limit: MAX_FEEDBACK });
  const isLike = ({ signal }: Feedback) => signal === 'like' || signal === 'save';
  const liked = feedback.filter(isLike).slice(0, MAX_LIKES);
  const disliked = feedback.filter((entry) => !isLike(entry)).slice(0, MAX_DISLIKES);
  const embeddings = await index.embeddings([...liked, ...disliked].map(({ key }) => key));
  const likes = liked.flatMap((entry) => {
    const embedding = embeddings.get(entry.key);
    return embedding ? [{ feedback: entry, embedding }] : [];
  });
  const interests = groupByTopic(likes.map(({ embedding }) => embedding)).map((positions) => ({
    likes: positions.flatMap((position) => likes[position] ?? []),
    share: positions.length / likes.length,
  }));
  return {
    likes,
    dislikes: disliked.flatMap(({ key }) => embeddings.get(key) ?? []),
    interests,
    judged: new Set(feedback.map(({ key }) => key)),
  };
}
