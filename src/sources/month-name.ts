const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** The number, `01` to `12`, of the first English month that a text names: `July 28 - August 2` gives `07`. */
export function monthIn(text: string): string | null {
  const name = new RegExp(`\\b(${MONTHS.join('|')})`, 'i').exec(text)?.[1];
  return name === undefined ? null : String(MONTHS.indexOf(name.toLowerCase()) + 1).padStart(2, '0');
}
