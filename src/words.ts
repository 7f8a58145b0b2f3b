import { stemmer } from 'stemmer';

/** One occurrence of a term in a text. Offsets are in UTF-16 units of the text as it was given, end exclusive. */
export interface Word {
  /** What is compared and counted: folded and stemmed, such as `hallucin` for `Hallucinations`. */
  term: string;
  /** The word before stemming, folded: what vocabulary and spelling suggestions are made of. */
  form: string;
  start: number;
  end: number;
  /** Place among the words of the text, from 0. A compound has the place of its first part. */
  position: number;
  /** True for `gpt4` of `GPT-4`: the parts are words of their own, so it says nothing that they do not. */
  isCompound: boolean;
}

/**
 * Greek letters are found by their names, whichever way they are written: `α`, `\alpha`, `alpha`. Other TeX commands
 * are markup, not words.
 */
const GREEK: Record<string, string> = {
  α: 'alpha',
  β: 'beta',
  γ: 'gamma',
  δ: 'delta',
  ε: 'epsilon',
  ϵ: 'epsilon',
  ζ: 'zeta',
  η: 'eta',
  θ: 'theta',
  ϑ: 'theta',
  ι: 'iota',
  κ: 'kappa',
  λ: 'lambda',
  μ: 'mu',
  ν: 'nu',
  ξ: 'xi',
  π: 'pi',
  ρ: 'rho',
  σ: 'sigma',
  ς: 'sigma',
  τ: 'tau',
  υ: 'upsilon',
  φ: 'phi',
  ϕ: 'phi',
  χ: 'chi',
  ψ: 'psi',
  ω: 'omega',
};
/** Letters that no decomposition takes apart, as they are written where they are missing: `Łukasz`, `Søren`, `Weiß`. */
const PLAIN: Record<string, string> = {
  ł: 'l',
  ø: 'o',
  ß: 'ss',
  ı: 'i',
  đ: 'd',
  ð: 'd',
  æ: 'ae',
  œ: 'oe',
  þ: 'th',
};

const GREEK_NAMES = new Set(Object.values(GREEK));

/**
 * A TeX command; or a number with its decimals; or letters and digits, with an apostrophe inside, or with the signs
 * that make another name of them (`C++`, `C#`, `A*`).
 */
const TOKEN =
  /\\[a-zA-Z]+|\p{N}+(?:[.,]\p{N}+)+(?![\p{L}\p{N}])|[\p{L}\p{N}\p{M}]+(?:['’][\p{L}\p{N}\p{M}]+)*(?:\+\+|#(?![\p{L}\p{N}])|\*(?![\p{L}\p{N}*]))?/gu;

/** What joins the parts of a compound: `state-of-the-art`, `GPT-4`. */
const JOINTS = '-\u2010\u2011\u2012\u2013';

/** Longer ones are no words, but data. In UTF-16 units. */
const LONGEST_TERM = 60;

/**
 * The words of a text in order. Case, accents and width are folded (`Café` -> `cafe`, `CO₂` -> `co2`), words are
 * stemmed after Porter (1980), a possessive `'s` is dropped. Parts of a hyphenated compound are words, and the
 * compound is one more, so that `pre-training` and `pretraining` find each other. `read` reads the tokens, each once and
 * in order, but for compounds: whoever takes in many texts can remember what `readWord` said of a token.
 */
export function wordsOf(text: string, read: (written: string) => Spelling = readWord): Word[] {
  const words: Word[] = [];
  let position = 0;
  let chain: Word[] = [];
  const endChain = () => {
    const [first] = chain;
    const last = chain.at(-1);
    if (first && last && chain.length > 1) {
      const form = chain.map((part) => part.form).join('');
      if (form.length <= LONGEST_TERM) {
        const { start, position: at } = first;
        words.push({ term: stemOf(form), form, start, end: last.end, position: at, isCompound: true });
      }
    }
    if (chain.length > 0) chain = [];
  };
  let before: Word | null = null;
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(text); match !== null; match = TOKEN.exec(text)) {
    const [written] = match;
    const start = match.index;
    const spelling = read(written);
    if (spelling === null) continue;
    const { form, term } = spelling;
    const word: Word = {
      term,
      form,
      start,
      end: start + written.length,
      position: position++,
      isCompound: false,
    };
    if (before && start === before.end + 1 && JOINTS.includes(text.charAt(before.end))) {
      if (chain.length === 0) chain.push(before);
      chain.push(word);
    } else endChain();
    words.push(word);
    before = word;
  }
  endChain();
  return words;
}

/** What a token is compared by; null for markup. */
type Spelling = Pick<Word, 'form' | 'term'> | null;

/**
 * What tokens were read as, so that the words of a language are folded and stemmed once. A cache of a pure function,
 * emptied when it is full.
 */
const READ = new Map<string, Spelling>();
const MOST_READ = 20_000;

/** Reads one token: folds and stems it. */
export function readWord(written: string): Spelling {
  const known = READ.get(written);
  if (known !== undefined) return known;
  const own = detached(written);
  const form = formOf(own);
  const spelling = form === null ? null : { form, term: stemOf(form) };
  if (own.length > LONGEST_TERM) return spelling;
  if (READ.size >= MOST_READ) READ.clear();
  READ.set(own, spelling);
  return spelling;
}

/** A copy of a part of a text, to be remembered: V8 keeps the whole text as long as it keeps the part itself. */
export const detached = (part: string): string => Buffer.from(part, 'utf16le').toString('utf16le');

/** A token as it is compared before stemming; null for markup. */
function formOf(written: string): string | null {
  if (/^[a-zA-Z\d]+$/.test(written)) return written.length > LONGEST_TERM ? null : written.toLowerCase();
  if (written.startsWith('\\')) {
    const name = written.slice(1).toLowerCase().replace(/^var/, '');
    return GREEK_NAMES.has(name) ? name : null;
  }
  const folded = written
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
    .replace(/['’]s$/, '')
    .replace(/['’,]/g, '')
    .replace(/[łøßıđðæœþ]/g, (letter) => PLAIN[letter] ?? letter);
  const named = folded.replace(/\p{Script=Greek}/gu, (letter) => GREEK[letter] ?? letter);
  return named === '' || named.length > LONGEST_TERM ? null : named;
}

/** Only plain English words are stemmed: `gpt4`, `c++` and `mcts-style` ids keep their letters. */
function stemOf(form: string): string {
  return /^[a-z]{3,}$/.test(form) ? stemmer(form) : form;
}

const STOP_WORDS = new Set(
  (
    'a about an and are as at be been but by can could do does for from had has have how i if in into is it its may ' +
    'not of on or our should such than that the their them then there these they this those to was we were what ' +
    'when where which who why will with would you your'
  ).split(' '),
);

/** Whether a folded word is an English function word: it matches nearly every abstract, and says nothing of one. */
export const isStopWord = (form: string): boolean => STOP_WORDS.has(form);
