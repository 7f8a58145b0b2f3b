import type { Readable } from 'node:stream';
import { AppError } from '../errors.ts';
import { cleanText } from '../paper.ts';
import { monthIn } from './month-name.ts';
import { authorsIn, doiIn, nameIn, webAddressIn } from './record-fields.ts';
import { checkRecord, type PaperSource, type SourceItem } from './source.ts';
import { wholeFileSource } from './whole-file.ts';
import { childrenNamed, textWithin, type XmlElement, xmlElement } from './xml-element.ts';

/** The Anthology's largest files are some megabytes. */
const MAX_XML_BYTES = 64 * 1024 * 1024;

/**
 * Papers from a file of the ACL Anthology's metadata, such as `data/xml/2024.acl.xml` of its repository, plain or gzip:
 *
 *     <collection id="2024.acl">
 *       <volume id="long">
 *         <meta><booktitle>…</booktitle><month>August</month><year>2024</year></meta>
 *         <frontmatter>…</frontmatter>
 *         <paper id="12">
 *           <title>… <fixed-case>BERT</fixed-case> …</title>
 *           <author><first>Ada</first><last>Lovelace</last></author>
 *           <abstract>… <tex-math>O(n)</tex-math> …</abstract>
 *           <doi>10.18653/v1/2024.acl-long.12</doi>
 *           <pwccode url="https://github.com/…">…</pwccode>
 *         </paper>
 *
 * A paper's id is that of the Anthology: `2024.acl-long.12`, or `P18-1012` in collections of before 2020. Papers without
 * an abstract are rejected, retracted and removed ones are withdrawn; front matter is no paper. The volume tells the date
 * (its year, and month where it names one) and the venue.
 */
export const aclAnthologySource = (file: string | Readable): PaperSource =>
  wholeFileSource(file, { maxBytes: MAX_XML_BYTES, read: aclAnthologyItems });

/** The papers of a file's text. Throws `invalid_input` when it is not well-formed XML of a collection. */
export function* aclAnthologyItems(xml: string): Generator<SourceItem> {
  const root = xmlElement(xml);
  const collection = root?.attributes.id ?? '';
  if (root?.name !== 'collection' || collection === '') {
    const got = root === null ? 'nothing' : `<${root.name}>`;
    throw new AppError('invalid_input', `Expected a <collection id="…"> of the ACL Anthology, got ${got}.`);
  }
  for (const volume of childrenNamed(root, 'volume')) {
    const facts = factsOf(volume);
    for (const paper of childrenNamed(volume, 'paper')) {
      const id = anthologyId(collection, volume.attributes.id ?? '', paper.attributes.id ?? '');
      yield itemOf(paper, id, facts);
    }
  }
}

function itemOf(paper: XmlElement, id: string, facts: Record<string, unknown>): SourceItem {
  const at = `paper ${id}`;
  const has = (name: string) => childrenNamed(paper, name).length > 0;
  if (has('retracted') || has('removed')) return { at, removal: { id, why: 'withdrawn' } };
  const abstract = readable(childrenNamed(paper, 'abstract')[0]);
  if (abstract === '') return { at, id, reason: 'expected an abstract, got none' };
  const record = {
    ...facts,
    id,
    title: readable(childrenNamed(paper, 'title')[0]),
    abstract,
    authors: authorsIn(childrenNamed(paper, 'author').map(nameOf)),
    url: `https://aclanthology.org/${id}/`,
    doi: doiIn(readable(childrenNamed(paper, 'doi')[0])),
    codeUrl: webAddressIn(childrenNamed(paper, 'pwccode')[0]?.attributes.url),
  };
  return checkRecord(record, at, { strict: false });
}

/** What a volume says of all its papers. */
function factsOf(volume: XmlElement): { date: string | undefined; venue: string | undefined } {
  const meta = childrenNamed(volume, 'meta')[0];
  const said = (name: string) => (meta ? readable(childrenNamed(meta, name)[0]) : '');
  const year = /^\d{4}$/.exec(said('year'))?.[0];
  const month = monthIn(said('month'));
  return {
    date: month === null || year === undefined ? year : `${year}-${month}`,
    venue: nameIn(said('journal-title') || said('booktitle')),
  };
}

/**
 * Collections of 2020 and later are named by year and venue, earlier ones by a letter and year. In those, the digits
 * behind the dash are one of the volume and three of the paper, but two and two where events had many small volumes.
 */
function anthologyId(collection: string, volume: string, paper: string): string {
  if (/^\d/.test(collection)) return `${collection}-${volume}.${paper}`;
  const isOfWorkshops =
    collection.startsWith('W') || collection === 'C69' || (collection === 'D19' && Number(volume) >= 5);
  const digits = isOfWorkshops ? 2 : 1;
  return `${collection}-${volume.padStart(digits, '0')}${paper.padStart(4 - digits, '0')}`;
}

function nameOf(author: XmlElement): string {
  const parts = ['first', 'last', 'suffix'].map((part) => readable(childrenNamed(author, part)[0]));
  return parts.filter((part) => part !== '').join(' ');
}

/** A text without its mark-up; maths as TeX has it. */
const readable = (element: XmlElement | undefined): string =>
  cleanText(
    textWithin(element, (name, text) => (name === 'tex-math' ? `$${text}$` : name === 'br' ? ' ' : text)),
  );
