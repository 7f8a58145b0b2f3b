import { type Command, InvalidArgumentError, Option } from 'commander';
import { SEARCH_MODES, type SearchMode } from '../../src/search.ts';
import { addFilterOptions, filterOf, jsonOption, limitOption, withLibrary } from './common.ts';
import { dim, foundLine, printHit, printJson } from './print.ts';

const share = (text: string) => {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 1))
    throw new InvalidArgumentError('Expected a number from 0 to 1.');
  return value;
};

export function addSearchCommands(program: Command): void {
  addFilterOptions(program.command('search'))
    .description('find papers by words and by meaning')
    .argument('<query...>', 'words, a question, a title, an id, a DOI or an author')
    .addOption(new Option('--mode <mode>', 'how to search').choices(SEARCH_MODES).default('hybrid'))
    .addOption(limitOption())
    .addOption(jsonOption())
    .action(async (query: string[], options, command: Command) => {
      const { mode, limit, json } = options as { mode: SearchMode; limit: number; json?: boolean };
      await withLibrary(command, async ({ search, store }) => {
        const answer = await search.search({
          query: query.join(' '),
          mode,
          limit,
          filter: filterOf(options),
        });
        if (json) return printJson(answer);
        answer.hits.forEach((hit, at) => {
          printHit(at + 1, hit);
        });
        if (answer.phrases?.required === false) console.log('No paper has what is in quotes.');
        if (answer.hits.length > 0) console.log(dim(foundLine(answer)));
        if (answer.hits.length === 0) await sayNothingFound(store.newestDay());
        if (answer.didYouMean) console.log(`Did you mean: ${answer.didYouMean}`);
      });
    });

  addFilterOptions(program.command('similar'))
    .description('find papers like one or several')
    .argument('[ids...]', 'paper ids; none are needed with --text')
    .option('--not <ids...>', 'papers that the answer should be unlike')
    .option('--text <text>', 'a text that the answer should be like, too')
    .addOption(new Option('--diversity <0..1>', 'spread the answer').default(0).argParser(share))
    .addOption(limitOption())
    .addOption(jsonOption())
    .action(async (ids: string[], options, command: Command) => {
      const {
        not = [],
        text,
        diversity,
        limit,
        json,
      } = options as {
        not?: string[];
        text?: string;
        diversity: number;
        limit: number;
        json?: boolean;
      };
      await withLibrary(command, async ({ search }) => {
        const examples = { positive: ids, negative: not, ...(text !== undefined && { text }) };
        const answer = await search.similarTo({ examples, limit, diversity, filter: filterOf(options) });
        if (json) return printJson(answer);
        answer.hits.forEach((hit, at) => {
          printHit(at + 1, hit);
        });
      });
    });
}

async function sayNothingFound(newestDay: Promise<string | null>): Promise<void> {
  const isEmpty = (await newestDay) === null;
  console.log(isEmpty ? 'The library is empty. Fill it: paperwise ingest <file>' : 'No paper was found.');
}
