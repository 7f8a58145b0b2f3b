import { tmpdir } from 'node:os';
import { basename } from 'node:path';
import { AppError, messageOf } from '../errors.ts';
import { type JoinEntry, joinOnDisk } from './disk-join.ts';
import { jsonLinesOf, sizeOf } from './json-lines.ts';
import { abstractOfLine, itemOfDraft, type PaperDraft, paperDraft } from './semantic-scholar-paper.ts';
import type { PaperSource, SourceItem } from './source.ts';

/** Abstracts that are held at a time while they are put to their papers. */
const MAX_HELD_BYTES = 32 * 1024 * 1024;

export interface SemanticScholarFiles {
  /** JSON Lines, plain or gzip: files of the dataset `papers`, or papers as the API gives them. */
  papers: readonly string[];
  /** Files of the dataset `abstracts`, where papers do not hold their own. */
  abstracts?: readonly string[];
  /** Where the join puts what it cannot hold, about as large as the files unpacked; the system's by default. */
  scratchFolder?: string;
}

/**
 * Papers of Semantic Scholar's datasets (ODC-BY: name Semantic Scholar where they are shown), or saved from its API.
 * `papers` and `abstracts` are datasets of their own, each in many files in no common order: they are joined by
 * `corpusid` on disk, so that memory stays flat whatever their size. A paper that has no abstract in either is told as
 * rejected. With `abstracts`, items come when all files have been read, in no order; `at` names file and line.
 *
 * Iterating throws `invalid_input` when a file cannot be read, and `source_failed` when the scratch folder cannot be
 * written.
 */
export function semanticScholarSource(files: SemanticScholarFiles): PaperSource {
  const { papers, abstracts = [], scratchFolder = tmpdir() } = files;
  let bytesRead = 0;
  const onRead = (bytes: number) => {
    bytesRead += bytes;
  };
  return {
    ignoredFields: new Map(),
    progress: () => ({ bytesRead, bytesTotal: sizeOfAll([...papers, ...abstracts]) }),
    async *[Symbol.asyncIterator]() {
      if (abstracts.length > 0) yield* joinedItems(papers, abstracts, { folder: scratchFolder, onRead });
      else for await (const draft of draftsOf(papers, onRead)) yield itemOfDraft(draft, null);
    },
  };
}

function sizeOfAll(files: readonly string[]): number | null {
  let sum = 0;
  for (const file of files) {
    const size = sizeOf(file);
    if (size === null) return null;
    sum += size;
  }
  return sum;
}

type OnRead = (bytes: number) => void;

async function* draftsOf(files: readonly string[], onRead: OnRead): AsyncGenerator<PaperDraft> {
  for (const file of files) {
    for await (const line of jsonLinesOf(file, onRead)) {
      const at = `${basename(file)} ${line.at}`;
      yield 'reason' in line ? { ...line, at } : paperDraft(line.value, at);
    }
  }
}

async function* joinedItems(
  papers: readonly string[],
  abstracts: readonly string[],
  { folder, onRead }: { folder: string; onRead: OnRead },
): AsyncGenerator<SourceItem> {
  const entries = joinEntries(papers, abstracts, onRead);
  try {
    for await (const { left, right } of joinOnDisk(entries, { folder, maxBytes: MAX_HELD_BYTES })) {
      yield itemOfDraft(
        JSON.parse(left) as PaperDraft,
        right === null ? null : (JSON.parse(right) as string),
      );
    }
  } catch (error) {
    if (error instanceof AppError) throw error;
    const message = `Cannot join papers and abstracts in ${folder}: ${messageOf(error)}.`;
    throw new AppError('source_failed', message, { cause: error });
  }
}

/** Papers on the left, with what is to be reported; abstracts on the right. JSON has no line feeds. */
async function* joinEntries(
  papers: readonly string[],
  abstracts: readonly string[],
  onRead: OnRead,
): AsyncGenerator<JoinEntry> {
  for await (const draft of draftsOf(papers, onRead)) {
    const key = ('record' in draft && draft.corpusId) || '';
    yield { side: 'left', key, text: JSON.stringify(draft) };
  }
  for (const file of abstracts) {
    for await (const line of jsonLinesOf(file, onRead)) {
      const at = `${basename(file)} ${line.at}`;
      const read = 'reason' in line ? { ...line, at } : abstractOfLine(line.value, at);
      if ('reason' in read) yield { side: 'left', key: '', text: JSON.stringify(read) };
      else if (read.abstract !== '') {
        yield { side: 'right', key: read.corpusId, text: JSON.stringify(read.abstract) };
      }
    }
  }
}
