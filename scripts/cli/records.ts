import type { Command } from 'commander';
import { AppError } from '../../src/errors.ts';
import { canonicalId } from '../../src/paper.ts';
import { jsonOption, withLibrary } from './common.ts';
import { printJson } from './print.ts';

export function addRecordCommands(program: Command): void {
  program
    .command('records')
    .description('what each source says of a paper, and which of its fields are from where')
    .argument('<id>', 'paper id')
    .addOption(jsonOption())
    .action(async (id: string, { json }: { json?: boolean }, command: Command) => {
      await withLibrary(command, async ({ store }) => {
        const records = await store.recordsOf(id);
        if (records.length === 0) throw new AppError('not_found', `There is no paper with the id "${id}".`);
        if (json) return printJson(records);
        for (const { source, id: recordId, version, at, withdrawn, fields } of records) {
          const named = version === null ? recordId : `${recordId} (version ${version})`;
          const gives = fields.length === 0 ? 'nothing that others do not say better' : fields.join(', ');
          console.log(`${source} ${named}, ${at.slice(0, 10)}${withdrawn ? ', withdrawn' : ''}: ${gives}`);
        }
      });
    });

  program
    .command('split')
    .description('undo a wrong merge: make one record of a paper a paper of its own, for good')
    .argument('<id>', 'paper id')
    .requiredOption('--source <name>', 'the source of the record')
    .requiredOption('--record <id>', "the record's id in that source")
    .action(async (id: string, options: { source: string; record: string }, command: Command) => {
      const { source, record } = options;
      await withLibrary(command, async ({ store, ingest }) => {
        const records = await store.recordsOf(id);
        const found = records.find((one) => one.source === source && one.id === canonicalId(record));
        if (!found)
          throw new AppError('not_found', `The paper "${id}" has no record "${record}" of "${source}".`);
        const [first, split] = await ingest.split(found);
        console.log(`The record is the paper "${split}" now, apart from "${first}".`);
      });
    });
}
