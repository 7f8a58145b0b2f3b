import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { aclAnthologyItems, aclAnthologySource } from '../../src/sources/acl-anthology.ts';
import type { SourceItem } from '../../src/sources/source.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

const collection = (id: string, volumes: string) =>
  `<?xml version='1.0' encoding='UTF-8'?>\n<collection id="${id}">\n${volumes}\n</collection>\n`;
const paper = (id: string, inside = '') =>
  `<paper id="${id}"><title>A Title</title><abstract>An abstract.</abstract>${inside}</paper>`;

const LONG = `<volume id="long" ingest-date="2024-08-04" type="proceedings">
  <meta>
    <booktitle>Proceedings of the 62nd Annual Meeting (Volume 1: Long Papers)</booktitle>
    <editor><first>Some</first><last>Editor</last></editor>
    <month>July 28 - August 2</month><year>2024</year>
    <url hash="a1">2024.acl-long</url><venue>acl</venue>
  </meta>
  <frontmatter><url hash="b2">2024.acl-long.0</url><bibkey>acl-2024-long</bibkey></frontmatter>
  <paper id="12">
    <title><fixed-case>BERT</fixed-case>s &amp; <i>their <b>kin</b></i>: <tex-math>O(n^2)</tex-math>&#8212;no more</title>
    <author><first>Ada</first><last>Byron</last><affiliation>Home</affiliation></author>
    <author><first>Kurt</first><last>Gödel</last><variant script="hani"><first>X</first><last>Y</last></variant></author>
    <author><first>Martin</first><last>King</last><suffix>Jr.</suffix></author>
    <author><last>Plato</last></author>
    <pages>1-12</pages>
    <abstract>We read
      <fixed-case>X</fixed-case>ML with <tex-math>k &lt; 3</tex-math> rules.<br/>See <url>https://example.org/a?b=1&amp;c=2</url>.</abstract>
    <url hash="c3">2024.acl-long.12</url>
    <doi>10.18653/v1/2024.acl-long.12</doi>
    <pwccode url="https://example.org/code?a=1&amp;b=2" additional="false">code</pwccode>
  </paper>
  <paper id="13"><title>Without One</title><url hash="d4">2024.acl-long.13</url></paper>
  ${paper('14', '<retracted date="2024-09-01">By its authors.</retracted>')}
  ${paper('15', '<removed date="2024-09-01">Twice here.</removed>')}
</volume>`;

const ids = (items: Iterable<SourceItem>) =>
  [...items].map((item) => ('record' in item ? item.record.id : item.at));

describe('ACL Anthology XML', () => {
  it('gives the papers of all volumes, with the text of mixed content in its order', () => {
    const [first, ...others] = aclAnthologyItems(collection('2024.acl', LONG));
    expect(first).toEqual({
      at: 'paper 2024.acl-long.12',
      record: {
        id: '2024.acl-long.12',
        title: 'BERTs & their kin: $O(n^2)$—no more',
        abstract: 'We read XML with $k < 3$ rules. See https://example.org/a?b=1&c=2.',
        authors: ['Ada Byron', 'Kurt Gödel', 'Martin King Jr.', 'Plato'],
        date: '2024-07',
        venue: 'Proceedings of the 62nd Annual Meeting (Volume 1: Long Papers)',
        url: 'https://aclanthology.org/2024.acl-long.12/',
        doi: '10.18653/v1/2024.acl-long.12',
        codeUrl: 'https://example.org/code?a=1&b=2',
      },
    });
    expect(others).toEqual([
      {
        at: 'paper 2024.acl-long.13',
        id: '2024.acl-long.13',
        reason: 'expected an abstract, got none',
      },
      { at: 'paper 2024.acl-long.14', removal: { id: '2024.acl-long.14', why: 'withdrawn' } },
      { at: 'paper 2024.acl-long.15', removal: { id: '2024.acl-long.15', why: 'withdrawn' } },
    ]);
  });

  it.each([
    ['P18', '1', '1', 'P18-1001'],
    ['W18', '2', '3', 'W18-0203'],
    ['D19', '1', '32', 'D19-1032'],
    ['D19', '50', '32', 'D19-5032'],
    ['C69', '1', '2', 'C69-0102'],
    ['2020.cl', '1', '2', '2020.cl-1.2'],
  ])(
    'names papers as the Anthology does: collection %s, volume %s, paper %s is %s',
    (id, volume, number, named) => {
      const xml = collection(id, `<volume id="${volume}"><meta/>${paper(number)}</volume>`);
      expect(ids(aclAnthologyItems(xml))).toEqual([named]);
    },
  );

  it('dates papers by their volume, as far as it says', () => {
    const dates = ['<year>2021</year>', '<month>Dec.</month><year>2021</year>', '<month>May</month>'].map(
      (meta) => {
        const [item] = aclAnthologyItems(
          collection('2021.x', `<volume id="1"><meta>${meta}</meta>${paper('1')}</volume>`),
        );
        return item && 'record' in item ? item.record.date : 'rejected';
      },
    );
    expect(dates).toEqual(['2021', '2021-12', undefined]);
  });

  it('keeps a paper whose links are broken', () => {
    const links = '<doi>none</doi><pwccode url="github.com/x">x</pwccode>';
    const [item] = aclAnthologyItems(
      collection('2021.x', `<volume id="1"><meta/>${paper('1', links)}</volume>`),
    );
    expect(item && 'record' in item && item.record).toEqual({
      id: '2021.x-1.1',
      title: 'A Title',
      abstract: 'An abstract.',
      url: 'https://aclanthology.org/2021.x-1.1/',
    });
  });

  it('is read plain and packed, from a file and a stream', async () => {
    const xml = collection('2024.acl', LONG);
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'plain.xml'), xml);
    writeFileSync(join(folder, 'packed'), gzipSync(xml));
    const expected = ids(aclAnthologyItems(xml));
    for (const file of [
      join(folder, 'plain.xml'),
      join(folder, 'packed'),
      Readable.from([Buffer.from(xml)]),
    ]) {
      const source = aclAnthologySource(file);
      const items: SourceItem[] = [];
      for await (const item of source) items.push(item);
      expect(ids(items)).toEqual(expected);
      expect(source.progress().bytesRead).toBeGreaterThan(0);
    }
  });

  it.each([
    [
      'a DOCTYPE',
      '<!DOCTYPE c [<!ENTITY a "aaaa">]><collection id="x">&a;</collection>',
      'without a DOCTYPE',
    ],
    ['tags that do not close', '<collection id="x"><volume></collection>', 'a fault in line 1'],
    ['tags in tags without end', `${'<a>'.repeat(10_000)}${'</a>'.repeat(10_000)}`, 'nested'],
    ['another document', '<rss><channel/></rss>', 'got <rss>'],
    ['no XML', '{"id": 1}', 'a fault in line 1'],
    ['bytes of another charset', Buffer.from([60, 0xe9, 62]), 'text in UTF-8'],
  ])('refuses %s', async (_, content, message) => {
    const file = join(temporaryFolder(), 'x.xml');
    writeFileSync(file, content);
    const read = async () => {
      for await (const item of aclAnthologySource(file)) expect(item).toBeUndefined();
    };
    await expect(read()).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringMatching(new RegExp(`${file}.*${message}`)),
    });
  });
});
