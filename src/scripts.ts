const RAISED: ReadonlyMap<string, string> = pairs(
  '0123456789+-−=()abcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVWβγδφχ',
  '⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂᵝᵞᵟᵠᵡ',
);
const LOWERED: ReadonlyMap<string, string> = pairs(
  '0123456789+-−=()aehijklmnoprstuvxβγρφχ',
  '₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ',
);

function pairs(plain: string, small: string): ReadonlyMap<string, string> {
  const letters = [...small];
  return new Map([...plain].map((letter, at) => [letter, letters[at] ?? letter]));
}

/** Signs that stand high already, and endings of ordinals. */
const HIGH = /^(?:[°′*†‡]+|st|nd|rd|th)$/;

/** A superscript as text: `⁻³`; `^max` or `^(a/b)` where Unicode lacks a letter, or letters would make a word. */
export function raised(text: string): string {
  const inside = text.trim().replace(/^∘/, '°').replaceAll('∗', '*').replace(/^⊤$/, 'T');
  return HIGH.test(inside) || inside.startsWith('°') ? inside : small(inside, RAISED, '^');
}

/** A subscript as text: `₂`, `ᵢ`; `_max` or `_(a,b)` otherwise. */
export const lowered = (text: string): string => small(text.trim(), LOWERED, '_');

/**
 * Two small letters in a row are a word, or may be one: neither search nor a model for embedding knows words in small
 * letters, so those stay as they are.
 */
function small(text: string, letters: ReadonlyMap<string, string>, sign: string): string {
  if (text === '') return '';
  const signs = [...text.replaceAll(' ', '')];
  const isPlain = !/\p{L}\p{L}/u.test(text) && signs.every((letter) => letters.has(letter));
  // Composition: `FeTe₀.₅₅`.
  const isDecimal = /^\d+\.\d+$/.test(text);
  if (isPlain || isDecimal) return signs.map((letter) => letters.get(letter) ?? letter).join('');
  return /^(?:[\p{L}\p{M}\p{N}]+|.)$/u.test(text) ? `${sign}${text}` : `${sign}(${text})`;
}
