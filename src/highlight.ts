import { createOpeningReader, type TokenReader } from './opening-reader.ts';
import type { Paper } from './paper.ts';
import { QUOTED } from './quotes.ts';
import { isStopWord, type Word, wordsOf } from './words.ts';

/** How much of a hit is looked at and marked; documented in the API reference. Lengths are in UTF-16 units. */
export const HIGHLIGHT_LIMITS = {
  /** Spans in title and abstract together. */
  spans: 100,
  /** Characters of the abstract that are looked at. */
  abstract: 10_000,
  /** Characters of a passage: at most, and at least when it ends with a sentence before that. */
  passage: 300,
  passageMin: 180,
  /** Characters before a match with which a passage begins, when no sentence begins nearby. */
  lead: 60,
} as const;

/** A part of a text: UTF-16 offsets, the end exclusive. */
export interface Span {
  start: number;
  end: number;
}

export interface Highlights {
  /** Where the query's words are in the title and the abstract: in order, none touching another. */
  title: Span[];
  abstract: Span[];
  /** The title with `<mark>` around what matches, everything else escaped. */
  titleHtml: string;
  /** The part of the abstract that says most of the query, likewise; its beginning when it says none of it. */
  passage: Span & { html: string };
}

/** What is looked for in every hit of a query. */
export interface HighlightQuery {
  terms: ReadonlySet<string>;
  /** The quoted phrases, as the terms of their words. */
  phrases: readonly (readonly string[])[];
  /** Reads the tokens of a hit; those that can be none of these terms, cheaply. */
  read: TokenReader;
}

/** A marked place and the terms that it stands for. */
type Match = Span & { terms: readonly string[] };

const plain = (words: readonly Word[]) => words.filter(({ isCompound }) => !isCompound);

/**
 * The words and "quoted phrases" of a query to be marked. Stop words are marked only when nothing else is there.
 * `corrections` are words that were looked for in the stead of misspelt ones.
 */
export function highlightQuery(query: string, corrections: readonly string[] = []): HighlightQuery {
  const phrases: string[][] = [];
  const rest = query.replace(QUOTED, (quoted, inside: string) => {
    const terms = plain(wordsOf(inside)).map(({ term }) => term);
    if (terms.length < 2) return quoted;
    phrases.push(terms);
    return ' ';
  });
  const words = withoutPrefixes(wordsOf(rest));
  const content = words.filter(({ form }) => !isStopWord(form));
  const chosen = content.length > 0 || phrases.length > 0 ? content : words;
  const looked = [...chosen, ...corrections.flatMap((word) => wordsOf(word))];
  const terms = new Set(looked.map(({ term }) => term));
  return { terms, phrases, read: createOpeningReader([...terms, ...phrases.flat()]) };
}

/** The longest part of a compound that is taken for a prefix, in letters. */
const PREFIX_LENGTH = 3;

/** Words without the `pre` of `pre-training`: alone it would mark `pre-processing`, of which the query says nothing. */
function withoutPrefixes(words: readonly Word[]): Word[] {
  const compounds = words.filter(
    ({ isCompound, start, end }) =>
      isCompound && words.some((part) => isPart(part, { start, end }) && part.form.length > PREFIX_LENGTH),
  );
  return words.filter(
    (word) => word.form.length > PREFIX_LENGTH || !compounds.some((compound) => isPart(word, compound)),
  );
}

const isPart = (word: Word, { start, end }: Span) =>
  !word.isCompound && word.start >= start && word.end <= end;

/** What of a paper matches a query. `weightOf` says how much a term counts in choosing the passage: its rarity. */
export function highlightsOf(
  paper: Pick<Paper, 'title' | 'abstract'>,
  query: HighlightQuery,
  weightOf: (term: string) => number = () => 1,
): Highlights {
  const { title, abstract } = paper;
  const looked = abstract.slice(0, wordBoundary(abstract, HIGHLIGHT_LIMITS.abstract));
  const words = { title: wordsOf(title, query.read), abstract: wordsOf(looked, query.read) };
  // A phrase that the paper does not have is marked as its words.
  const present = query.phrases.filter((phrase) =>
    [words.title, words.abstract].some((text) => phraseMatches(text, phrase).length > 0),
  );
  const absent = query.phrases.filter((phrase) => !present.includes(phrase)).flat();
  const terms = new Set([...query.terms, ...absent.filter((term) => !isStopWord(term))]);
  const matchesIn = (text: readonly Word[]) =>
    merged([
      ...text
        .filter(({ term }) => terms.has(term))
        .map(({ term, start, end }) => ({ start, end, terms: [term] })),
      ...present.flatMap((phrase) => phraseMatches(text, phrase)),
    ]);
  const inTitle = matchesIn(words.title).slice(0, HIGHLIGHT_LIMITS.spans);
  const inAbstract = matchesIn(words.abstract).slice(0, HIGHLIGHT_LIMITS.spans - inTitle.length);
  const passage = bestPassage(abstract, inAbstract, weightOf);
  return {
    title: inTitle.map(spanOf),
    abstract: inAbstract.map(spanOf),
    titleHtml: markedHtml(title, inTitle),
    passage: { ...passage, html: markedHtml(abstract, inAbstract, passage) },
  };
}

