import { expect, it } from 'vitest';
import { shareModels } from '../fixtures/model-cache.ts';
import { paperwise } from '../fixtures/server.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

it('the command line shows the records of a paper, splits them, and removes those of a source', async () => {
  const folder = temporaryFolder();
  shareModels(folder);
  const run = (args: string[], input?: string) => paperwise(args, { PAPERWISE_DATA: folder }, input).ended;
  const papers = [
    { id: '2401.01234v2', source: 'arxiv', title: 'Looms', abstract: 'Of looms.' },
    {
      id: 'W1',
      source: 'openalex',
      title: 'Looms and robots',
      abstract: 'Of both.',
      arxivId: '2401.01234',
      venue: 'V',
    },
    { id: 'W2', source: 'openalex', title: 'Reefs', abstract: 'Of reefs.' },
  ];
  const taken = await run(['ingest', '-'], papers.map((paper) => JSON.stringify(paper)).join('\n'));
  expect(taken.stdout).toMatch(/2 created, 1 updated, 0 unchanged, 0 removed, 0 rejected/);

  const today = new Date().toISOString().slice(0, 10);
  const shown = await run(['records', 'W1']);
  expect(shown.stdout.split('\n')).toEqual([
    `arxiv 2401.01234 (version 2), ${today}: abstract, arxivId, source, title, url`,
    `openalex W1, ${today}: venue`,
    '',
  ]);
  expect(await run(['records', 'unknown'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('"unknown"'),
  });

  const removed = await run(['remove', '--source', 'arxiv']);
  expect(removed.stdout).toMatch(/^0 papers removed\.\n1 stay, as other sources have them\./);
  await run(['ingest', '-'], JSON.stringify(papers[0]));
  expect(await run(['split', 'W1', '--source', 'openalex', '--record', 'W1'])).toMatchObject({
    code: 0,
    stdout: 'The record is the paper "W1" now, apart from "2401.01234".\n',
  });
  const again = await run(['split', 'W1', '--source', 'openalex', '--record', 'W1']);
  expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('nothing to split') });
});
