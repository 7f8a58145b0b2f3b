import { authorName, compactTitleKey, givenNamesAgree, titleKey } from './identity.ts';
import { SAME_PAPER } from './near-duplicates.ts';
import { arxivIdOfDoi, type IncomingPaper, parseArxivId } from './paper.ts';

/** What a record is known by, beside its id. Stores keep these keys, and find records by them. */
export interface RecordIdentity {
  /** Lower case, without version and subject class: `math.GT/0309136` is `math/0309136`. */
  arxivId: string | null;
  /** Lower case, without `doi:` or an address before it. */
  doi: string | null;
  /** The title's compact key; null for one that two papers may share by chance. */
  title: string | null;
}

/** What tells whether two records of one title are of one paper. */
export type TitleEvidence = Pick<IncomingPaper['facts'], 'authors' | 'date'>;

/** What tells whether two records of one DOI are of one work. */
export type WorkEvidence = TitleEvidence & { title?: string };

/** The arXiv ids and DOIs that the records of a paper state. */
export interface Identifiers {
  arxivIds: ReadonlySet<string>;
  /** Without arXiv's own, which say no more than the arXiv id. */
  dois: ReadonlySet<string>;
}

const DOI = /^10\.\d{4,9}\/\S+$/;

/** An arXiv id as records are found by it; null for a text that is none. */
export function arxivKey(id: string): string | null {
  const arxivId = parseArxivId(id)?.arxivId.toLowerCase();
  return arxivId?.replace(/\.[a-z]{2}\//, '/') ?? null;
}

/** What a record is known by. An id that is a DOI, and a DOI that is an arXiv id, count as that. */
export function identityOf({
  id,
  facts,
}: Pick<IncomingPaper, 'id'> & {
  facts: { doi?: string; arxivId?: string; title?: string };
}): RecordIdentity {
  const doi = facts.doi ?? (DOI.test(id) ? id.toLowerCase() : null);
  const key = facts.title === undefined ? '' : titleKey(facts.title);
  return {
    arxivId: arxivKey(id) ?? arxivKey(facts.arxivId ?? '') ?? arxivKey((doi && arxivIdOfDoi(doi)) ?? ''),
    doi,
    title: key.split(' ').length < SAME_PAPER.titleWords ? null : compactTitleKey(key),
  };
}

/** The identifiers of some records together. */
export function identifiersOf(records: readonly Pick<RecordIdentity, 'arxivId' | 'doi'>[]): Identifiers {
  const stated = (texts: readonly (string | null)[]) => new Set(texts.filter((text) => text !== null));
  return {
    arxivIds: stated(records.map(({ arxivId }) => arxivId)),
    dois: stated(records.map(({ doi }) => (doi !== null && arxivIdOfDoi(doi) === null ? doi : null))),
  };
}

/**
 * Whether records cannot be of one paper, though something else says so: arXiv has them as two. What only a title says
 * is also contradicted by two DOIs.
 */
export function contradict(a: Identifiers, b: Identifiers, by: 'identifier' | 'title'): boolean {
  return isOther(a.arxivIds, b.arxivIds) || (by === 'title' && isOther(a.dois, b.dois));
}

const isOther = (a: ReadonlySet<string>, b: ReadonlySet<string>) =>
  a.size > 0 && b.size > 0 && ![...a].some((text) => b.has(text));

/**
 * Whether two records of one DOI are of different works all the same, as when papers are given the DOI of their volume:
 * neither title nor any author is in common, and all of them are known.
 */
export function isOtherWork(a: WorkEvidence, b: WorkEvidence): boolean {
  if (a.title === undefined || b.title === undefined) return false;
  if (namesOf(a).size === 0 || namesOf(b).size === 0) return false;
  return (
    compactTitleKey(titleKey(a.title)) !== compactTitleKey(titleKey(b.title)) && !haveAuthorInCommon(a, b)
  );
}

/** Whether two records of one title are of one paper: an author in common, and not more than a year between them. */
export function isSameByTitle(a: TitleEvidence, b: TitleEvidence): boolean {
  const [one, other] = [a, b].map(({ date }) => (date ? Number(date.slice(0, 4)) : null));
  if (typeof one === 'number' && typeof other === 'number' && Math.abs(one - other) > 1) return false;
  return haveAuthorInCommon(a, b);
}

/** What stands for authors who are not named: `et al.`, `and others`. */
const NOT_NAMED = new Set(['al', 'others']);

/** By family name, the given names of its bearers. */
function namesOf({ authors = [] }: TitleEvidence): Map<string, string[]> {
  const names = new Map<string, string[]>();
  for (const { family, given } of authors.map(authorName).filter((name) => name !== null)) {
    if (!NOT_NAMED.has(family)) names.set(family, [...(names.get(family) ?? []), given]);
  }
  return names;
}

/** Whether somebody may have written both: of one family name, and of given names or initials that agree. */
function haveAuthorInCommon(a: TitleEvidence, b: TitleEvidence): boolean {
  const others = namesOf(b);
  return [...namesOf(a)].some(([family, givens]) =>
    givens.some((given) =>
      (others.get(family) ?? []).some((other) => givenNamesAgree(given, other, { initials: true })),
    ),
  );
}