const spanOf = ({ start, end }: Span): Span => ({ start, end });

/** Where the words of a phrase follow each other. */
function phraseMatches(words: readonly Word[], phrase: readonly string[]): Match[] {
  const single = plain(words);
  return single.flatMap((first, at) => {
    const last = single[at + phrase.length - 1];
    const isHere = last && phrase.every((term, i) => single[at + i]?.term === term);
    return isHere ? [{ start: first.start, end: last.end, terms: phrase }] : [];
  });
}

/** In order, those that overlap or touch joined: `pre`, `training` and `pretraining` of `pre-training` are one. */
function merged(matches: readonly Match[]): Match[] {
  const joined: Match[] = [];
  for (const match of [...matches].sort((a, b) => a.start - b.start || b.end - a.end)) {
    const before = joined.at(-1);
    if (before && match.start <= before.end) {
      before.end = Math.max(before.end, match.end);
      before.terms = [...before.terms, ...match.terms];
    } else joined.push({ ...match });
  }
  return joined;
}

/** The passage with the heaviest distinct terms; of equals that with more matches, then the first. */
function bestPassage(text: string, matches: readonly Match[], weightOf: (term: string) => number): Span {
  const { passage: longest, lead } = HIGHLIGHT_LIMITS;
  if (text.length <= longest) return { start: 0, end: text.length };
  const sentences = [0, ...[...text.matchAll(/[.!?]\s+/g)].map((found) => found.index + found[0].length)];
  // From the sentence of each match; in a long sentence, from shortly before the match.
  const starts = matches.flatMap((match) => {
    const sentence = sentences.findLast((start) => start <= match.start) ?? 0;
    return match.end - sentence <= longest ? [sentence] : [wordStart(text, match.start, lead)];
  });
  let best = { start: 0, end: passageEnd(text, 0), value: 0 };
  for (const start of new Set([0, ...starts])) {
    const end = passageEnd(text, start);
    const inside = matches.filter((match) => match.start >= start && match.end <= end);
    const terms = new Set(inside.flatMap((match) => match.terms));
    const weight = [...terms].reduce((sum, term) => sum + weightOf(term), 0);
    const value = weight + inside.length / 1_000;
    if (value > best.value) best = { start, end, value };
  }
  // At the end of the text there may be room for sentences before.
  const earlier = sentences.find((start) => best.end - start <= longest) ?? best.start;
  return { start: Math.min(best.start, earlier), end: best.end };
}

/** Where a passage from `start` ends: with the last sentence that fits if that leaves enough of it, or with a word. */
function passageEnd(text: string, start: number): number {
  const { passage: longest, passageMin } = HIGHLIGHT_LIMITS;
  if (text.length - start <= longest) return text.length;
  const window = text.slice(start, start + longest + 1);
  const sentence = [...window.matchAll(/[.!?](?=\s)/g)].at(-1);
  const length = sentence ? sentence.index + 1 : 0;
  return length >= passageMin ? start + length : wordBoundary(text, start + longest, start);
}

/** The last place at or before `end` where white space stands, after `start`; else one that splits no character. */
function wordBoundary(text: string, end: number, start = 0): number {
  if (end >= text.length) return text.length;
  const space = text.lastIndexOf(' ', end);
  if (space > start) return space;
  return isInsidePair(text, end) ? end - 1 : end;
}

/** The beginning of a word up to `lead` before `at`, or `at`. */
function wordStart(text: string, at: number, lead: number): number {
  const space = text.indexOf(' ', Math.max(0, at - lead));
  return space === -1 || space >= at ? at : space + 1;
}

/** True when a cut here would split a surrogate pair. */
const isInsidePair = (text: string, at: number) => (text.codePointAt(at - 1) ?? 0) > 0xffff;

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as HTML that is safe as an element's content and as an attribute's value. */
export const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign);

/** A text, or the part of it in `within`, as HTML whose only tags are `<mark>` around the matches. */
function markedHtml(text: string, matches: readonly Span[], within?: Span): string {
  const { start: from, end: to } = within ?? { start: 0, end: text.length };
  let html = '';
  let at = from;
  for (const match of matches) {
    const [start, end] = [Math.max(match.start, from), Math.min(match.end, to)];
    if (start >= end) continue;
    html += `${escapeHtml(text.slice(at, start))}<mark>${escapeHtml(text.slice(start, end))}</mark>`;
    at = end;
  }
  return html + escapeHtml(text.slice(at, to));
}
