import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { addFilterOptions, filterOf } from '../../scripts/cli/common.ts';
import { addSearchCommands } from '../../scripts/cli/search.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

describe('the command line', () => {
  it('takes a text without ids for similar papers', async () => {
    const program = new Command().exitOverride().option('--data <folder>');
    addSearchCommands(program);
    for (const command of program.commands) command.exitOverride().configureOutput({ writeErr: () => {} });
    // The folder holds no library: that is what it fails by, not by its arguments.
    const args = ['--data', temporaryFolder(), 'similar', '--text', 'a robot that weaves'];
    await expect(program.parseAsync(args, { from: 'user' })).rejects.toMatchObject({ code: 'not_found' });
  });

  it('filters by code', () => {
    const options = (...args: string[]) =>
      filterOf(addFilterOptions(new Command()).parse(args, { from: 'user' }).opts());
    expect(options('--has-code', '--min-upvotes', '3')).toEqual({ hasCode: true, minUpvotes: 3 });
    expect(options()).toEqual({});
  });
});
