/** Names and what each stands for, in turn, between spaces. */
function table(pairs: string): Record<string, string> {
  const words = pairs.trim().split(/\s+/);
  return Object.fromEntries(words.flatMap((name, at) => (at % 2 === 0 ? [[name, words[at + 1] ?? '']] : [])));
}

const LETTERS = table(`
  ss ß  o ø  O Ø  l ł  L Ł  ae æ  AE Æ  oe œ  OE Œ  aa å  AA Å  i ı  j ȷ  dh ð  DH Ð  th þ  TH Þ  dj đ
  DJ Đ  ng ŋ  NG Ŋ  LaTeX LaTeX  TeX TeX  BibTeX BibTeX
`);

const GREEK = table(`
  alpha α  beta β  gamma γ  delta δ  epsilon ϵ  varepsilon ε  zeta ζ  eta η  theta θ  vartheta ϑ  iota ι
  kappa κ  lambda λ  mu μ  nu ν  xi ξ  pi π  rho ρ  sigma σ  tau τ  upsilon υ  phi ϕ  varphi φ  chi χ
  psi ψ  omega ω  Gamma Γ  Delta Δ  Theta Θ  Lambda Λ  Xi Ξ  Pi Π  Sigma Σ  Upsilon Υ  Phi Φ  Psi Ψ
  Omega Ω  textmu μ  upmu μ  varrho ϱ  varsigma ς  varpi ϖ  omicron ο  digamma ϝ  Alpha Α  Beta Β  micro μ
`);

const UNITS = table(`
  angstrom Å  milli m  kilo k  mega M  giga G  tera T  nano n  micro μ  hertz Hz  meter m  metre m
  tesla T  kelvin K
`);

const OTHERS = table(`
  textendash –  textemdash —  textquoteleft ‘  textquoteright ’  textquotedblleft “  textquotedblright ”
  textasciigrave \`  textquotedbl "  ldots …  dots …  textellipsis …  textasciitilde ~  textasciicircum ^
  textless <  textgreater >  textbar |  textunderscore _  textbraceleft {  textbraceright }  lbrace {
  rbrace }  textdollar $  textdegree °  textregistered ®  texttrademark ™  copyright ©  S §  pounds £
  texteuro €  times ×  cdot ·  pm ±  leq ≤  le ≤  geq ≥  ge ≥  neq ≠  ne ≠  approx ≈  sim ∼  infty ∞  to →
  rightarrow →  leftarrow ←  partial ∂  nabla ∇  in ∈  ll ≪  gg ≫  lesssim ≲  gtrsim ≳  lessapprox ⪅
  simeq ≃  cong ≅  equiv ≡  propto ∝  leqslant ⩽  geqslant ⩾  prec ≺  succ ≻  preceq ⪯  succeq ⪰  mp ∓
  div ÷  ast ∗  star ⋆  circ ∘  bullet •  oplus ⊕  ominus ⊖  otimes ⊗  odot ⊙  dagger †  ddagger ‡  cap ∩
  cup ∪  setminus ∖  wedge ∧  vee ∨  land ∧  lor ∨  lnot ¬  neg ¬  subset ⊂  subseteq ⊆  supset ⊃
  supseteq ⊇  notin ∉  ni ∋  emptyset ∅  varnothing ∅  forall ∀  exists ∃  mid |  vert |  lvert |  rvert |
  Vert ‖  lVert ‖  rVert ‖  parallel ∥  perp ⊥  bot ⊥  top ⊤  angle ∠  langle ⟨  rangle ⟩  lceil ⌈
  rceil ⌉  lfloor ⌊  rfloor ⌋  ell ℓ  hbar ℏ  Re Re  Im Im  aleph ℵ  prime ′  square □  Box □  colon :
  slash /  triangleq ≜  coloneqq ≔  doteq ≐  models ⊨  vdash ⊢  rtimes ⋊  ltimes ⋉  bowtie ⋈  checkmark ✓
  diamond ⋄  triangle △  sum ∑  prod ∏  int ∫  oint ∮  bigcup ⋃  bigcap ⋂  bigoplus ⨁  bigotimes ⨂
  longrightarrow →  gets ←  leftrightarrow ↔  Rightarrow ⇒  Leftarrow ⇐  Leftrightarrow ⇔  implies ⇒
  iff ⇔  uparrow ↑  downarrow ↓  mapsto ↦  hookrightarrow ↪  rightleftharpoons ⇌  textrightarrow →
  nearrow ↗  searrow ↘  cdots ⋯  hdots …  vdots ⋮  deg °  degree °  percent %  textpercent %
  textperiodcentered ·  textbullet •  euro €  P ¶  dag †  textonehalf ½  guillemotleft «  guillemotright »
  eg e.g.  ie i.e.  etc etc.
`);

