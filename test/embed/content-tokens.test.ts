import { describe, expect, it } from 'vitest';
import { createContentTokens } from '../../src/embed/content-tokens.ts';

/** Tells the content of texts that are given as their tokens; `vocabulary` settles how tokens are marked. */
function contentOf(vocabulary: readonly string[]) {
  const special = ['<s>', '</s>', '<unk>'];
  const vocab = [...special, ...vocabulary];
  const content = createContentTokens({
    model: { vocab, unk_token_id: 2 },
    all_special_ids: special.map((_, id) => id),
  });
  return (tokens: readonly string[], from = 0) => {
    const ids = tokens.map((token) => {
      if (!vocab.includes(token)) vocab.push(token);
      return vocab.indexOf(token);
    });
    const { rows, words } = content(ids, from);
    return rows.map((row, at) => `${tokens[row]}: ${words[at]}`);
  };
}

describe('of WordPiece', () => {
  const content = contentOf(['the', '##s', '##ing']);

  it('keeps the pieces of words that are no stop words', () => {
    const tokens = '<s> the effect of c + + on gp ##t - 4 </s>'.split(' ');
    expect(content(tokens)).toEqual(['effect: effect', 'c: c', 'gp: gpt', '##t: gpt', '4: 4']);
  });

  it('asks the whole word, not the piece, whether it is a stop word', () => {
    expect(content(['the', '##ta', 'a', '##the', '##rmal', 'i', '##s'])).toEqual([
      'the: theta',
      '##ta: theta',
      'a: athermal',
      '##the: athermal',
      '##rmal: athermal',
    ]);
  });

  it('leaves out unknown words, and the tokens of a prefix', () => {
    expect(content(['<s>', 'query', ':', 'bees', '<unk>', '</s>'], 3)).toEqual(['bees: bees']);
  });

  it('takes any script, and signs only within words', () => {
    expect(content(['量', '子', '—', 'co', '##₂', '™', 'naïve'])).toEqual([
      '量: 量',
      '子: 子',
      'co: co₂',
      '##₂: co₂',
      'naïve: naïve',
    ]);
  });
});

describe('of SentencePiece', () => {
  const content = contentOf(['▁the', '▁a', 's']);

  it('joins what follows a mark, up to punctuation', () => {
    expect(
      content(['<s>', '▁The', '▁trans', 'form', 'er', ',', '▁state', '-', 'of', '-', 'art', '</s>']),
    ).toEqual(['▁trans: transformer', 'form: transformer', 'er: transformer', '▁state: state', 'art: art']);
  });

  it('understands marks that stand alone, signs within a piece, and bytes', () => {
    expect(content(['▁', 'the', '▁(', 'RNN', ').', '▁', '量子'])).toEqual(['RNN: rnn', '量子: 量子']);
    expect(content(['▁', '<0xE9>', '<0x87>', '<0x8F>', '▁x'])).toEqual([
      '<0xE9>: 量',
      '<0x87>: 量',
      '<0x8F>: 量',
      '▁x: x',
    ]);
  });
});

describe('of byte BPE', () => {
  const content = contentOf(['Ġthe', 'Ġa', 'ing']);

  it('joins what follows a mark, up to punctuation and line ends', () => {
    expect(
      content(['<s>', 'Model', 's', 'ĊĊ', 'Of', 'ĠG', 'PT', '-', '4', 'Ġ(', 'the', ')', '</s>']),
    ).toEqual(['Model: models', 's: models', 'ĠG: gpt', 'PT: gpt', '4: 4']);
  });

  it('puts characters together that are several tokens', () => {
    // The bytes of é, of a long dash, and the first two of a Chinese character that was cut off.
    expect(content(['Ġn', 'Ã', '©', 'e', 'âĢ', 'Ķ', 'Ġéĩ'])).toEqual([
      'Ġn: née',
      'Ã: née',
      '©: née',
      'e: née',
    ]);
    expect(content(['Ġâ', 'Ģ', 'Ķ', 'Ġx'])).toEqual(['Ġx: x']);
  });

  it('takes a piece with two words for the one that is no stop word', () => {
    expect(content(['Ġthe', '-', 'end', 'Ġa/b'])).toEqual(['end: end', 'Ġa/b: b']);
  });
});
