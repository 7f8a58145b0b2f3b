import type { Profile } from './profile.ts';
import { type Because, isPersonal } from './reasons.ts';

/** Why a day's list is short, empty or not personal; null when there is nothing to say. */
export function noteOn(
  list: readonly { because: Because }[],
  { likes: { length: likes }, interests }: Pick<Profile, 'likes' | 'interests'>,
  wanted: number,
): string | null {
  const picks = list.length;
  const personal = list.filter(({ because }) => isPersonal(because)).length;
  if (likes === 0) {
    if (picks === 0)
      return 'Nothing today: there is no paper up to this date that is new to you and unlike what you dislike.';
    const few =
      picks < wanted ? ` There are only ${picks} that are new to you and unlike what you dislike.` : '';
    return `You have not liked any paper yet: these are recent and popular ones. Like a few for picks of your own.${few}`;
  }
  if (picks === 0 && interests.every(({ settings }) => settings.isMuted))
    return 'Nothing today: all your interests are muted.';
  if (picks === 0) return 'Nothing today: no paper that you have not seen is near enough to what you like.';
  if (personal < picks) return 'You have liked few papers yet: recent and popular ones fill the list.';
  if (picks < wanted) {
    return `Only ${picks} today: no other paper that you have not seen is near enough to what you like.`;
  }
  return null;
}
