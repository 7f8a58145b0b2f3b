import { createInverted } from '../../src/lexical/inverted.ts';
import { saveLexicalFile } from '../../src/lexical/lexical-file.ts';

// Saves a growing index again and again until it is killed. `node --import tsx save-loop.ts FOLDER`.
const folder = process.argv[2] as string;
const inverted = createInverted();
for (let revision = 1; ; revision++) {
  const abstract = Array.from({ length: 2_000 }, (_, at) => `word${revision}and${at}`).join(' ');
  inverted.put(revision, { title: 'Saved', abstract, authors: [] });
  process.stdout.write(`${revision}\n`);
  await saveLexicalFile(folder, { libraryId: 'library', moment: { revision, epoch: '' } }, inverted.data());
}
