import { z } from 'zod';
import { jsonItems, notedIn } from './json-items.ts';
import type { Reference, ReferenceItem } from './reference.ts';
import { reasonOf, shortened } from './source.ts';

/** Numbers and texts are both written where the other is expected. */
const text = z.union([z.string(), z.number().transform(String)], 'expected a text').nullish();
const name = z.object({
  family: text,
  given: text,
  literal: text,
  suffix: text,
  'non-dropping-particle': text,
  'dropping-particle': text,
});
const date = z.union([
  z.string(),
  z.number().transform(String),
  z.object({ 'date-parts': z.array(z.array(z.unknown())).nullish(), raw: text, literal: text }),
]);

/** What is read of an item of CSL-JSON; other fields may hold anything. */
const cslItem = z.object({
  id: text,
  title: z
    .union([z.string(), z.array(z.string()).transform((titles) => titles.join(': '))], 'expected a text')
    .nullish(),
  author: z.array(z.union([name, z.string()])).nullish(),
  issued: date.nullish(),
  DOI: text,
  URL: text,
  abstract: text,
  note: text,
  number: text,
  volume: text,
  page: text,
  archive: text,
  archive_id: text,
  archive_location: text,
  publisher: text,
  'container-title': z.union([z.string(), z.array(z.string()).transform((list) => list.join(' '))]).nullish(),
});
type CslItem = z.output<typeof cslItem>;

/** The items of CSL-JSON: a list of them, one alone, or the `items` or `references` of an object. */
export function* cslReferences(json: string): Generator<ReferenceItem> {
  let number = 0;
  for (const item of jsonItems(json, 'CSL-JSON')) {
    number++;
    const parsed = cslItem.safeParse(item);
    const id = parsed.success ? (parsed.data.id ?? '') : String(Reflect.get(Object(item), 'id') ?? '');
    const at = id === '' ? `entry ${number}` : `entry ${number} (${shortened(id)})`;
    if (parsed.success) yield { at, reference: referenceOf(id || String(number), parsed.data) };
    else yield { at, reason: reasonOf(parsed.error) };
  }
}

function referenceOf(label: string, item: CslItem): Reference {
  const notes = (item.note ?? '').split(/\r?\n/);
  const noted = (field: RegExp) => notedIn(notes, field);
  const isArxiv = /arxiv/i.test(
    `${item.archive ?? ''} ${item.publisher ?? ''} ${item['container-title'] ?? ''}`,
  );
  const archived = [item.archive_id, item.archive_location, isArxiv ? item.number : undefined];
  const mentions = [item.archive_id, item.number, item['container-title'], item.volume, item.page, ...notes];
  return {
    label,
    title: item.title ?? '',
    authors: (item.author ?? []).map(nameOf),
    years: [yearOf(item.issued), ...noted(/^(?:issued|original-date)$/i)],
    dois: [item.DOI ?? '', ...noted(/^doi$/i)],
    arxivIds: [...archived.filter((id) => typeof id === 'string'), ...noted(/^(?:arxiv|eprint)$/i)],
    mentions: mentions.filter((said) => typeof said === 'string'),
    abstract: item.abstract ?? '',
    urls: [item.URL ?? ''],
  };
}

function nameOf(author: z.output<typeof name> | string): string {
  if (typeof author === 'string') return author;
  const family = [author['dropping-particle'], author['non-dropping-particle'], author.family];
  const parts = [author.given, ...family, author.suffix];
  return parts.filter((part) => part).join(' ') || (author.literal ?? '');
}

function yearOf(issued: CslItem['issued']): string {
  if (typeof issued !== 'object' || issued === null) return issued ?? '';
  const [[year] = []] = issued['date-parts'] ?? [];
  if (typeof year === 'string' || typeof year === 'number') return String(year);
  return issued.raw ?? issued.literal ?? '';
}
