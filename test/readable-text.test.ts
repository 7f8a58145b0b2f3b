import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { embeddedText, incomingPaper, loosePaperRecord } from '../src/paper.ts';
import { readableText } from '../src/readable-text.ts';

const raw = String.raw;

/** Each left one is read as the right one. */
function reads(cases: readonly (readonly [string, string])[]): void {
  it.each(cases)('%j', (written, read) => {
    expect(readableText(written)).toBe(read);
  });
}

describe('text that is no mark-up stays as it is:', () => {
  it.each([
    'It costs $5 and $10.',
    'From US$5 to US$10, or $5-$10; $5 then $n of them.',
    'C:\\temp\\new\\alpha and \\\\server\\share',
    'a < b > c, x<y, <think> and <i> alone',
    'AT&T, R&D; Q & A, &NA; and a?b&copy',
    'foo_bar, 2^10, x_1 and a^b',
    '~5 %, 0~360 degrees, ~/notes and www.example.org/~name',
    "5'' disks, f''(x), 6\" and `code`",
    'paperwise --help, ----- and -',
    '{a, b} and {"json": [1, {"x": 2}]}',
    'We propose \\ours, which uses \\n and \\d+ in "\\"quotes\\"".',
    '$HOME/bin:$PATH, A$AP and Ke$ha',
    'Ünïcödé, 中文, עברית, می\u200cخواهم, 👩\u200d🔬 and Ω',
  ])('%j', (text) => {
    expect(readableText(text)).toBe(text);
  });
});

describe('TeX is read:', () => {
  reads([
    [
      raw`Erd\H{o}s--R\'enyi, \"{o}, {\'e}, {\"o}, \c{c}, \v{s}, {\v s}, \'{\i}`,
      'Erdős–Rényi, ö, é, ö, ç, š, š, í',
    ],
    [
      raw`{\L}ukasz S{\o}ren na\"ive stra{\ss}e {\ae}on G{é}n{é}ralis{é}`,
      'Łukasz Søren naïve straße æon Généralisé',
    ],
    [raw`the model\'s and don\'t`, "the model's and don't"],
    [raw`50\% \& a\_b \#1 \$5`, '50% & a_b #1 $5'],
    [raw`Fig.~1 of~us, 5~GHz, DreamBooth~\cite{a}, FTSE~100`, 'Fig. 1 of us, 5 GHz, DreamBooth, FTSE 100'],
    [raw`pages 5--8 of a test -- or two---maybe`, 'pages 5–8 of a test – or two—maybe'],
    ["``quoted'' and ''quoted''", '“quoted” and “quoted”'],
    [raw`\emph{a \textbf{b}} \texttt{c_d} {\it e} \textsc{f}`, 'a b c_d e f'],
    [raw`as in \cite{x,y}, see \ref{z} and~\citep[p.~5]{w}.`, 'as in, see and.'],
    [
      raw`\href{http://a.org/x_1}{here} \url{http://a.org/x_1} \textcolor{red}{hot}`,
      'here (http://a.org/x_1) http://a.org/x_1 hot',
    ],
    [raw`Code\footnote{At \url{a.org}.} and text\footnote{}.`, 'Code (At a.org.) and text.'],
    [raw`\begin{itemize} \item one \item two \end{itemize} \\ end`, 'one two end'],
    [raw`\begin{equation} x^2 \end{equation} follows`, 'x² follows'],
    [raw`\foo{bar} and \method{} and \textbf{\ours}`, raw`bar and \method and \ours`],
    [raw`\k{appa} and \b{eta}-VAE at 20 {\deg}C`, 'κ and β-VAE at 20 °C'],
    [raw`CO_{2} and cm^{-1}`, 'CO₂ and cm⁻¹'],
  ]);
});

