/** Words that say nothing about a paper's topic: function words, and what every abstract says. */
const COMMON_WORDS = new Set(
  (
    'a about above across after again against all allow allows almost already also although always ' +
    'among an analysis and another any approach approaches are article as at based be became because ' +
    'become becomes been being between both but by came can come comes compared could current data ' +
    'demonstrate demonstrated demonstrates despite different do does done during each early effective ' +
    'enable enables evaluate even every existing experiments extensive few fewer first for found ' +
    'framework from further gave general give given gives got has have having here how however i if ' +
    'improve improved improves improving in including into introduce introduces is it its itself key ' +
    'large later leading less made make makes many may method methods model models more moreover most ' +
    'much multiple nearly need never new no not novel of often on once one only or other our out over ' +
    'paper papers part particularly parts perform performance present presented presents problem ' +
    'problems process propose proposed proposes provide provides recent recently remains research ' +
    'result results same says set several show showing shown shows significant significantly simple ' +
    'since single so some something state still strong studies study such system systems take takes ' +
    'task tasks than that the their them then there these they this those three through thus to today ' +
    'too toward towards two under use used using various very via was way ways we well were what when ' +
    'where whether which while who whole why widely will with within without work works would yet you ' +
    'your'
  ).split(' '),
);

/** A paper's words worth showing: lower case, three letters or more, hyphenated words whole. Title words first. */
function wordsOf(paper: { title: string; abstract: string }): Map<string, number> {
  const counts = new Map<string, number>();
  const add = (text: string, weight: number) => {
    for (const [word] of text.toLowerCase().matchAll(/[\p{L}][\p{L}\p{N}]*(?:-[\p{L}\p{N}]+)*/gu)) {
      if (word.length > 2 && !COMMON_WORDS.has(word)) counts.set(word, (counts.get(word) ?? 0) + weight);
    }
  };
  add(paper.title, 3);
  add(paper.abstract, 1);
  return counts;
}

/** Up to `limit` words that both papers use, those that weigh most in both first. */
export function sharedTerms(
  a: { title: string; abstract: string },
  b: { title: string; abstract: string },
  limit = 5,
): string[] {
  const inB = wordsOf(b);
  return [...wordsOf(a)]
    .flatMap(([word, count]) => {
      const other = inB.get(word);
      return other === undefined ? [] : [{ word, weight: Math.min(count, 6) * Math.min(other, 6) }];
    })
    .sort((x, y) => y.weight - x.weight || (x.word < y.word ? -1 : 1))
    .slice(0, limit)
    .map(({ word }) => word);
}
