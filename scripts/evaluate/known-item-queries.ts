import type { Paper } from '../../src/paper.ts';
import { cutAtWord } from '../../src/paper.ts';
import { SEARCH_LIMITS } from '../../src/search-limits.ts';

type Random = () => number;

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';

/** A typo in a shorter word may leave nothing of it. */
const LONG_ENOUGH = /^\p{L}{3,}$/u;

const oneOf = <T>(items: ArrayLike<T>, random: Random) => items[Math.floor(random() * items.length)] as T;

/**
 * A title with one typing error in one word of at least 3 letters: two neighbours swapped, a letter left out, doubled
 * or replaced. Null when the title has no such word.
 */
export function titleWithTypo({ title }: Pick<Paper, 'title'>, random: Random): string | null {
  // Split at everything that is no letter, keeping it, so that `High-Resolution,` has two words.
  const parts = title.split(/([^\p{L}]+)/u);
  const words = parts.flatMap((part, at) => (LONG_ENOUGH.test(part) ? [at] : []));
  if (words.length === 0) return null;
  const chosen = oneOf(words, random);
  return parts.map((part, at) => (at === chosen ? misspelt(part, random) : part)).join('');
}

/** Never the word itself: a swap of equal letters, or a replacement by the same letter, is drawn again. */
function misspelt(word: string, random: Random): string {
  for (;;) {
    const letters = [...word];
    const at = Math.floor(random() * (letters.length - 1));
    const [letter = '', next = ''] = letters.slice(at);
    const errors = [[next, letter], [next], [letter, letter, next], [oneOf(LETTERS, random), next]];
    letters.splice(at, 2, ...oneOf(errors, random));
    if (letters.join('') !== word) return letters.join('');
  }
}

const STOP_WORDS = new Set(
  (
    'a an the and or but of in on at to for from by with as into over under between we our this that these those it ' +
    'its is are was were be been has have had can could may which who whose while both such than then there here ' +
    'their they not no also only very more most'
  ).split(' '),
);

/** Other words for what abstracts say most. Each is looked for as it stands: no inflection is made. */
const SYNONYMS: Record<string, string> = {
  propose: 'suggest',
  present: 'introduce',
  introduce: 'present',
  introduces: 'presents',
  presents: 'introduces',
  show: 'demonstrate',
  demonstrate: 'show',
  study: 'investigate',
  investigate: 'study',
  paper: 'article',
  work: 'research',
  novel: 'new',
  new: 'novel',
  recent: 'latest',
  method: 'technique',
  methods: 'techniques',
  approach: 'method',
  approaches: 'methods',
  technique: 'approach',
  framework: 'system',
  task: 'problem',
  tasks: 'problems',
  problem: 'issue',
  problems: 'issues',
  challenge: 'difficulty',
  challenges: 'difficulties',
  challenging: 'difficult',
  important: 'significant',
  significant: 'substantial',
  crucial: 'essential',
  essential: 'crucial',
  large: 'big',
  fast: 'quick',
  efficient: 'economical',
  accurate: 'precise',
  robust: 'reliable',
  improve: 'enhance',
  improves: 'enhances',
  achieve: 'reach',
  achieved: 'reached',
  remarkable: 'impressive',
  progress: 'advances',
  advances: 'progress',
  capabilities: 'abilities',
  performance: 'quality',
  often: 'frequently',
  however: 'yet',
  many: 'numerous',
  various: 'several',
  images: 'pictures',
  image: 'picture',
  answer: 'reply',
  generate: 'produce',
  generating: 'producing',
  generation: 'production',
  understanding: 'comprehension',
  enables: 'allows',
  requires: 'needs',
  limited: 'restricted',
  complex: 'complicated',
};

/** Fewer content words than this are no sentence to recognise a paper by. */
const LEAST_WORDS = 6;

/** Of the words left, each so-manieth is dropped; neighbours change places with this chance. */
const DROPPED = 5;
const SWAP_CHANCE = 0.25;

/**
 * A stand-in for a paraphrase of an abstract's first sentence, made mechanically: stop words are dropped, words of a
 * small table are replaced by synonyms, every fifth word is dropped, and some neighbours swap places. It keeps most
 * content words, so it is easier for lexical search than what a person would write. Null when the sentence has too
 * few words.
 */
export function looseFirstSentence({ abstract }: Pick<Paper, 'abstract'>, random: Random): string | null {
  const [sentence = ''] = abstract.split(/(?<=[.!?])\s+(?=\p{Lu})/u);
  const content = sentence
    .split(/\s+/)
    .map((word) => word.replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, '').toLowerCase())
    .filter((word) => word !== '' && !STOP_WORDS.has(word));
  if (content.length < LEAST_WORDS) return null;
  const kept = content
    .map((word) => (Object.hasOwn(SYNONYMS, word) ? (SYNONYMS[word] ?? word) : word))
    .filter((_, at) => (at + 1) % DROPPED !== 0);
  for (let at = 0; at + 1 < kept.length; at++) {
    if (random() >= SWAP_CHANCE) continue;
    kept.splice(at, 2, kept[at + 1] ?? '', kept[at] ?? '');
    at++;
  }
  return cutAtWord(kept.join(' '), SEARCH_LIMITS.query);
}
