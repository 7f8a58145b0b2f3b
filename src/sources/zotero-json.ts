import { z } from 'zod';
import { jsonItems, notedIn } from './json-items.ts';
import type { Reference, ReferenceItem } from './reference.ts';
import { reasonOf, shortened } from './source.ts';

/** What belongs to an item, and is no work of its own. */
const NO_WORKS: ReadonlySet<string> = new Set(['attachment', 'note', 'annotation']);

/** Those who made a work. Editors, translators and the like are of what it stands in. */
const MAKERS: ReadonlySet<string> = new Set(['author', 'presenter', 'programmer', 'inventor']);

/** Numbers and texts are both written where the other is expected. */
const text = z.union([z.string(), z.number().transform(String)], 'expected a text').nullish();
const creator = z.object({ creatorType: text, firstName: text, lastName: text, name: text });

/** What is read of an item. Zotero keeps other fields, and of other types of items. */
const zoteroItem = z.object({
  itemType: z.string('expected the type of an item'),
  key: text,
  itemKey: text,
  citationKey: text,
  title: text,
  creators: z.array(creator).nullish(),
  abstractNote: text,
  date: text,
  DOI: text,
  url: text,
  extra: text,
  archive: text,
  archiveID: text,
  repository: text,
  publicationTitle: text,
  proceedingsTitle: text,
  volume: text,
  pages: text,
  reportNumber: text,
});
type ZoteroItem = z.output<typeof zoteroItem>;

/** The items of Zotero's API stand in `data`, with what is known of them beside it. */
const zoteroEntry = z.preprocess(
  (item) =>
    typeof item === 'object' && item !== null && 'data' in item
      ? { key: Reflect.get(item, 'key'), ...Object(item.data) }
      : item,
  zoteroItem,
);

/** Whether JSON text is of Zotero's own items rather than of CSL's. */
export const looksLikeZoteroJson = (json: string): boolean => /"itemType"\s*:/.test(json);

/**
 * The works of Zotero's own JSON, as its API answers (`[{key, data: {itemType, title, creators, abstractNote, …}}]`) and
 * Better BibTeX exports it (`{items: [{itemType, …}]}`). Attachments, notes and annotations are left out.
 */
export function* zoteroReferences(json: string): Generator<ReferenceItem> {
  let number = 0;
  for (const item of jsonItems(json, "Zotero's JSON")) {
    number++;
    const parsed = zoteroEntry.safeParse(item);
    if (!parsed.success) {
      yield { at: `entry ${number}`, reason: reasonOf(parsed.error) };
      continue;
    }
    const { itemType, key, itemKey, citationKey } = parsed.data;
    if (NO_WORKS.has(itemType)) continue;
    const label = citationKey || key || itemKey || String(number);
    yield { at: `entry ${number} (${shortened(label)})`, reference: referenceOf(label, parsed.data) };
  }
}

function referenceOf(label: string, item: ZoteroItem): Reference {
  const notes = (item.extra ?? '').split(/\r?\n/);
  const noted = (field: RegExp) => notedIn(notes, field);
  const isArxiv = /arxiv/i.test(`${item.repository ?? ''} ${item.archive ?? ''}`);
  const said = [
    item.archiveID,
    item.reportNumber,
    item.publicationTitle,
    item.proceedingsTitle,
    item.volume,
    item.pages,
  ];
  return {
    label,
    title: item.title ?? '',
    authors: (item.creators ?? []).filter(({ creatorType }) => MAKERS.has(creatorType ?? '')).map(nameOf),
    years: [item.date ?? '', ...noted(/^(?:issued|original date)$/i)],
    dois: [item.DOI ?? '', ...noted(/^doi$/i)],
    arxivIds: [...(isArxiv && item.archiveID ? [item.archiveID] : []), ...noted(/^(?:arxiv|eprint)$/i)],
    mentions: [...said.filter((field) => typeof field === 'string'), ...notes],
    abstract: item.abstractNote ?? '',
    urls: [item.url ?? ''],
  };
}

const nameOf = ({ firstName, lastName, name }: z.output<typeof creator>): string =>
  name || [firstName, lastName].filter((part) => part).join(' ');
