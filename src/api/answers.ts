import { z } from '@hono/zod-openapi';
import { MATCH_KINDS } from '../exact-match.ts';
import { EXAMPLE_WEIGHTS } from '../example-scores.ts';
import { HIGHLIGHT_LIMITS } from '../highlight.ts';
import { SAME_BY } from '../near-duplicates.ts';
import { SEARCH_MODES } from '../search.ts';
import { SIGNALS } from '../store/people-store.ts';

/** What answers look like, for /openapi.json; a test checks real answers against these. */

const { second, negative } = EXAMPLE_WEIGHTS;

const nullableNumber = z.number().nullable();

export const paper = z
  .strictObject({
    id: z.string(),
    title: z.string(),
    abstract: z.string(),
    authors: z.array(z.string()),
    date: z
      .string()
      .nullable()
      .openapi({ description: 'YYYY-MM-DD, or YYYY-MM or YYYY where no more is known.' }),
    categories: z.array(z.string()),
    source: z.string(),
    url: z.string().optional(),
    doi: z.string().optional(),
    arxivId: z.string().optional(),
    venue: z.string().optional(),
    upvotes: z.int().optional(),
    commentCount: z.int().optional(),
    organization: z.string().optional(),
    authorCount: z.int().optional(),
    codeUrl: z.string().optional(),
    comment: z.string().optional(),
    language: z.string().optional().openapi({ description: 'ISO 639-1, or 639-3 where that has none.' }),
  })
  .openapi('Paper');

const cursor = z
  .string()
  .nullable()
  .openapi({ description: 'Ask again with this cursor for more; null at the end.' });
const hitCursor = z
  .string()
  .nullable()
  .openapi({
    description:
      'Ask again with this cursor for more; null at the end. No paper is shown twice and none left out, whatever papers ' +
      'came or went meanwhile.',
  });
const exact = z
  .boolean()
  .openapi({ description: 'True: every allowed paper was compared. False: graph search.' });

const span = z.strictObject({ start: z.int(), end: z.int() }).openapi('Span', {
  description: 'Part of a text, in UTF-16 units as JavaScript counts; the end is exclusive.',
});

const highlights = z
  .strictObject({
    title: z.array(span),
    abstract: z.array(span),
    titleHtml: z.string().openapi({
      description: 'The title, escaped, with `<mark>` around what matches; there is no other tag.',
    }),
    passage: span.extend({ html: z.string() }).openapi('Passage', {
      description:
        `The part of the abstract, at most ${HIGHLIGHT_LIMITS.passage} characters, that says most of the query: ` +
        'where it is, and as HTML like the title.',
    }),
  })
  .openapi('Highlights', {
    description:
      'Where the words of the query are, in any of their forms. At most ' +
      `${HIGHLIGHT_LIMITS.spans} places, in the first ${HIGHLIGHT_LIMITS.abstract} characters of the abstract.`,
  });

const alternates = z
  .array(
    z.strictObject({
      id: z.string(),
      source: z.string(),
      date: z.string().nullable(),
      sameBy: z.enum(SAME_BY).openapi({
        description:
          'Why it is the same paper: one DOI, one arXiv id, one title with an author in common or a like abstract, or ' +
          'nearly the same text.',
      }),
    }),
  )
  .openapi({ description: 'Other entries of the library for this paper, such as its preprint.' });

export const searchAnswer = z
  .strictObject({
    hits: z.array(
      z.strictObject({
        paper,
        score: z.number().openapi({
          description:
            '`hybrid`: from 0 to 1, comparable within one answer only. `semantic`: the cosine similarity, -1 to 1. `lexical`: ' +
            'the BM25F score, 0 or more without an upper bound. Papers that the query names have 1, or the highest score ' +
            'where that is more. It never rises down the list.',
        }),
        parts: z.strictObject({
          dense: nullableNumber,
          denseRank: nullableNumber,
          lexical: nullableNumber,
          lexicalRank: nullableNumber,
          coverage: nullableNumber.openapi({
            description: "The share of the query's words that the paper has, rare ones counting for more.",
          }),
          words: nullableNumber.openapi({
            description:
              "The mean over the query's words of the best similarity to any word of the paper, in its context; null " +
              'where it was not looked at: only the best hits of a short query are.',
          }),
          neighbours: nullableNumber.openapi({
            description:
              'Hybrid search: what likeness to the best hits and to near ones changed of the score, often lowering it; null ' +
              'in the other modes.',
          }),
        }),
        alternates,
        highlights,
        match: z
          .enum(MATCH_KINDS)
          .nullable()
          .openapi({
            description:
              'By what the query names the paper, or that it has all quoted phrases, which is why it comes first; null for ' +
              'a paper found by words or meaning.',
          }),
      }),
    ),
    nextCursor: hitCursor,
    exact,
    mode: z.enum(SEARCH_MODES),
    totalLexical: z
      .int()
      .nullable()
      .openapi({
        description:
          'Papers that match by words: those with all quoted phrases once some paper has them, else those with any word of ' +
          'the query but common ones, a word that no paper has by its likeliest spelling. Null when words were not looked for.',
      }),
    phrases: z
      .strictObject({
        asked: z.int().openapi({ description: 'Quoted phrases in the query.' }),
        required: z.boolean().openapi({
          description:
            'True: papers have all of them, and come first. False: none has, and the quotes were ignored.',
        }),
      })
      .nullable()
      .openapi({
        description:
          'What became of quoted phrases, in any mode; null when the query has none, or only in a small part of it.',
      }),
    didYouMean: z.string().nullable().openapi({
      description: 'The query spelt with words that the library has; null when there is nothing to suggest.',
    }),
  })
  .openapi('SearchAnswer');