describe('maths is read:', () => {
  reads([
    [raw`$\alpha$-helix, $k$-means, 3$\times$ and $\sim$5, $>$99`, 'α-helix, k-means, 3× and ∼5, >99'],
    [raw`$O(n\log n)$, $\mathcal{O}(n^2)$, $\tilde{O}(\sqrt{n})$`, 'O(n log n), O(n²), Õ(√n)'],
    [
      raw`$\mathbb{R}^n$, $\mathrm{eV}$, $\mathbf{x}_i$, $x_{max}$, $x_{\text{max}}$`,
      'ℝⁿ, eV, xᵢ, x_max, x_max',
    ],
    [
      raw`$\frac{a}{b}$, $\frac{a+b}{2}$, $\frac12$, $\sqrt{x}$, $\sqrt[3]{a+b}$`,
      'a/b, (a+b)/2, 1/2, √x, ³√(a+b)',
    ],
    [
      raw`$10^{-3}$, 5$^{th}$, 20$^\circ$C, H$_2$O, FeTe$_{0.55}$, $n^{k/2}$`,
      '10⁻³, 5th, 20°C, H₂O, FeTe₀.₅₅, n^(k/2)',
    ],
    [
      raw`$n \leq 3$, $n\geq3$, $x \to \infty$, $\left(\pi\right)$, $98.5\%$`,
      'n ≤ 3, n≥3, x → ∞, (π), 98.5%',
    ],
    [raw`\(a_1\), \[b^2\], $$\sum_{i=1}^n x_i$$ and $ y_1 $`, 'a₁, b², ∑ᵢ₌₁ⁿ xᵢ and y₁'],
    [
      raw`$\langle x \rangle$, $\lvert y\rvert$, $\|z\|$, $\{1,2\}$, $a\!\le\!b$`,
      '⟨x⟩, |y|, ‖z‖, {1,2}, a≤b',
    ],
    [raw`costs $5\% of $\alpha$`, 'costs $5% of α'],
    [raw`$\frac{a$ and }`, raw`a and }`],
  ]);
});

describe('HTML is read:', () => {
  reads([
    ['caf&eacute;, a &lt; b, &#177;5, &amp;lt;p&amp;gt;, x&nbsp;y', 'café, a < b, ±5, <p>, x y'],
    ['<jats:title>Abstract</jats:title><jats:p>One.</jats:p><jats:p>Two.</jats:p>', 'One. Two.'],
    ['<p>In <i>vivo</i>,<br/>H<sub>2</sub>O, 10<sup>-3</sup> m</p>', 'In vivo, H₂O, 10⁻³ m'],
    [
      'of <jats:alternatives><jats:tex-math>$$x$$</jats:tex-math><mml:math><mml:mi>x</mml:mi></mml:math></jats:alternatives>.',
      'of x.',
    ],
    ['<a href="https://a.org">here</a>, <b>bold', 'here, <b>bold'],
  ]);
});

describe('lines and signs that are not seen are resolved:', () => {
  reads([
    ['recog-\nnition of\nlines \t here', 'recognition of lines here'],
    [
      'state-of-the-\nart, GPT-\n4, BERT-\nbased, self-\nattention',
      'state-of-the-art, GPT-4, BERT-based, self-attention',
    ],
    [
      'pre-\ntraining after pre-training; micro-\nand macroscopic',
      'pre-training after pre-training; micro- and macroscopic',
    ],
    [
      'e\ufb03cient \ufb01nd, co\u00adopera\u200btion\ufeff, a\u00a0b\u2009c',
      'efficient find, cooperation, a b c',
    ],
    ['Poincare\u0301\u0000 lemma\ud800 \u202eabc\u202c', 'Poincaré lemma\ufffd abc'],
  ]);
});

