import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HIGHLIGHT_LIMITS, type Highlights, highlightQuery, highlightsOf } from '../src/highlight.ts';
import { type Word, wordsOf } from '../src/words.ts';

const ABSTRACT =
  'Large models are trained on text from many places, and their makers rarely say from which ones. ' +
  'We look at how this came about, and ask a hundred people who build them for their reasons. ' +
  'Hallucinations, as they are called, are the subject of the second part of this study. ' +
  'There we measure multimodal hallucination in pre-trained systems, and find that it falls with scale. ' +
  'We close with a list of things that a maker of such systems may want to write down for others.';

const paper = { title: 'On Hallucination & Its <Causes>', abstract: ABSTRACT };
const marked = (text: string, spans: { start: number; end: number }[]) =>
  spans.map(({ start, end }) => text.slice(start, end));
const highlight = (query: string, of = paper) => highlightsOf(of, highlightQuery(query));

const UNESCAPED: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
const textOf = (html: string) =>
  html.replace(/<\/?mark>/g, '').replace(/&(\w+|#39);/g, (_, name: string) => UNESCAPED[name] ?? '?');

describe('highlights', () => {
  it('mark the words of a query in any of their forms, and no stop words', () => {
    const { title, abstract, titleHtml } = highlight('the causes of multimodal hallucination');
    expect(marked(paper.title, title)).toEqual(['Hallucination', 'Causes']);
    expect(marked(ABSTRACT, abstract)).toEqual(['Hallucinations', 'multimodal', 'hallucination']);
    expect(titleHtml).toBe('On <mark>Hallucination</mark> &amp; Its &lt;<mark>Causes</mark>&gt;');
  });

  it('mark every word that the sample papers say, alone and in its text', () => {
    const file = readFileSync(new URL('../samples/papers.jsonl', import.meta.url), 'utf8');
    const papers = file
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as typeof paper);
    const text = papers.map(({ title, abstract }) => `${title} ${abstract}`).join(' ');
    const isMarked = (term: string, of: Word[]) => of.some((word) => word.term === term);
    const words = new Map(wordsOf(text).map((word) => [word.form, word]));
    expect(words.size).toBeGreaterThan(1_000);
    for (const { term, start, end } of words.values()) {
      const { read } = highlightQuery(text.slice(start, end));
      expect([term, isMarked(term, wordsOf(text.slice(start, end), read))]).toEqual([term, true]);
    }
  });

  it('mark stop words when nothing else was asked for', () => {
    expect(marked(paper.title, highlight('on its').title)).toEqual(['On', 'Its']);
  });

  it('mark the word that was looked for instead of a misspelt one', () => {
    const { title } = highlightsOf(paper, highlightQuery('halucination', ['hallucination']));
    expect(marked(paper.title, title)).toEqual(['Hallucination']);
  });

  it('mark phrases in quotes of any kind', () => {
    for (const query of ['"ask a hundred"', '„ask a hundred“', '«ask a hundred»']) {
      expect(marked(ABSTRACT, highlight(query).abstract)).toEqual(['ask a hundred']);
    }
  });

  it('mark a compound whole however it is written, and not its prefix alone', () => {
    const of = { title: 'Pretraining, pre-training and pre-processing', abstract: 'None.' };
    for (const query of ['pre-training', 'pretraining']) {
      expect(marked(of.title, highlight(query, of).title)).toEqual(['Pretraining', 'pre-training']);
    }
    const named = { title: 'GPT-4 and GPT4', abstract: 'None.' };
    expect(marked(named.title, highlight('GPT-4', named).title)).toEqual(['GPT-4', 'GPT4']);
  });

  it.each(['"second part of this study"', '“second part of this study”'])('mark %s as one', (query) => {
    const { abstract } = highlight(`${query} systems`);
    expect(marked(ABSTRACT, abstract)).toEqual(['second part of this study', 'systems', 'systems']);
  });

  it('mark the words of a phrase that the paper does not have', () => {
    expect(marked(ABSTRACT, highlight('"hallucination of people"').abstract)).toEqual([
      'people',
      'Hallucinations',
      'hallucination',
    ]);
  });

  it('choose the passage that says most of the query, from the beginning of a sentence', () => {
    const { passage } = highlight('multimodal hallucination scale');
    expect(passage.html).toMatch(
      /^(?:<mark>Hallucinations<\/mark>, as|There we measure <mark>multimodal<\/mark>)/,
    );
    expect(passage.html).toContain('<mark>scale</mark>.');
    expect(ABSTRACT.slice(passage.start, passage.end)).toBe(textOf(passage.html));
    expect(passage.end - passage.start).toBeLessThanOrEqual(HIGHLIGHT_LIMITS.passage);
  });

  it('prefer the rarer term where a weight is given', () => {
    const of = { title: 'T', abstract: `${'One model is here. '.repeat(30)}At last a zebra is seen.` };
    const { passage } = highlightsOf(of, highlightQuery('model zebra'), (term) => (term === 'model' ? 1 : 9));
    expect(passage.html).toContain('<mark>zebra</mark>');
  });

  it('fill the passage with what stands before, at the end of an abstract', () => {
    const of = { title: 'T', abstract: `${'Nothing is said here. '.repeat(30)}A zebra.` };
    const { passage } = highlight('zebra', of);
    expect(passage.end).toBe(of.abstract.length);
    expect(passage.end - passage.start).toBeGreaterThan(HIGHLIGHT_LIMITS.passageMin);
    expect(passage.html).toMatch(/^Nothing/);
  });

  it('begin with the abstract when it shares no word with the query', () => {
    const { passage, abstract } = highlight('unrelated');
    expect([abstract, passage.start]).toEqual([[], 0]);
    expect(ABSTRACT.slice(0, passage.end)).toMatch(/study\.$/);
  });

  it('stop at a hundred spans, and at ten thousand characters', () => {
    const many = { title: 'word '.repeat(60), abstract: 'word '.repeat(9_000) };
    const { title, abstract } = highlight('word', many);
    expect([title.length, abstract.length]).toEqual([60, 40]);
    const late = { title: 'T', abstract: `${'x '.repeat(6_000)}word` };
    expect(highlight('word', late).abstract).toEqual([]);
  });

  it('are safe and exact for any text and query', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 12 }),
      fc.constantFrom(
        'word',
        'pre-word',
        '<mark>',
        '</mark>',
        '<script>',
        '&amp;',
        '&',
        '"',
        "'",
        '😀',
        '. ',
      ),
      fc.constantFrom(' ', '\ud83d', '\ude00', '𝒳'.repeat(400), 'é', 'e\u0301', '语言模型'.repeat(100)),
    );
    const text = fc.array(piece, { maxLength: 40 }).map((parts) => parts.join(''));
    const well = (html: string) => html.replace(/<mark>[^<>]*<\/mark>/g, '');
    fc.assert(
      fc.property(text, text, text, (title, abstract, query) => {
        const found: Highlights = highlight(`${query} word "pre word"`, { title, abstract });
        const { passage } = found;
        expect(textOf(found.titleHtml)).toBe(title);
        expect(textOf(passage.html)).toBe(abstract.slice(passage.start, passage.end));
        for (const html of [found.titleHtml, passage.html]) expect(well(html)).not.toMatch(/[<>"']/);
        expect(passage.end - passage.start).toBeLessThanOrEqual(HIGHLIGHT_LIMITS.passage);
        for (const [whole, spans] of [
          [title, found.title],
          [abstract, [...found.abstract, passage]],
        ] as const) {
          for (const { start, end } of spans) {
            expect(start < end || whole === '').toBe(true);
            // Never between the halves of a character.
            for (const at of [start, end]) {
              expect(at > 0 && (whole.codePointAt(at - 1) ?? 0) > 0xffff).toBe(false);
            }
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
