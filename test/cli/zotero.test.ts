import { describe, expect, it } from 'vitest';
import { importAnswer } from '../../src/api/library-answers.ts';
import { shareModels } from '../fixtures/model-cache.ts';
import { paperwise } from '../fixtures/server.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';
import { startZotero } from '../fixtures/zotero-server.ts';

describe('the command line', () => {
  it('imports the library of a Zotero that runs', async () => {
    const folder = temporaryFolder();
    shareModels(folder);
    const run = (args: string[], input?: string) => paperwise(args, { PAPERWISE_DATA: folder }, input).ended;
    await run(
      ['ingest', '-'],
      JSON.stringify({ id: '1706.03762', title: 'Attention Is All You Need', abstract: 'Transformers.' }),
    );
    const zotero = await startZotero({
      items: [
        {
          key: 'AAAA2222',
          data: { itemType: 'preprint', title: 'Attention', archiveID: 'arXiv:1706.03762' },
        },
        { key: 'BBBB2222', data: { itemType: 'book', title: 'The Art of Reefs' }, collections: ['CCCC2222'] },
        { key: 'DDDD2222', data: { itemType: 'attachment', title: 'A file alone' } },
      ],
    });
    const port = ['--zotero-port', String(zotero.port)];
    const whole = await run(['library', 'import', '--zotero', ...port, '--json']);
    expect(whole).toMatchObject({ code: 0, stderr: '' });
    expect(importAnswer.parse(JSON.parse(whole.stdout))).toMatchObject({
      format: 'zotero-json',
      matched: [{ label: 'AAAA2222', paperId: '1706.03762', by: 'arxiv', outcome: 'added' }],
      unmatched: [{ label: 'BBBB2222', title: 'The Art of Reefs' }],
      problems: [],
    });
    const part = await run(['library', 'import', '--zotero-collection', 'CCCC2222', ...port]);
    expect(part.stdout).toContain('me: 1 entry read, 0 are papers of the library.');

    zotero.state.isAllowed = false;
    for (const [args, code, message] of [
      [['--zotero', ...port], 1, 'Allow other applications'],
      [[], 2, 'Expected a file, or --zotero and no file.'],
      [['x.bib', '--zotero'], 2, 'Expected a file, or --zotero and no file.'],
      [['--zotero-collection', 'mine'], 2, 'Expected 8 letters and digits.'],
    ] as const) {
      expect(await run(['library', 'import', ...args])).toMatchObject({
        code,
        stderr: expect.stringContaining(message),
      });
    }
  });
});
