/** Letters and signs that TeX has commands for. Greek is found by name; other commands are mark-up. */
const SIGNS: Record<string, string> = {
  ss: 'ß',
  o: 'ø',
  O: 'Ø',
  l: 'ł',
  L: 'Ł',
  ae: 'æ',
  AE: 'Æ',
  oe: 'œ',
  OE: 'Œ',
  aa: 'å',
  AA: 'Å',
  i: 'ı',
  j: 'ȷ',
  dh: 'ð',
  DH: 'Ð',
  th: 'þ',
  TH: 'Þ',
  dj: 'đ',
  DJ: 'Đ',
  ng: 'ŋ',
  NG: 'Ŋ',
  LaTeX: 'LaTeX',
  TeX: 'TeX',
  BibTeX: 'BibTeX',
  textendash: '–',
  textemdash: '—',
  textquoteleft: '‘',
  textquoteright: '’',
  textquotedblleft: '“',
  textquotedblright: '”',
  textquotesingle: "'",
  textasciigrave: '`',
  textquotedbl: '"',
  ldots: '…',
  dots: '…',
  textellipsis: '…',
  textbackslash: '\\',
  textasciitilde: '~',
  textasciicircum: '^',
  textless: '<',
  textgreater: '>',
  textbar: '|',
  textunderscore: '_',
  textbraceleft: '{',
  textbraceright: '}',
  lbrace: '{',
  rbrace: '}',
  textdollar: '$',
  textdegree: '°',
  textregistered: '®',
  texttrademark: '™',
  copyright: '©',
  S: '§',
  pounds: '£',
  texteuro: '€',
  times: '×',
  cdot: '·',
  pm: '±',
  leq: '≤',
  le: '≤',
  geq: '≥',
  ge: '≥',
  neq: '≠',
  ne: '≠',
  approx: '≈',
  sim: '∼',
  infty: '∞',
  to: '→',
  rightarrow: '→',
  leftarrow: '←',
  partial: '∂',
  nabla: '∇',
  in: '∈',
  quad: ' ',
  qquad: ' ',
  space: ' ',
  newline: ' ',
  alpha: 'α',
  beta: 'β',
  gamma: 'γ',
  delta: 'δ',
  epsilon: 'ϵ',
  varepsilon: 'ε',
  zeta: 'ζ',
  eta: 'η',
  theta: 'θ',
  vartheta: 'ϑ',
  iota: 'ι',
  kappa: 'κ',
  lambda: 'λ',
  mu: 'μ',
  nu: 'ν',
  xi: 'ξ',
  pi: 'π',
  rho: 'ρ',
  sigma: 'σ',
  tau: 'τ',
  upsilon: 'υ',
  phi: 'ϕ',
  varphi: 'φ',
  chi: 'χ',
  psi: 'ψ',
  omega: 'ω',
  Gamma: 'Γ',
  Delta: 'Δ',
  Theta: 'Θ',
  Lambda: 'Λ',
  Xi: 'Ξ',
  Pi: 'Π',
  Sigma: 'Σ',
  Upsilon: 'Υ',
  Phi: 'Φ',
  Psi: 'Ψ',
  Omega: 'Ω',
};

/** Accents, as the combining mark that goes behind their letter. Those that are letters need a space or brace. */
const MARKS: Record<string, string> = {
  "'": '\u0301',
  '`': '\u0300',
  '^': '\u0302',
  '"': '\u0308',
  '~': '\u0303',
  '=': '\u0304',
  '.': '\u0307',
  c: '\u0327',
  v: '\u030c',
  u: '\u0306',
  H: '\u030b',
  k: '\u0328',
  r: '\u030a',
  d: '\u0323',
  b: '\u0331',
};

const PIECE = /\\([a-zA-Z]+)\*?[ \t\n]*|\\([\s\S])|[{}$]|\^|---?|``|''|~|[^\\{}$^\-`'~]+|[\s\S]/g;

/**
 * A TeX text as it would be read: accents and letters as such, braces and formatting gone, simple maths as its signs.
 * One pass over the text, whatever it holds.
 */
export function texText(tex: string): string {
  if (!/[\\{}$^~`']|--/.test(tex)) return tex;
  let text = '';
  let mark = '';
  let inMaths = false;
  const put = (piece: string) => {
    if (mark === '') {
      text += piece;
      return;
    }
    const letter = String.fromCodePoint(piece.codePointAt(0) ?? 32);
    const base = letter === 'ı' ? 'i' : letter === 'ȷ' ? 'j' : letter;
    text += (base.trim() === '' ? '' : `${base}${mark}`.normalize('NFC')) + piece.slice(letter.length);
    mark = '';
  };
  for (const [piece, name, sign] of tex.matchAll(PIECE)) {
    if (name !== undefined) {
      const accent = MARKS[name];
      const letters = Object.hasOwn(SIGNS, name) ? SIGNS[name] : undefined;
      if (accent !== undefined && Object.hasOwn(MARKS, name)) mark = accent;
      else if (letters !== undefined) put(letters);
    } else if (sign !== undefined) {
      const accent = Object.hasOwn(MARKS, sign) ? MARKS[sign] : undefined;
      if (accent !== undefined) mark = accent;
      else if (/[\s\\]/.test(sign)) put(' ');
      else if (!'-/,;:!()[]'.includes(sign)) put(sign);
      else if (sign === ',' || sign === ';') put(' ');
    } else if (piece === '}') {
      // An accent on nothing, `\~{}`, is how these signs themselves are written.
      if (mark === MARKS['~'] || mark === MARKS['^']) text += mark === MARKS['~'] ? '~' : '^';
      mark = '';
    } else if (piece === '{') continue;
    else if (piece === '$') inMaths = !inMaths;
    else if (piece === '^') put(inMaths ? '' : '^');
    else if (piece === '---') put('—');
    else if (piece === '--') put('–');
    else if (piece === '``') put('“');
    else if (piece === "''") put('”');
    else if (piece === '~') put(' ');
    else put(inMaths ? piece.replaceAll('_', '') : piece);
  }
  return text;
}

/** A text that TeX takes as it stands, such as an address: only braces and escapes go. */
export const verbatimText = (tex: string): string =>
  tex
    .replace(/\{?\\textasciitilde ?(?:\{\})?\}?|\\~\{\}/g, '~')
    .replace(/\\([_&%#$~{}^-])/g, '$1')
    .replace(/[{}]/g, '');
