import { setImmediate } from 'node:timers/promises';
import { type XmlElement, xmlElement } from './xml-element.ts';

/** So much of a document is parsed before others have their turn, characters: some ten milliseconds of work. */
const CHARACTERS_A_TURN = 128 * 1024;
/** What elements are read from, such as records, before others have their turn. */
const ELEMENTS_A_TURN = 250;
/** Stands for the repeated elements while what is around them is parsed; no format that is read here has it. */
const PLACE = 'place-of-the-repeated';

/**
 * The root element of a document that mostly repeats one element, such as `record`, right after each other: as
 * `xmlElement` gives it, but others have their turns in between. Throws `invalid_input` as that does.
 */
export async function xmlElementInTurns(text: string, repeated: string): Promise<XmlElement | null> {
  const first = text.search(new RegExp(`<${repeated}[\\s>]`));
  const end = `</${repeated}>`;
  const last = text.lastIndexOf(end) + end.length;
  if (first === -1 || last - first <= CHARACTERS_A_TURN) return xmlElement(text);
  try {
    const frame = xmlElement(`${text.slice(0, first)}<${PLACE}/>${text.slice(last)}`);
    const elements: XmlElement['children'][number][] = [];
    for (let start = first; start < last; ) {
      const next = text.indexOf(end, start + CHARACTERS_A_TURN);
      const stop = next === -1 ? last : next + end.length;
      const part = xmlElement(`<${PLACE}>${text.slice(start, stop)}</${PLACE}>`);
      for (const child of part?.children ?? []) elements.push(child);
      start = stop;
      await setImmediate();
    }
    return frame === null ? null : filled(frame, elements);
  } catch {
    // Whatever was not as it was taken to be: the whole document tells what is wrong, and where, or is read after all.
    return xmlElement(text);
  }
}

function filled(element: XmlElement, repeated: XmlElement['children']): XmlElement {
  const children = element.children.flatMap((child) => {
    if (typeof child === 'string') return [child];
    return child.name === PLACE ? repeated : [filled(child, repeated)];
  });
  return { ...element, children };
}

/** What `read` makes of each element; others have their turns in between. */
export async function readInTurns<Result>(
  elements: readonly XmlElement[],
  read: (element: XmlElement, index: number) => Result,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const [index, element] of elements.entries()) {
    results.push(read(element, index));
    if (index % ELEMENTS_A_TURN === ELEMENTS_A_TURN - 1) await setImmediate();
  }
  return results;
}
