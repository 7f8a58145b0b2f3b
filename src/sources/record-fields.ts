import { z } from 'zod';
import { cutAtWord, isCalendarDate, PAPER_LIMITS, parseArxivId } from '../paper.ts';

/**
 * Fields as foreign records have them, made into those of a paper. What is optional in a paper and not as it should be
 * is left out: a broken link is no reason to lose a paper.
 */

/** An optional field of a foreign record; what is of another shape is as if it were not there. */
export const lenient = <T extends z.ZodType>(schema: T) => schema.nullish().catch(undefined);

/** A foreign list that may be missing, and may hold elements of another shape, which are left out. */
export const lenientList = <T extends z.ZodType>(element: T) =>
  z
    .array(z.unknown())
    .nullish()
    .catch(undefined)
    .transform((list) =>
      (list ?? []).flatMap((value): z.output<T>[] => {
        const parsed = element.safeParse(value);
        return parsed.success ? [parsed.data] : [];
      }),
    );

/** The day that a date, or an instant of ISO 8601, begins with, or undefined. */
export function dayIn(text: string | null | undefined): string | undefined {
  const day = /^\d{4}-\d{2}-\d{2}(?=$|[T ])/.exec(text?.trim() ?? '')?.[0];
  return day !== undefined && isCalendarDate(day) ? day : undefined;
}

/** A DOI without an address before it, or undefined. */
export function doiIn(text: string | null | undefined): string | undefined {
  const match = /^(?:https?:\/\/(?:dx\.)?doi\.org\/|doi:)?(10\.\d{4,9}\/\S+)$/i.exec(text?.trim() ?? '');
  return match?.[1] !== undefined && match[1].length <= PAPER_LIMITS.shortText ? match[1] : undefined;
}

const ARXIV_PLACE =
  /(?:arxiv\.org\/(?:abs|pdf|html)\/|oai:arxiv\.org:|10\.48550\/arxiv\.)([a-z-]+(?:\.[a-z]{2})?\/\d{7}|\d{4}\.\d{4,5})(?!\d)/i;

/** The arXiv id in the first of some texts that holds one: an address, an OAI identifier, or arXiv's own DOI. */
export function arxivIdIn(texts: readonly (string | null | undefined)[]): string | undefined {
  for (const text of texts) {
    const id = ARXIV_PLACE.exec(text ?? '')?.[1];
    const arxivId = id === undefined ? undefined : parseArxivId(id)?.arxivId;
    if (arxivId !== undefined) return arxivId;
  }
  return undefined;
}

/** An address that can be kept, or undefined. */
export function webAddressIn(text: string | null | undefined): string | undefined {
  const address = text?.trim() ?? '';
  const isKept = /^https?:\/\/\S+$/i.test(address) && address.length <= PAPER_LIMITS.url;
  return isKept && URL.canParse(address) ? address : undefined;
}

/** A name such as that of a venue, no longer than a paper's may be; undefined for an empty one. */
export function nameIn(text: string | null | undefined): string | undefined {
  const name = cutAtWord(text?.trim() ?? '', PAPER_LIMITS.shortText);
  return name === '' ? undefined : name;
}

/** Names of authors, as many and as long as a paper's may be; undefined when there are none. */
export function authorsIn(names: readonly (string | null | undefined)[]): string[] | undefined {
  const kept = names.flatMap((name) => (name?.trim() ? [cutAtWord(name.trim(), PAPER_LIMITS.author)] : []));
  return kept.length === 0 ? undefined : kept.slice(0, PAPER_LIMITS.authors);
}

/** Different categories, as many and as long as a paper's may be; undefined when there are none. */
export function categoriesIn(names: readonly (string | null | undefined)[]): string[] | undefined {
  const kept = new Set(
    names.flatMap((name) => (name?.trim() ? [cutAtWord(name.trim(), PAPER_LIMITS.category)] : [])),
  );
  return kept.size === 0 ? undefined : [...kept].slice(0, PAPER_LIMITS.categories);
}

/** A day, `YYYY-MM-DD`, as settings and cursors write it. */
export const isoDay = z
  .string()
  .refine((text) => text.length === 10 && isCalendarDate(text), 'expected a day, YYYY-MM-DD');

/** The address under which a provider's API, or a mirror of it, is found, without a slash at its end. */
export const baseUrl = (usual: string) =>
  z
    .url({ protocol: /^https?$/, error: 'expected an http or https address' })
    .transform((url) => url.replace(/\/+$/, ''))
    .default(usual);
