import { AppError, messageOf } from '../errors.ts';
import type { HttpAnswer } from '../http/http-client.ts';
import { shortened } from './source.ts';
import type { XmlElement } from './xml-element.ts';
import { xmlElementInTurns } from './xml-turns.ts';

/** The largest answer in XML that is read, bytes: arXiv's longest lists, of 3,500 records, have some ten million. */
export const MAX_XML_ANSWER_BYTES = 32 * 1024 * 1024;

/**
 * The root element of an answer, one of `roots`; a long one mostly repeats the element `repeated`. Any status is
 * accepted with it, as errors may be such XML, too: whoever has looked for them calls `expectOk`. Throws `source_failed`
 * for anything else, with the place of the fault when it is XML that is not well formed.
 */
export async function xmlAnswer(
  answer: HttpAnswer,
  { roots, repeated, what }: { roots: readonly string[]; repeated: string; what: string },
): Promise<XmlElement> {
  let root: XmlElement | null;
  try {
    root = await xmlElementInTurns(answer.body, repeated);
  } catch (error) {
    expectOk(answer, what);
    throw new AppError('source_failed', `Cannot read the answer of ${what}. ${messageOf(error)}`, {
      cause: error,
    });
  }
  if (root !== null && roots.includes(root.name)) return root;
  expectOk(answer, what);
  const got = root === null ? 'nothing' : `<${shortened(root.name)}>`;
  throw new AppError('source_failed', `Expected <${roots.join('> or <')}> from ${what}, got ${got}.`);
}

/** Throws `source_failed` for any status but 200. */
export function expectOk({ status, body }: HttpAnswer, what: string): void {
  if (status === 200) return;
  throw new AppError(
    'source_failed',
    `Expected status 200 from ${what}, got ${status}: ${shortened(body.trim())}`,
  );
}
