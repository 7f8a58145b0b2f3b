import { statSync } from 'node:fs';
import type { Command } from 'commander';
import { dataPaths } from '../../src/config.ts';
import { AppError } from '../../src/errors.ts';
import { newestSidecar } from '../../src/index/index-file.ts';
import type { IndexAudit } from '../../src/index/vector-index.ts';
import { embedMissingSeeds } from '../../src/recommend/seeds.ts';
import { openServices } from '../../src/services.ts';
import { configOf, jsonOption, withLibrary } from './common.ts';
import { printJson } from './print.ts';
import { linesOf } from './sources.ts';

const TOLD_EVERY_MS = 5_000;

export function addLibraryCommands(program: Command): void {
  program
    .command('status')
    .description('what the library holds, with which model, and how its sources are doing')
    .addOption(jsonOption())
    .action(async ({ json }: { json?: boolean }, command: Command) => {
      await withLibrary(command, async ({ store, people, embedder, following }) => {
        const { dataFolder } = configOf(command);
        const status = {
          dataFolder,
          databaseBytes: databaseBytes(dataPaths(dataFolder).database),
          library: await store.counts(),
          people: await people.counts(),
          model: { ...embedder.model, fingerprint: embedder.fingerprint },
          revision: await store.latestRevision(),
          savedIndex: await savedIndex(dataPaths(dataFolder).index),
          sources: await following.sources(),
        };
        if (json) return printJson(status);
        const { library, model, databaseBytes: bytes } = status;
        const each = library.papers === 0 ? '' : `, ${(bytes / library.papers / 1e3).toFixed(1)} kB a paper`;
        const sources = Object.entries(library.bySource).map(([name, count]) => `${name} ${count}`);
        console.log(`Library   ${status.dataFolder}`);
        console.log(`Database  ${(bytes / 1e6).toFixed(1)} MB${each}`);
        console.log(`Papers    ${library.papers} (${sources.join(', ') || 'none'})`);
        console.log(`Dates     ${library.oldestDay ?? '-'} to ${library.newestDay ?? '-'}`);
        console.log(
          `Embedded  ${library.embedded} of ${library.papers} by ${model.id}, ${model.quantization}`,
        );
        console.log(
          `People    ${status.people.users} (${status.people.feedback} signals, ${status.people.picks} picks)`,
        );
        console.log(`Index     ${describeIndex(status.savedIndex)}`);
        for (const source of status.sources) for (const line of linesOf(source)) console.log(line);
      });
    });

  program
    .command('reindex')
    .description('embed what has no embedding of the configured model, and build the index anew')
    .option('--embeddings', 'make the embeddings of all papers anew; each is in use until it is replaced')
    .action(async ({ embeddings }: { embeddings?: boolean }, command: Command) => {
      await withLibrary(command, async ({ store, people, embedder, ingest }) => {
        const seeds = await embedMissingSeeds({ people, embedder });
        if (seeds > 0) console.log(`${seeds} seeds of interests were embedded.`);
        const { papers, embedded } = await store.counts();
        const due = embeddings ? papers : papers - embedded;
        const done = await ingest.embedPapers(embeddings ? 'all' : 'missing', {
          onProgress: (count) => console.log(`${count} of ${due} embedded`),
        });
        console.log(`${done} papers were embedded.`);
      });
      await buildIndex(command);
    });

  program
    .command('remove')
    .description('remove papers, or all papers of a source')
    .argument('[ids...]', 'paper ids')
    .option('--source <name>', 'remove every paper of this source, such as "sample"')
    .action(async (ids: string[], { source }: { source?: string }, command: Command) => {
      if ((ids.length === 0) === (source === undefined)) {
        throw new AppError('invalid_input', 'Expected paper ids, or --source and no ids.');
      }
      await withLibrary(command, async ({ store }) => {
        const { removed, kept } =
          source === undefined
            ? { removed: await store.removePapers(ids), kept: 0 }
            : await store.removeSource(source);
        console.log(`${removed} papers removed.`);
        if (kept > 0) {
          console.log(
            `${kept} stay, as other sources have them. Those whose text is another one now are found by meaning again once ` +
              'it is embedded: a running server does that, or "paperwise reindex".',
          );
        }
        if (removed + kept === 0) process.exitCode = 1;
      });
    });
}

/** With the commits that are still in its log. */
function databaseBytes(file: string): number {
  return [file, `${file}-wal`].reduce(
    (sum, name) => sum + (statSync(name, { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
}

/** What the files of the index say: of a library that is small enough to score, or new, there are none. */
async function savedIndex(folder: string) {
  const sidecar = await newestSidecar(folder);
  if (!sidecar) return null;
  const { count, nodes, revision, audit, vectors, graph, links } = sidecar;
  const bytes = { vectors: vectors.bytes, links: links.bytes, graph: graph.bytes };
  return { count, nodes, revision, audit, bytes };
}

function describeIndex(saved: Awaited<ReturnType<typeof savedIndex>>): string {
  if (!saved) return 'no graph is saved: all papers are scored';
  const { count, bytes, audit } = saved;
  const inMemory = `${((bytes.vectors + bytes.links) / 1e6).toFixed(1)} MB in memory`;
  return `graph of ${count} papers, ${inMemory}; ${describeAudit(audit)}`;
}

const describeAudit = ({ recall, target, ef, sampled }: IndexAudit): string =>
  `recall of the ten nearest ${recall.toFixed(4)} (wanted ${target}) with ef ${ef}, by ${sampled} papers`;

/** Throws the index file away and builds it from the stored embeddings; a running server keeps its own. */
async function buildIndex(command: Command): Promise<void> {
  const services = await openServices(
    { ...configOf(command), sample: false },
    {
      mode: 'server',
      freshIndex: true,
      log: (_, text) => console.log(text),
    },
  );
  const tell = async () => {
    const { building } = await services.index.status();
    if (building) console.log(`${building.done} of ${building.total} papers are in the graph`);
  };
  const telling = setInterval(() => void tell(), TOLD_EVERY_MS);
  try {
    await services.whenReady;
    await services.whenIndexed();
    const { count, state, audit, bytes } = await services.index.status();
    console.log(`The index holds ${count} papers (${state}).`);
    if (audit) console.log(describeAudit(audit));
    console.log(`A vector takes ${bytes.perVector} bytes of memory.`);
  } finally {
    clearInterval(telling);
    await services.close();
  }
}