export const similarAnswer = z
  .strictObject({
    hits: z.array(
      z.strictObject({
        paper,
        score: z.number().openapi({
          description:
            `\`(positive + balance + ${second} second) / ${1 + second} - ${negative} max(0, negative) + terms\` of \`parts\`; ` +
            `with one positive example, \`positive - ${negative} max(0, negative) + terms\`. At most 1, below 0 for what is ` +
            'unlike.',
        }),
        parts: z.strictObject({
          positive: z.number().openapi({
            description:
              'Cosine similarity to the positive example, or the text, that counts most for the paper.',
          }),
          balance: z.number().openapi({
            description:
              'What that example counts less for having nearer neighbours than other positive examples have; 0 or less.',
          }),
          second: nullableNumber.openapi({
            description:
              'The highest cosine similarity to another positive example; null where there is none.',
          }),
          negative: nullableNumber.openapi({
            description: 'The highest cosine similarity to a negative example; null without any.',
          }),
          terms: z.number().openapi({
            description:
              'What the overlap of the words and pairs of words with those of a single positive example adds, for the ' +
              'first forty hits: `(1 - the score before) min(1, 4 overlap)`; 0 with several examples.',
          }),
        }),
        alternates,
      }),
    ),
    nextCursor: hitCursor,
    exact,
  })
  .openapi('SimilarAnswer');

export const listing = z
  .strictObject({ papers: z.array(paper), nextCursor: cursor, total: z.int() })
  .openapi('Listing');

const likedBecause = z.strictObject({
  kind: z.enum(['liked', 'saved', 'seed']),
  paper: z.strictObject({ id: z.string(), title: z.string() }).optional(),
  seed: z.strictObject({ id: z.int(), title: z.string() }).optional(),
  similarity: z.number(),
  likeness: z.strictObject({ terms: z.number(), meaning: z.number(), categories: z.number() }).optional(),
  interest: z.strictObject({
    id: z.string().optional(),
    name: z.string().optional(),
    papers: z.array(z.string()),
  }),
  sharedTerms: z.array(z.string()),
  text: z.string(),
});

export const because = z
  .union([likedBecause, z.strictObject({ kind: z.enum(['trending', 'recent']), text: z.string() })])
  .openapi('Because');

export const recommendationParts = z.strictObject({
  similarity: z.number().describe('To the likes of the interest that it is recommended for: a soft maximum.'),
  balance: z.number().describe('What an interest in a crowded field gives way; 0 or less.'),
  interest: z.number().describe('The weight that the user gave the interest.'),
  dislike: z.number().describe('Likeness to a paper that was disliked or hidden; 0 or less.'),
  freshness: z.number(),
  popularity: z.number(),
  together: z.number().describe('What others like who like the same.'),
  crowding: z.number().describe('Papers of the same interest above it; 0 or less.'),
  redundancy: z.number().describe('A paper above it that says much the same; 0 or less.'),
});

const recommendation = z.strictObject({
  paper,
  score: z.number(),
  parts: recommendationParts.partial(),
  because,
});

export const recommendAnswer = z
  .strictObject({
    hits: z.array(recommendation),
    nextCursor: cursor,
    exact,
    basis: z.strictObject({ likes: z.int(), interests: z.int() }),
  })
  .openapi('RecommendAnswer');

export const picksAnswer = z
  .strictObject({
    user: z.string(),
    date: z.string(),
    picks: z.array(
      recommendation.extend({
        probability: z.number().describe('With which the paper was picked: below 1 for one drawn by lot.'),
        isExploration: z.boolean().describe('Whether it was drawn by lot among papers behind the nearest.'),
      }),
    ),
    note: z.string().nullable(),
    revised: z
      .array(z.strictObject({ id: z.string(), title: z.string(), at: z.string() }))
      .describe('Papers that the user likes and that were revised lately: told once.'),
    createdAt: z.string(),
  })
  .openapi('PicksAnswer');

export const feedbackEntry = z
  .strictObject({ paperId: z.string(), signal: z.enum(SIGNALS), at: z.string() })
  .openapi('Feedback');

export const feedbackAnswer = z
  .strictObject({ feedback: z.array(feedbackEntry), nextCursor: cursor, total: z.int() })
  .openapi('FeedbackAnswer');

export const ingestAnswer = z
  .strictObject({
    created: z.int(),
    updated: z.int(),
    unchanged: z.int(),
    rejected: z.array(z.strictObject({ index: z.int(), id: z.string().optional(), reason: z.string() })),
    results: z.array(
      z.strictObject({
        index: z.int(),
        id: z.string().optional(),
        outcome: z.enum(['created', 'updated', 'unchanged', 'rejected']),
      }),
    ),
  })
  .openapi('IngestAnswer');

export const health = z.strictObject({ status: z.enum(['ok']) }).openapi('Health');

export const readiness = z
  .strictObject({ status: z.enum(['ready', 'starting', 'stopping']), waitingFor: z.array(z.string()) })
  .openapi('Readiness');

export const problem = z
  .strictObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string(),
    code: z.string(),
    errors: z.array(z.strictObject({ path: z.string(), message: z.string() })).optional(),
  })
  .openapi('Problem');
