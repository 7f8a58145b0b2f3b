import { AppError } from '../errors.ts';
import type { HttpClient } from '../http/http-client.ts';
import { canonicalId } from '../paper.ts';
import { authorsOfLine } from './arxiv-authors.ts';
import { arxivItem } from './arxiv-record.ts';
import { dayOfMailDate } from './mail-date.ts';
import { dayIn } from './record-fields.ts';
import { type SourceItem, shortened } from './source.ts';
import { expectOk, MAX_XML_ANSWER_BYTES, xmlAnswer } from './xml-answer.ts';
import { childrenNamed, textIn, textWithin, type XmlElement } from './xml-element.ts';
import { readInTurns } from './xml-turns.ts';

/** The first day of arXiv's records by the time of their last change; it refuses to list from an earlier one. */
const EARLIEST_DAY = '2005-09-16';

/** A harvest's beginning, or the next part of its list. */
export type OaiRequest = { set: string; from: string | null } | { token: string };

export interface OaiAnswer {
  items: SourceItem[];
  /** The day of the answer, by the repository's clock. */
  day: string;
  /** What the next part of the list is asked for with; null behind the last. */
  token: string | null;
  /** The instant from which the token does not count, when the repository says so. */
  expires: string | null;
}

/**
 * Asks for `ListRecords` in `arXivRaw`. Resolves to `bad token` when the repository does not take the token (any more).
 * Throws `source_failed` for every other error, and for what is no such answer.
 */
export function oaiReader(
  url: string,
  { http, signal }: { http: HttpClient; signal: AbortSignal },
): (request: OaiRequest) => Promise<OaiAnswer | 'bad token'> {
  return async (request) => {
    const address = `${url}?${parametersOf(request)}`;
    const answer = await http.get({
      url: address,
      accept: 'application/xml, text/xml',
      maxBytes: MAX_XML_ANSWER_BYTES,
      signal,
    });
    const root = await xmlAnswer(answer, { roots: ['OAI-PMH'], repeated: 'record', what: address });
    const errors = childrenNamed(root, 'error').map((error) => ({
      code: error.attributes.code ?? '',
      text: `${error.attributes.code ?? ''}: ${textWithin(error).trim()}`,
    }));
    if (errors.some(({ code }) => code === 'badResumptionToken') && 'token' in request) return 'bad token';
    const grave = errors.find(({ code }) => code !== 'noRecordsMatch');
    if (grave) {
      throw new AppError(
        'source_failed',
        `arXiv's OAI-PMH answered with ${shortened(grave.text)} (${address}).`,
      );
    }
    if (errors.length === 0) expectOk(answer, address);
    const list = childrenNamed(root, 'ListRecords')[0];
    if (list === undefined && errors.length === 0) {
      throw new AppError('source_failed', `Expected ListRecords or an error from ${address}, got neither.`);
    }
    const records = list === undefined ? [] : childrenNamed(list, 'record');
    const items = await readInTurns(records, (record, index) => itemOf(record, `record ${index + 1}`));
    return { items, day: dayOf(root, address), ...tokenOf(list) };
  };
}

function parametersOf(request: OaiRequest): URLSearchParams {
  // A token stands for all that its harvest asked for.
  if ('token' in request) return new URLSearchParams({ verb: 'ListRecords', resumptionToken: request.token });
  const { set, from } = request;
  return new URLSearchParams({
    verb: 'ListRecords',
    metadataPrefix: 'arXivRaw',
    ...(set !== '' && { set }),
    ...(from !== null && from > EARLIEST_DAY && { from }),
  });
}

function dayOf(root: XmlElement, address: string): string {
  const said = textIn(root, 'responseDate');
  const day = dayIn(said);
  if (day !== undefined) return day;
  throw new AppError('source_failed', `Expected a responseDate from ${address}, got "${shortened(said)}".`);
}

/** The list's token; an empty one, as none, says that the list is complete. */
function tokenOf(list: XmlElement | undefined): Pick<OaiAnswer, 'token' | 'expires'> {
  const element = list === undefined ? undefined : childrenNamed(list, 'resumptionToken')[0];
  const token = textIn(list, 'resumptionToken');
  if (element === undefined || token === '') return { token: null, expires: null };
  // The protocol names it expirationDate; arXiv's own program writes expires.
  const expires = element.attributes.expirationDate ?? element.attributes.expires;
  return { token, expires: expires === undefined || Number.isNaN(Date.parse(expires)) ? null : expires };
}

function itemOf(record: XmlElement, at: string): SourceItem {
  const header = childrenNamed(record, 'header')[0];
  const identifier = textIn(header, 'identifier').replace(/^oai:arxiv\.org:/i, '');
  const place = identifier === '' ? at : `${at} (${shortened(identifier)})`;
  if (header?.attributes.status === 'deleted') {
    if (identifier === '') return { at, reason: 'expected the identifier of the deleted record, got none' };
    return { at: place, removal: { id: canonicalId(identifier), why: 'deleted' } };
  }
  const metadata = childrenNamed(record, 'metadata')[0];
  const raw = metadata === undefined ? undefined : childrenNamed(metadata, 'arXivRaw')[0];
  if (raw === undefined) return { at: place, reason: 'expected metadata as arXivRaw, got none' };
  const versions = versionsOf(raw);
  const latest = versions.at(-1);
  return arxivItem(
    {
      id: textIn(raw, 'id') || identifier,
      version: latest?.number,
      title: textIn(raw, 'title'),
      abstract: textIn(raw, 'abstract'),
      authors: authorsOfLine(textIn(raw, 'authors')),
      date: versions.find(({ number }) => number === 1)?.date,
      categories: textIn(raw, 'categories').split(/\s+/),
      doi: textIn(raw, 'doi'),
      journalRef: textIn(raw, 'journal-ref'),
      comment: textIn(raw, 'comments'),
      isWithdrawn: latest?.isWithdrawn ?? false,
    },
    place,
  );
}

/** A version of a paper. */
interface Version {
  number: number;
  date: string | undefined;
  isWithdrawn: boolean;
}

/**
 * The versions, oldest first. A withdrawn one has the source type `I` ("ignore"). Its size is 0, but so is that of any
 * source of less than a kilobyte, and one that is not known: nothing follows from it alone.
 */
function versionsOf(raw: XmlElement): Version[] {
  const versions = childrenNamed(raw, 'version').map((version) => ({
    number: Number(/^v([1-9]\d{0,2})$/.exec(version.attributes.version ?? '')?.[1] ?? 0),
    date: dayOfMailDate(textIn(version, 'date')) ?? undefined,
    isWithdrawn: textIn(version, 'source_type').includes('I'),
  }));
  return versions.filter(({ number }) => number > 0).sort((a, b) => a.number - b.number);
}
