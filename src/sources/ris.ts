import type { Reference, ReferenceItem } from './reference.ts';

const TAG_LINE = /^\s{0,4}([A-Z][A-Z0-9])\s{0,2}-(?:\s(.*))?$/;

/** One tag of an entry. A line without a tag goes on with the one before. */
interface Tag {
  name: string;
  lines: string[];
}

/** The entries of an RIS file, from `TY` to `ER`; one without its `ER` ends where the next begins. */
export function* risReferences(text: string): Generator<ReferenceItem> {
  let tags: Tag[] | null = null;
  let isStray = false;
  let [start, line, number] = [0, 0, 0];
  const finished = (found: Tag[]): ReferenceItem => {
    number++;
    return { at: `entry ${number} (line ${start})`, reference: referenceOf(String(number), found) };
  };
  for (const written of linesOf(text)) {
    line++;
    const [, name, value = ''] = TAG_LINE.exec(written) ?? [];
    if (name === 'TY' || name === 'ER') {
      if (tags) yield finished(tags);
      tags = name === 'TY' ? [] : null;
      start = line;
      isStray = false;
    } else if (tags) {
      if (name === undefined) tags.at(-1)?.lines.push(written.trim());
      else tags.push({ name, lines: [value.trim()] });
    } else if (name !== undefined && !isStray) {
      // Said once for all the tags that stand outside an entry together.
      isStray = true;
      number++;
      yield {
        at: `entry ${number} (line ${line})`,
        reason: `expected "TY" to begin an entry, got "${name}"`,
      };
    }
  }
  if (tags) yield finished(tags);
}

/** Lines, whichever way they end, one at a time. */
function* linesOf(text: string): Generator<string> {
  const END = /\r\n|\n|\r/g;
  let start = 0;
  for (const { index, 0: end } of text.matchAll(END)) {
    yield text.slice(start, index);
    start = index + end.length;
  }
  yield text.slice(start);
}

function referenceOf(number: string, tags: readonly Tag[]): Reference {
  /** The values of the first of these tags that has some. */
  const either = (...names: string[]): string[] => {
    for (const name of names) {
      const values = tags.filter((tag) => tag.name === name).map(({ lines }) => lines.join(' ').trim());
      const said = values.filter((value) => value !== '');
      if (said.length > 0) return said;
    }
    return [];
  };
  const all = (...names: string[]) => names.flatMap((name) => either(name));
  return {
    label: either('ID')[0] ?? number,
    title: either('TI', 'T1', 'CT', 'BT')[0] ?? '',
    authors: either('AU', 'A1')
      .flatMap((names) => names.split(/;\s*/))
      .map(givenFirst),
    years: all('PY', 'Y1', 'DA'),
    dois: all('DO'),
    arxivIds: [],
    mentions: all('JO', 'JF', 'JA', 'T2', 'AN', 'M1', 'M3', 'IS', 'VL', 'SP', 'PB', 'C7', 'N1'),
    abstract: either('AB', 'N2').join(' '),
    urls: all('UR', 'LK', 'L2', 'L1'),
  };
}

/** `Lovelace, Ada, Jr` as it is said. */
function givenFirst(name: string): string {
  const [family = '', given = '', suffix = ''] = name.split(',', 3).map((part) => part.trim());
  return [given, family, suffix].filter((part) => part !== '').join(' ');
}
