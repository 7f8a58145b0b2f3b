/** Words that say nothing about a paper's topic: function words, and what every abstract says. */
const COMMON_WORDS = new Set(
  (
    'a about above across after against all allow allows also although among an analysis and any approach ' +
    'approaches are article as at based be because been being between both but by can compared could current ' +
    'data demonstrate demonstrates demonstrated despite different do does during each effective enable enables ' +
    'even evaluate existing experiments extensive fewer first for framework from further general given has have ' +
    'having here how however i if improve improved improves improving in including into introduce introduces is it ' +
    'its key large leading less many may method methods model models more moreover most much multiple need new no ' +
    'not novel of often on one only or other our out over paper papers particularly perform performance present ' +
    'presented presents problem problems process propose proposed proposes provide provides recent recently ' +
    'remains research result results set several show showing shown shows significant significantly simple since ' +
    'single so some state strong studies study such system systems task tasks than that the their them then there ' +
    'these they this those three through thus to toward towards two under use used using various via was we well ' +
    'were what when where whether which while who why widely will with within without work works would yet you your'
  ).split(' '),
);

/** A paper's words worth showing: lower case, two letters or more, hyphenated words whole. Title words first. */
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