const SPACES = 'quad qquad space newline thinspace enspace nobreakspace par item hfill linebreak';

/** Letters and signs that TeX has commands for, and macros of authors that everybody defines alike (`\eg`). */
export const SIGNS: Readonly<Record<string, string>> = {
  ...LETTERS,
  ...GREEK,
  ...UNITS,
  ...OTHERS,
  ...Object.fromEntries(SPACES.split(' ').map((name) => [name, ' '])),
  textquotesingle: "'",
  textbackslash: '\\',
  etal: 'et al.',
};

/** Accents of text, as the combining mark that goes behind its letter. Those that are letters need a space or brace. */
export const MARKS: Readonly<Record<string, string>> = {
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

/** Accents of maths. Over more than one letter they are left out. */
export const MATHS_MARKS: Readonly<Record<string, string>> = {
  hat: '\u0302',
  widehat: '\u0302',
  tilde: '\u0303',
  widetilde: '\u0303',
  bar: '\u0304',
  Bar: '\u0304',
  overline: '\u0304',
  vec: '\u20d7',
  dot: '\u0307',
  ddot: '\u0308',
  acute: '\u0301',
  grave: '\u0300',
  check: '\u030c',
  breve: '\u0306',
  mathring: '\u030a',
  not: '\u0338',
};

/** Letters of `\mathbb` that have a name; others are written as plain letters. */
export const BLACKBOARD: Readonly<Record<string, string>> = {
  C: 'ℂ',
  E: '𝔼',
  F: '𝔽',
  N: 'ℕ',
  P: 'ℙ',
  Q: 'ℚ',
  R: 'ℝ',
  Z: 'ℤ',
};

const words = (list: string): ReadonlySet<string> => new Set(list.split(' '));

/** Commands that only say how what follows looks. */
export const DECLARATIONS = words(
  'rm bf it em tt sf sc sl cal frak normalfont upshape itshape bfseries scshape ttfamily sffamily rmfamily mit ' +
    'tiny scriptsize footnotesize small normalsize large Large LARGE huge noindent centering protect allowbreak ' +
    'left right middle big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr displaystyle textstyle scriptstyle ' +
    'limits nolimits nonumber ensuremath xspace relax smallskip medskip bigskip boldmath',
);
/** Commands that go with their argument: they point to what is not here. */
export const POINTERS = words(
  'cite citep citet citealp citealt citeauthor citeyear citeyearpar parencite textcite autocite footcite nocite ' +
    'ref eqref autoref cref Cref pageref label',
);
/** Commands that go with their argument, which is no text. */
export const SETTINGS = words(
  'color vspace hspace phantom vphantom hphantom hypersetup pagestyle thispagestyle',
);
/** Commands whose second argument is the text. */
export const SECOND_IS_TEXT = words('href textcolor colorbox hyperlink hyperref scalebox raisebox');
/** Functions, which are written by their names. */
export const FUNCTIONS = words(
  'log ln lg exp sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh min max sup inf lim limsup liminf det ' +
    'dim ker gcd arg Pr hom bmod mod argmin argmax poly polylog',
);
/** Environments whose inside is maths. */
export const MATHS_ENVIRONMENTS = words('equation align gather multline eqnarray displaymath math cases');

/** What a table has for a name, and nothing that objects have by themselves. */
export const signIn = (table: Readonly<Record<string, string>>, name: string): string | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined;