describe('readable text', () => {
  const piece = fc.oneof(
    { weight: 2, arbitrary: fc.string({ unit: 'grapheme', maxLength: 6 }) },
    {
      weight: 3,
      arbitrary: fc.constantFrom(
        ...[
          '\\',
          '{',
          '}',
          '$',
          '$$',
          '^',
          '_',
          '~',
          '&',
          '<',
          '>',
          ';',
          '`',
          "'",
          '"',
          '-',
          '\n',
          ' ',
          '[',
          ']',
        ],
        ...[
          '\\textbackslash',
          '\\alpha ',
          '\\frac',
          '\\emph{',
          '\\cite{',
          "\\'e",
          '\\(',
          '\\)',
          '\\begin{align}',
          '\\$',
        ],
        ...[
          'amp;',
          'lt;',
          '&gt;',
          '<i>',
          '</i>',
          '<sub>',
          '</sub>',
          '#36;',
          'word',
          ' in ',
          '5',
          'é',
          '\u200c',
          '\u0301',
        ],
      ),
    },
  );
  const text = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(''));

  it('keeps the address of a link whose text says less', () => {
    expect(readableText('Code is \\href{https://example.org/code}{here}.')).toBe(
      'Code is here (https://example.org/code).',
    );
    expect(readableText('\\href{https://example.org/code}{example.org/code}')).toBe('example.org/code');
  });

  it('stays the same when it is read again', () => {
    fc.assert(
      fc.property(text, (written) => {
        const read = readableText(written);
        expect(readableText(read)).toBe(read);
      }),
      { numRuns: 3_000 },
    );
  });

  it('is whole, on one line, and without space at its ends', () => {
    fc.assert(
      fc.property(text, (written) => {
        const read = readableText(written);
        expect(read.isWellFormed()).toBe(true);
        expect(read).toBe(read.normalize('NFC').trim());
        expect(read).not.toMatch(/[\n\t\u0000-\u001f\u00ad\u202a-\u202e]| {2}/);
      }),
    );
  });

  it('is the text itself where that has no mark-up', () => {
    const word = fc.stringMatching(/^[A-Za-zäöüéñßøçа-яα-ω0-9.,:;!?()@#%+*=|/"'-]{1,12}$/);
    const plain = fc
      .array(word, { minLength: 1 })
      .map((words) => words.join(' '))
      .filter((words) => !/--|''/.test(words));
    fc.assert(
      fc.property(plain, (written) => {
        expect(readableText(written)).toBe(written.normalize('NFC'));
      }),
    );
  });

  it('is the same for a paper that was exported and taken in again', () => {
    const record = (title: string, abstract: string) =>
      incomingPaper(loosePaperRecord.parse({ id: 'a', title, abstract, authors: ["R\\'enyi"] }), 'test');
    const once = record(raw`\$1 for $\alpha$ &amp;lt; 5`, raw`A\\ B~\cite{c} ''d''`).facts;
    expect(record(once.title, once.abstract).facts).toEqual({ ...once, authors: ['Rényi'] });
    expect(embeddedText(once)).toBe('$1 for α < 5\nA B “d”');
  });

  it('takes time in proportion to the length, whatever the text', () => {
    const hostile = [
      ...[
        '{',
        '$',
        '$a ',
        '``',
        "``a''",
        '<i ',
        '<i>',
        '\\(',
        '\\',
        '-',
        ' ',
        '\n',
        '-\n',
        'a-\n',
        "\\'",
        "\\'e",
        'a~b',
      ],
      ...[
        'x_{a}',
        '\\emph{',
        '\\frac',
        '\\frac{\\frac{',
        '\\foo[',
        '\\cite{b} ',
        '\\textbackslash ',
        '\u200c',
        '1,',
      ],
      ...[
        '<mml:x><jats:tex-math>',
        '<a b="c"',
        '&amp;',
        'amp;',
        '$\\alpha_{\\text{$x$}}$',
        '\\(\\frac\\){',
        '<sub>',
      ],
    ].map((part) => part.repeat(Math.ceil(50_000 / part.length)));
    hostile.push(
      `$${'^{'.repeat(12_500)}${'}'.repeat(12_500)}$`,
      `&${'amp;'.repeat(12_500)}lt;`,
      'a'.repeat(50_000),
    );
    for (const written of [...hostile, ...hostile.map((one) => `é $ ${one} $ -\n x}`)]) {
      const start = performance.now();
      const read = readableText(written);
      // Some 20 ms; were the time the square of the length, it would be minutes.
      expect(performance.now() - start).toBeLessThan(2_000);
      expect(readableText(read)).toBe(read);
    }
  });
});
