import { readFileSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { AppError, messageOf } from '../../src/errors.ts';
import { checkMapping, type FieldMapping } from '../../src/sources/field-mapping.ts';

export interface MappingOptions {
  mapping?: string;
  map?: [field: string, name: string][];
  split?: [field: string, separator: string][];
  set?: [field: string, value: string][];
}

/** `field=value`, again and again; the value may have `=` in it. */
function pair(text: string, before: [string, string][] = []): [string, string][] {
  const [, field, value] = /^([^=]+)=([\s\S]+)$/.exec(text) ?? [];
  if (field === undefined || value === undefined) throw new InvalidArgumentError('Expected field=value.');
  return [...before, [field.trim(), value]];
}

const pairOption = (flags: string, what: string) => new Option(flags, what).argParser(pair);

export function addMappingOptions(command: Command): Command {
  return command
    .addOption(
      pairOption('--map <field=name>', 'take a field from this column (csv) or path (jsonl); once a field'),
    )
    .addOption(pairOption('--split <field=separator>', 'what separates authors or categories (;)'))
    .addOption(pairOption('--set <field=value>', 'give a field the same value in all papers'))
    .option('--mapping <file>', 'read these from a JSON file, before the options');
}

export const MAPPING_HELP = `A table or JSON Lines with fields of other names need a mapping. Fields that it does not name are taken from the column
of their own name, where there is one:
  paperwise ingest list.csv --map id=DOI --map doi=DOI --map title=Name --map abstract=Summary --map authors=Creators \\
    --split 'authors= and ' --set source=reading-list
  paperwise ingest dump.jsonl --map title=meta.title --map authors=people.name --map abstract=summary
The same as a file: {"title": "Name", "authors": {"from": "Creators", "split": " and "}, "source": {"constant": "reading-list"}}`;

/** The mapping that the options make, or null without any. Throws `invalid_input` for one that is wrong. */
export function mappingOf({ mapping: file, map, split, set }: MappingOptions): FieldMapping | null {
  if (file === undefined && !map && !split && !set) return null;
  const mapping: Record<string, unknown> = file === undefined ? {} : { ...checkMapping(jsonOf(file)) };
  for (const [field, from] of map ?? []) mapping[field] = from;
  for (const [field, separator] of split ?? []) {
    const rule = mapping[field];
    const given = typeof rule === 'object' ? rule : { from: rule ?? field };
    mapping[field] = { ...given, split: separator };
  }
  for (const [field, constant] of set ?? []) mapping[field] = { constant };
  return checkMapping(mapping);
}

function jsonOf(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new AppError('invalid_input', `Cannot read ${file}: ${messageOf(error)}.`, { cause: error });
  }
}
