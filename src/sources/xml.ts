import { type X2jOptions, XMLParser, XMLValidator } from 'fast-xml-parser';
import { decode } from 'html-entities';
import { AppError, messageOf } from '../errors.ts';
import { shortened } from './source.ts';

/** Only the five entities that XML itself has, and characters by number: a document cannot bring its own. */
const entityDecoder = {
  decode: (text: string) => (text.includes('&') ? decode(text, { level: 'xml' }) : text),
  setExternalEntities: () => {},
  addInputEntities: () => {},
  setXmlVersion: () => {},
  reset: () => {},
};

const DEFAULTS: X2jOptions = {
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseTagValue: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  entityDecoder,
};

/**
 * Parses XML as fast-xml-parser does with these options; attributes are read, and values stay texts. Throws
 * `invalid_input` for text that is not well formed, and for any DOCTYPE: nothing that is read here needs one, and
 * entities that a document declares can grow without end or name files.
 */
export function parseXml(text: string, options: X2jOptions = {}): unknown {
  // Of what begins so, only a DOCTYPE and what stands within one is XML.
  if (/<![a-z]/i.test(text)) {
    throw new AppError('invalid_input', 'Expected XML without a DOCTYPE, got one: it is not read.');
  }
  const plain = text.replace(/^\ufeff/, '');
  const checked = XMLValidator.validate(plain);
  if (checked !== true) {
    throw new AppError('invalid_input', `Expected XML, got ${faultOf(checked.err, plain)}`);
  }
  try {
    return new XMLParser({ ...DEFAULTS, ...options }).parse(plain);
  } catch (error) {
    // Such as tags that are nested deeper than any true document's.
    throw new AppError('invalid_input', `Expected XML, got what cannot be read: ${messageOf(error)}.`, {
      cause: error,
    });
  }
}

/** Where and why text is not well formed. Of text that was cut off, the validator only lists what is open. */
function faultOf({ line, msg }: { line: number; msg: string }, text: string): string {
  const open = /^Invalid '(\[[\s\S]*\])' found\.$/.exec(msg)?.[1]?.replace(/[[\]\s",]+/g, ' ');
  if (open === undefined) return `a fault in line ${line}: ${shortened(msg)}`;
  return `text that ends in line ${text.split('\n').length}, within${shortened(open).trimEnd()}.`;
}
