import type { z } from 'zod';
import { loosePaperRecord, PAPER_FIELDS, type PaperRecord, strictPaperRecord } from '../paper.ts';
import type { FeedPosition } from '../store/paper-store.ts';

/** A paper that a source has no more. */
export interface Removal {
  id: string;
  /**
   * `deleted`: this source does not have its record any more, others may. `withdrawn`: its authors took the paper back,
   * whoever else still shows it.
   */
  why: 'deleted' | 'withdrawn';
}

/**
 * One record of a source: valid, or rejected with the reason; or that a paper is gone. `at` says where it stood, such as
 * `line 12`.
 */
export type SourceItem =
  | { at: string; record: PaperRecord }
  | { at: string; removal: Removal }
  | { at: string; id?: string; reason: string };

/** That all before it is what a feed held up to here: where it goes on once that is in the library. */
export interface Checkpoint {
  checkpoint: FeedPosition;
}

/** Records of one outside format, in order, read as they are asked for. */
export interface PaperSource extends AsyncIterable<SourceItem> {
  /** Input bytes read so far, and in all (null when unknown, as from a pipe). */
  progress(): { bytesRead: number; bytesTotal: number | null };
  /** How often each field was there that no paper has. */
  readonly ignoredFields: ReadonlyMap<string, number>;
}

/** Reasons name at most this many faults, and this many characters of each: names of fields come from outside. */
const MAX_FAULTS = 5;
const MAX_FAULT_CHARACTERS = 200;

/** A text from outside, short enough to be repeated in a message. */
export const shortened = (text: string) =>
  text.length <= MAX_FAULT_CHARACTERS ? text : `${text.slice(0, MAX_FAULT_CHARACTERS).toWellFormed()}…`;

/** The faults of a value as one line: `date: expected …; title: …`. */
export function reasonOf(error: z.core.$ZodError): string {
  const faults = error.issues.slice(0, MAX_FAULTS).map((issue) => {
    const path = issue.path.join('.');
    return shortened(path === '' ? issue.message : `${path}: ${issue.message}`);
  });
  const more = error.issues.length - faults.length;
  return faults.join('; ') + (more > 0 ? `; and ${more} more` : '');
}

const idOf = (value: unknown): { id?: string } => {
  const id = typeof value === 'object' && value !== null ? Reflect.get(value, 'id') : undefined;
  return typeof id === 'string' ? { id: id.slice(0, 200) } : {};
};

/**
 * Validates one parsed value as a paper. `strict` refuses unknown fields; otherwise they are dropped and
 * `onIgnored` is told each one's name.
 */
export function checkRecord(
  value: unknown,
  at: string,
  options: { strict: boolean; onIgnored?: (field: string) => void },
): SourceItem {
  const parsed = (options.strict ? strictPaperRecord : loosePaperRecord).safeParse(value);
  if (!parsed.success) return { at, ...idOf(value), reason: reasonOf(parsed.error) };
  if (options.onIgnored) {
    for (const field of Object.keys(value as object)) if (!PAPER_FIELDS.has(field)) options.onIgnored(field);
  }
  return { at, record: parsed.data };
}
