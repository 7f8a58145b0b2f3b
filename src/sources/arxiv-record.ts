import { cutAtWord, PAPER_LIMITS, parseArxivId } from '../paper.ts';
import { authorsIn, categoriesIn, doiIn, nameIn } from './record-fields.ts';
import { checkRecord, type SourceItem, shortened } from './source.ts';

/** The source of all papers of arXiv, whichever way they come. */
export const ARXIV_SOURCE = 'arxiv';

/** What arXiv says of a paper, in all its formats. */
export interface ArxivFacts {
  /** With or without a version: `2401.01234v2`, `math/0301234`. */
  id: string;
  /** The latest version, where the id does not have it. */
  version?: number | undefined;
  title: string;
  abstract: string;
  authors: readonly string[];
  /** The day of the first version, `YYYY-MM-DD`. */
  date?: string | undefined;
  /** The primary one first. */
  categories: readonly string[];
  doi?: string | undefined;
  journalRef?: string | undefined;
  comment?: string | undefined;
  /** That the latest version was withdrawn, where the format has more than the authors' words for it. */
  isWithdrawn?: boolean;
}

/** arXiv's own categories; ACM and MSC classes stand among them in some formats. */
const CATEGORY = /^[a-z]+(?:-[a-z]+)*(?:\.[A-Za-z]+(?:-[a-z]+)*)?$/;

/** The record of one paper of arXiv, its removal when it was withdrawn, or the reason why it is neither. */
export function arxivItem(facts: ArxivFacts, at: string): SourceItem {
  const parsed = parseArxivId(facts.id.trim());
  if (parsed === null) return { at, reason: `id: expected one of arXiv, got "${shortened(facts.id)}"` };
  const { arxivId } = parsed;
  const title = inOneLine(facts.title);
  const abstract = inOneLine(facts.abstract);
  const comment = inOneLine(facts.comment ?? '');
  // An abstract may be about what was withdrawn: only its beginning is taken for the paper's own fate.
  const saysWithdrawn = [comment, abstract].some((text) => BEGINS_WITHDRAWN.test(text));
  const version = parsed.version ?? facts.version;
  const id = version === undefined ? arxivId : `${arxivId}v${version}`;
  if (facts.isWithdrawn || saysWithdrawn || SAYS_WITHDRAWN.test(comment)) {
    return { at, removal: { id, why: 'withdrawn' } };
  }
  const record = {
    id,
    title,
    abstract,
    authors: authorsIn(facts.authors.map(inOneLine)),
    date: facts.date,
    categories: categoriesIn(facts.categories.filter((name) => CATEGORY.test(name))),
    source: ARXIV_SOURCE,
    url: `https://arxiv.org/abs/${arxivId}`,
    // Some papers have two, with a space between.
    doi: doiIn(facts.doi?.trim().split(/\s/, 1)[0]),
    arxivId,
    venue: nameIn(inOneLine(facts.journalRef ?? '')),
    comment: comment === '' ? undefined : cutAtWord(comment, PAPER_LIMITS.comment),
  };
  return checkRecord(record, at, { strict: true });
}

const inOneLine = (text: string) => text.replace(/\s+/g, ' ').trim();

const SENTENCE =
  '(?:(?:this|the) )?(?:paper|article|manuscript|preprint|submission|work) ' +
  '(?:(?:has|is|was|now|been|being|hereby|temporarily) ){0,4}withdrawn';
/** Papers are withdrawn from conferences, too, and stay on arXiv. */
const FROM_ARXIV = '\\b(?! from (?!(?:the )?arxiv))';
const BEGINS_WITHDRAWN = new RegExp(`^(?:withdrawn|${SENTENCE})${FROM_ARXIV}`, 'i');
const SAYS_WITHDRAWN = new RegExp(`[.;:!] ${SENTENCE}${FROM_ARXIV}`, 'i');
