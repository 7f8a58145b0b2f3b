import { describe, expect, it } from 'vitest';
import { xmlElement } from '../../src/sources/xml-element.ts';
import { readInTurns, xmlElementInTurns } from '../../src/sources/xml-turns.ts';

const record = (i: number) =>
  `<record n="${i}"><name>${i} &amp; ${i}</name>${'words of a record, '.repeat(60)}</record>\n`;
const records = Array.from({ length: 1_000 }, (_, i) => record(i)).join('');
const listOf = (inner: string) =>
  `<?xml version="1.0"?>\n<list><day>today</day><records>\n${inner}<record/><token>x</token></records></list>`;
const codeOf = (error: unknown) => ({ message: error instanceof Error ? error.message : '' });

describe('XML in turns', () => {
  it('is what it is at once, and lets others have their turns', async () => {
    const text = listOf(records);
    let turns = 0;
    const count = setInterval(() => turns++, 0);
    const root = await xmlElementInTurns(text, 'record');
    clearInterval(count);
    expect(root).toEqual(xmlElement(text));
    expect(turns).toBeGreaterThan(1);
  });

  it.each([
    [
      'a part is within another',
      records.replace('<name>5 ', `<record>${'x'.repeat(300_000)}</record><name>5 `),
    ],
    ['a comment looks like one', `<!-- <record> -->${records}`],
    ['the document is small', record(1)],
    ['nothing is repeated', ''],
  ])('is what it is at once where %s', async (_, inner) => {
    const text = listOf(inner);
    expect(await xmlElementInTurns(text, 'record')).toEqual(xmlElement(text));
  });

  it.each([
    ['an end is wrong', listOf(records.replace('<name>700 &amp; 700</name>', '<name>700</nam>'))],
    ['it was cut off', listOf(records).slice(0, 900_000)],
    ['it has a DOCTYPE', `<!DOCTYPE list>${listOf(records)}`],
  ])('says as at once what is wrong where %s', async (_, text) => {
    let fault = {};
    try {
      xmlElement(text);
    } catch (error) {
      fault = codeOf(error);
    }
    await expect(xmlElementInTurns(text, 'record')).rejects.toMatchObject({
      code: 'invalid_input',
      ...fault,
    });
  });

  it('reads elements in their order', async () => {
    const elements = xmlElement(`<a>${'<b/>'.repeat(1_000)}</a>`)?.children.filter(
      (child) => typeof child === 'object',
    );
    expect(await readInTurns(elements ?? [], (_, index) => index)).toEqual(
      Array.from({ length: 1_000 }, (_, i) => i),
    );
  });
});
