import { TextDecoder } from 'node:util';
import { AppError } from '../errors.ts';

/**
 * The text of bytes from outside: UTF-16 by its mark, else in the charset that is named, UTF-8 when none is. Throws
 * `invalid_input` for bytes that are no text in it, naming the line: guessing would spoil names silently.
 */
export function textOf(bytes: Uint8Array, charset = 'utf-8'): string {
  const name = utf16By(bytes) ?? charset;
  let decoder: TextDecoder;
  try {
    decoder = new TextDecoder(name, { fatal: true });
  } catch (error) {
    throw new AppError('invalid_input', `Expected a charset such as utf-8 or iso-8859-1, got "${name}".`, {
      cause: error,
    });
  }
  try {
    return decoder.decode(bytes);
  } catch (error) {
    const readable = new TextDecoder(name).decode(bytes).split('\ufffd', 1)[0] ?? '';
    const line = readable.split('\n').length;
    throw new AppError(
      'invalid_input',
      `Expected text in ${name.toUpperCase()}, got other bytes in line ${line}: save it as UTF-8.`,
      { cause: error },
    );
  }
}

function utf16By([first, second]: Uint8Array): string | null {
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  return first === 0xfe && second === 0xff ? 'utf-16be' : null;
}
