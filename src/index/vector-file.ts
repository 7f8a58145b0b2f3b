import { AppError } from '../errors.ts';
import { makeCheckedFile, randomName, readCheckedFile } from './checked-file.ts';
import { NO_KEY } from './row-codes.ts';
import { createRowMemory, growRows, type RowMemory, rowLayout } from './row-memory.ts';
import { createRowReader } from './row-reader.ts';
import type { FileFacts } from './sidecar.ts';

/** The bytes of the first rows: codes, facts and keys row by row, then what the codes leave over. */
function partsOf({ dimensions, codes, residuals }: RowMemory, rowCount: number): Uint8Array[] {
  const { rowsAt, rowBytes, stride } = rowLayout(dimensions);
  return [
    new Uint8Array(codes.buffer, rowsAt, rowCount * rowBytes),
    new Uint8Array(residuals.buffer, 0, rowCount * stride),
  ];
}

/** Saves the first rows as they are. Rows may be written meanwhile: a reader must be told of every change since. */
export function saveVectors(folder: string, memory: RowMemory, rowCount: number): Promise<FileFacts> {
  return makeCheckedFile(folder, `vectors-${randomName()}.bin`, partsOf(memory, rowCount));
}

/** Reads saved rows straight into new memory. Throws `index_failed` for a damaged file, or the file system's error. */
export async function loadVectors(
  folder: string,
  facts: FileFacts,
  dimensions: number,
  rowCount: number,
): Promise<RowMemory> {
  const memory = createRowMemory(dimensions);
  growRows(memory, rowCount);
  await readCheckedFile(folder, facts, partsOf(memory, rowCount));
  const reader = createRowReader(memory, 0);
  for (let row = 0; row < rowCount; row++) {
    const key = reader.keyOf(row);
    if (key === NO_KEY || (Number.isSafeInteger(key) && key >= 0)) continue;
    throw new AppError('index_failed', `${facts.file} has ${key} for the key of row ${row}.`);
  }
  return memory;
}
