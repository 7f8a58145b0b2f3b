import type { Readable } from 'node:stream';
import { z } from 'zod';
import { AppError, messageOf } from '../errors.ts';
import { cutAtWord, PAPER_LIMITS } from '../paper.ts';
import { authorsIn, categoriesIn, lenient, lenientList, nameIn } from './record-fields.ts';
import { checkRecord, type PaperSource, reasonOf, type SourceItem, shortened } from './source.ts';
import { wholeFileSource } from './whole-file.ts';

/** A large conference's submissions are some tens of megabytes. */
const MAX_NOTES_BYTES = 128 * 1024 * 1024;

/**
 * Papers from a file of notes, as OpenReview's API gives them for the submissions of a conference, plain or gzip. A note
 * is, in version 2 of the API (in version 1, the fields of `content` are the values themselves, and `invitation` is one
 * text):
 *
 *     {id, forum, invitations: [], pdate, cdate, ddate, content: {title: {value}, abstract: {value}, authors: {value: []},
 *      venue: {value}, venueid: {value}, keywords: {value: []}, 'TL;DR': {value}}}
 *
 * The file is `{notes: [note]}` as the API answers, a list of notes, or JSON Lines of them. A paper's id is
 * `openreview:` and its forum's; its day is that of publication, or of submission. Keywords become categories, the
 * authors' one sentence (TL;DR) the comment. Withdrawn submissions are withdrawn; those that were deleted or refused
 * before review are deleted, as the conference does not have them any more. Reviews and comments are rejected.
 */
export const openReviewSource = (file: string | Readable): PaperSource =>
  wholeFileSource(file, { maxBytes: MAX_NOTES_BYTES, read: openReviewItems });

/** The papers of a file's text. Throws `invalid_input` when it is neither JSON nor JSON Lines of notes. */
export function* openReviewItems(text: string): Generator<SourceItem> {
  const [, first = '', rest = ''] = /^\s*(\S[^\n]*)([\s\S]*)$/.exec(text) ?? [];
  const isOneALine = isJson(first) && rest.trim() !== '';
  if (!isOneALine) {
    const notes = notesOf(text);
    for (const [index, note] of notes.entries()) yield itemOf(note, `note ${index + 1}`);
    return;
  }
  let number = 0;
  for (const line of text.split('\n')) {
    number++;
    if (line.trim() === '') continue;
    const at = `line ${number}`;
    let note: unknown;
    try {
      note = JSON.parse(line);
    } catch (error) {
      yield { at, reason: `not JSON: ${messageOf(error)}` };
      continue;
    }
    yield itemOf(note, at);
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function notesOf(text: string): unknown[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new AppError('invalid_input', `Expected notes of OpenReview, got no JSON: ${messageOf(error)}.`, {
      cause: error,
    });
  }
  if (Array.isArray(value)) return value;
  const notes: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, 'notes') : null;
  if (Array.isArray(notes)) return notes;
  // One note alone is JSON Lines of one line.
  if (note.safeParse(value).success) return [value];
  throw new AppError(
    'invalid_input',
    `Expected notes of OpenReview, {"notes": […]} or a list, got ${shortened(text.trim())}.`,
  );
}

/** A field of a note's content: its value, as version 1 of the API has it, or an object of it. */
const field = <Value extends z.ZodType>(value: Value) =>
  z.preprocess(
    (field) => (typeof field === 'object' && field !== null && 'value' in field ? field.value : field),
    value,
  );
const text = z.string('expected a text');
const name = z.union([text, z.object({ fullname: text }).transform(({ fullname }) => fullname)]);
/** Names, as a list or separated in one text. */
const names = (separator: RegExp) =>
  z.preprocess((value) => (typeof value === 'string' ? value.split(separator) : value), lenientList(name));
const millis = lenient(z.number());

const note = z.object({
  id: text,
  forum: text.nullish(),
  invitation: lenient(text),
  pdate: millis,
  cdate: millis,
  tcdate: millis,
  ddate: millis,
  content: z.object({
    title: field(text.nullish()),
    abstract: field(text.nullish()),
    authors: field(names(/\s*,\s*/)),
    venue: field(lenient(text)),
    venueid: field(lenient(text)),
    keywords: field(names(/\s*[,;]\s*/)),
    'TL;DR': field(lenient(text)),
    TLDR: field(lenient(text)),
    'one-sentence_summary': field(lenient(text)),
  }),
});
type Note = z.output<typeof note>;

function itemOf(value: unknown, at: string): SourceItem {
  const parsed = note.safeParse(value);
  if (!parsed.success) return { at, reason: reasonOf(parsed.error) };
  const { id: noteId, forum, content, ddate, pdate, cdate, tcdate } = parsed.data;
  if (forum && forum !== noteId)
    return { at, id: noteId, reason: `expected a submission, got a reply to ${forum}` };
  const id = `openreview:${noteId}`;
  const state = stateOf(parsed.data);
  if (/withdrawn[ _]submission/i.test(state)) return { at, removal: { id, why: 'withdrawn' } };
  const isGone = typeof ddate === 'number' || /desk[ _]rejected[ _]submission/i.test(state);
  if (isGone) return { at, removal: { id, why: 'deleted' } };
  const summary = content['TL;DR'] || content.TLDR || content['one-sentence_summary'];
  // While they are hidden, authors are of this name.
  const authors = content.authors.filter((name) => !/^anonymous(?: authors?)?$/i.test(name));
  const record = {
    id,
    title: content.title,
    abstract: content.abstract,
    authors: authorsIn(authors),
    date: dayOf(pdate ?? cdate ?? tcdate),
    url: `https://openreview.net/forum?id=${encodeURIComponent(noteId)}`,
    venue: nameIn(content.venue),
    categories: categoriesIn(content.keywords),
    comment: summary ? cutAtWord(summary, PAPER_LIMITS.comment) : undefined,
  };
  return checkRecord(record, at, { strict: false });
}

/**
 * The text that says what became of a submission: its venue, which is kept up to date. Only version 1 of the API has it
 * in the invitation; in version 2, the invitations are a history, which a withdrawal that was taken back is in, too.
 */
const stateOf = ({ content: { venue, venueid }, invitation }: Note): string =>
  `${venueid ?? ''} ${venue ?? ''} ${invitation ?? ''}`;

function dayOf(time: number | null | undefined): string | undefined {
  if (time === null || time === undefined) return undefined;
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString().slice(0, 10);
}
