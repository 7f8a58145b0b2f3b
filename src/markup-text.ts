import { decode } from 'html-entities';
import { lowered, raised } from './scripts.ts';

/** An entity, encoded once or more often: `&lt;`, `&amp;lt;`, `&#177;`. */
const ENTITY = /&(?:amp;)*(#\d{1,7}|#x[\da-f]{1,6}|[a-z][a-z\d]{1,31});/gi;

const ATTRIBUTES = '(?:\\s+[\\w:-]{1,40}\\s?=\\s?(?:"[^"<>]{0,300}"|\'[^\'<>]{0,300}\'))*';
const INLINE = 'i|b|u|em|strong|sub|sup|inf|span|sc|scp|tt|italic|bold|a';
const BLOCK = 'p|br|div|title|h[1-6]|ul|ol|li';
/** Tags of HTML that abstracts have, and all of JATS and MathML, which have a prefix. */
const TAG = new RegExp(
  `<(/?)(mml:[a-z]{1,20}|jats:[a-z-]{1,20}|${INLINE}|${BLOCK})(${ATTRIBUTES})\\s?(/?)>`,
  'gi',
);
const BLOCK_NAME = new RegExp(`^(?:${BLOCK}|jats:(?:p|title|sec|list|list-item|break))$`, 'i');
/** A sub- or superscript without tags in it. */
const SCRIPT = /<(?:jats:)?(sub|sup|inf)>([^<>]{0,60})<\/(?:jats:)?\1>/gi;
/** The heading that says nothing of an abstract. */
const HEADING = /<(jats:title|title|h[1-6])>\s?(?:abstract|summary)[.:]?\s?<\/\1>/gi;

/**
 * A text without HTML's entities and the tags that abstracts have (HTML, JATS, MathML). A name in angle brackets is
 * only a tag if something closes it: `<i>` alone may be anybody's. Formulas that JATS gives in TeX beside MathML are
 * given once. Takes time linear in the length.
 */
export function markupText(text: string): string {
  const plain = text.includes('&')
    ? text.replace(ENTITY, (_, name: string) => decode(`&${name};`, { scope: 'strict' }))
    : text;
  if (!plain.includes('<')) return plain;
  const once = plain.includes('<mml:') ? withoutTex(plain) : plain;
  const closed = new Set(
    once.match(/<\/[a-z][a-z\d:-]{0,20}(?=\s?>)/gi)?.map((tag) => tag.slice(2).toLowerCase()),
  );
  return once
    .replace(HEADING, ' ')
    .replace(SCRIPT, (_, name: string, inside: string) =>
      name.toLowerCase() === 'sup' ? raised(inside) : lowered(inside),
    )
    .replace(TAG, (tag: string, end: string, name: string, _attributes: string, empty: string) => {
      const isTag =
        name.includes(':') || name === 'br' || end === '/' || empty === '/' || closed.has(name.toLowerCase());
      return !isTag ? tag : BLOCK_NAME.test(name) ? ' ' : '';
    });
}

const TEX_BEGIN = '<jats:tex-math';
const TEX_END = '</jats:tex-math>';

/** Without the TeX of formulas, up to the first that is not closed. */
function withoutTex(text: string): string {
  let [kept, at] = ['', 0];
  for (;;) {
    const begin = text.indexOf(TEX_BEGIN, at);
    const end = begin === -1 ? -1 : text.indexOf(TEX_END, begin);
    if (end === -1) return kept + text.slice(at);
    kept += text.slice(at, begin);
    at = end + TEX_END.length;
  }
}
