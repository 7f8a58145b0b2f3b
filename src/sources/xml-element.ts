import { parseXml } from './xml.ts';

/** An element with what it holds, in the order of the document: for texts with mark-up in them. */
export interface XmlElement {
  name: string;
  attributes: Readonly<Record<string, string>>;
  children: readonly (XmlElement | string)[];
}

/** As fast-xml-parser gives ordered nodes: the one key that is not `:@` names the element. */
type ParsedNode = Readonly<Record<string, unknown>>;
const ATTRIBUTES = ':@';
const TEXT = '#text';

/** The root element of a document, white space kept. Throws `invalid_input` as `parseXml` does. */
export function xmlElement(text: string): XmlElement | null {
  const nodes = parseXml(text, { preserveOrder: true, trimValues: false }) as ParsedNode[];
  const root = nodes.map(childOf).find((child) => typeof child === 'object');
  return root ?? null;
}

function childOf(node: ParsedNode): XmlElement | string {
  const name = Object.keys(node).find((key) => key !== ATTRIBUTES) ?? TEXT;
  if (name === TEXT) return String(node[TEXT] ?? '');
  return {
    name,
    attributes: (node[ATTRIBUTES] ?? {}) as Record<string, string>,
    children: (node[name] as ParsedNode[]).map(childOf),
  };
}

/** The elements of this name right below an element. */
export const childrenNamed = ({ children }: XmlElement, name: string): XmlElement[] =>
  children.filter((child): child is XmlElement => typeof child === 'object' && child.name === name);

/** The text of an element and of all below it, in order; `write` may give the text of some elements another form. */
export function textWithin(
  element: XmlElement | undefined,
  write: (name: string, text: string) => string = (_, text) => text,
): string {
  const texts = (element?.children ?? []).map((child) =>
    typeof child === 'string' ? child : write(child.name, textWithin(child, write)),
  );
  return texts.join('');
}

/** The trimmed text of the first element of this name right below an element; '' when there is none. */
export const textIn = (element: XmlElement | undefined, name: string): string =>
  element === undefined ? '' : textWithin(childrenNamed(element, name)[0]).trim();
