import { setImmediate } from 'node:timers/promises';
import type { BibliographyFormat } from '../sources/bibliography.ts';
import { bibliographyWriter } from '../sources/bibliography-export.ts';
import type { PaperStore } from '../store/paper-store.ts';
import type { Feedback, PeopleStore, Signal } from '../store/people-store.ts';

/** Papers that are read and written at once: some milliseconds of work. */
const A_TURN = 100;

/**
 * The papers to which a user gave any of the signals as a bibliography, the latest first, piece by piece. Papers that
 * the library no longer has are left out.
 */
export async function* exportLibrary(
  { store, people }: { store: Pick<PaperStore, 'papersByKeys'>; people: Pick<PeopleStore, 'feedback'> },
  { user, signals, format }: { user: string; signals: readonly Signal[]; format: BibliographyFormat },
): AsyncGenerator<string> {
  const writer = bibliographyWriter(format);
  for (let after: Feedback | null = null; ; ) {
    const { feedback }: { feedback: Feedback[] } = await people.feedback(user, {
      limit: A_TURN,
      signals,
      after,
    });
    const papers = await store.papersByKeys(feedback.map(({ key }) => key));
    yield writer.add(papers.map(({ paper }) => paper));
    const last = feedback.at(-1);
    if (last === undefined || feedback.length < A_TURN) break;
    after = last;
    await setImmediate();
  }
  yield writer.end();
}
