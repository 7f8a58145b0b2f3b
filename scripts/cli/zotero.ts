import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Config } from '../../src/config.ts';
import { AppError } from '../../src/errors.ts';
import type { Services } from '../../src/services.ts';
import { localZotero, ZOTERO_SERVICE, zoteroItems } from '../../src/sources/zotero.ts';
import { wholeNumber } from './common.ts';

/** Zotero's own, unless its settings say otherwise. */
const USUAL_PORT = 23_119;

export interface ZoteroOptions {
  zotero?: boolean;
  zoteroUser?: number;
  zoteroCollection?: string;
  zoteroPort?: number;
}

export function addZoteroOptions(command: Command): Command {
  return command
    .option('--zotero', 'read the library of the Zotero that runs on this machine, instead of a file')
    .addOption(
      new Option('--zotero-collection <key>', 'only this collection of it').argParser((text) => {
        if (!/^[A-Z0-9]{8}$/.test(text)) throw new InvalidArgumentError('Expected 8 letters and digits.');
        return text;
      }),
    )
    .addOption(
      new Option('--zotero-user <number>', 'read the library of this user of zotero.org').argParser(
        wholeNumber(1, 1_000_000_000),
      ),
    )
    .addOption(
      new Option('--zotero-port <port>', `where Zotero listens on this machine (${USUAL_PORT})`).argParser(
        wholeNumber(1, 65_535),
      ),
    );
}

export const ZOTERO_HELP = `From Zotero on this machine, which must be running with "Allow other applications on this computer to communicate with
Zotero" on (Settings, Advanced):
  paperwise library import --zotero
  paperwise library import --zotero --zotero-collection ABCD2345
From zotero.org, by the number of https://www.zotero.org/settings/keys; PAPERWISE_ZOTERO_KEY holds the key of a library that is
not public:
  paperwise library import --zotero-user 1234567`;

/** Whether any option says that Zotero is to be read. */
export const isFromZotero = (options: ZoteroOptions): boolean =>
  [options.zotero, options.zoteroUser, options.zoteroCollection, options.zoteroPort].some(
    (option) => option !== undefined,
  );

/** The items that the options name, as text. Throws `source_failed` when Zotero does not give them. */
export async function zoteroText(
  { zoteroUser, zoteroCollection, zoteroPort = USUAL_PORT }: ZoteroOptions,
  { zoteroKey }: Config,
  { openHttp }: Pick<Services, 'openHttp'>,
): Promise<string> {
  const isLocal = zoteroUser === undefined;
  const base = isLocal ? localZotero(zoteroPort) : ZOTERO_SERVICE;
  // Somebody waits: what does not answer here is not running.
  const http = openHttp([{ url: base, provider: 'zotero', intervalMs: 0 }], { attempts: isLocal ? 1 : 3 });
  try {
    return await zoteroItems(http, {
      base,
      user: zoteroUser ?? 0,
      collection: zoteroCollection,
      ...(!isLocal && zoteroKey !== null && { key: zoteroKey }),
    });
  } catch (error) {
    if (error instanceof AppError && error.code === 'payload_too_large' && zoteroCollection === undefined) {
      throw new AppError(error.code, `${error.message} --zotero-collection names one.`, { cause: error });
    }
    throw error;
  } finally {
    await http.close();
  }
}
