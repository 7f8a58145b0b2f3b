import { AppError } from '../errors.ts';
import { type PaperFilter, type PaperKey, restricts } from '../paper.ts';
import { LEXICAL } from './constants.ts';
import type { Inverted } from './inverted.ts';
import type { LexicalIndex, LexicalTerm } from './lexical-index.ts';
import { mentionsOf } from './phrases.ts';
import { termsOf } from './query.ts';
import { massOf } from './rank.ts';
import { respelt } from './spelling.ts';
import { createUpkeep, type UpkeepOptions } from './upkeep.ts';

const MOST_HITS = 10_000;

/** `constants` is for trials; everybody else searches with those that were found best. */
export type LocalLexicalOptions = Pick<UpkeepOptions, 'folder' | 'source'> & Partial<UpkeepOptions>;

export interface LocalLexicalIndex extends LexicalIndex {
  /** Loads or builds the index, unless that was done. Every method but `status`, `save` and `close` begins with it. */
  open(): Promise<void>;
  /** Resolves when nothing is being built. */
  whenSettled(): Promise<void>;
}

/**
 * An inverted index of the whole library in memory, saved to a file and brought up to date from the source. After
 * `close`, methods throw `unavailable`.
 */
export function createLocalLexicalIndex(options: LocalLexicalOptions): LocalLexicalIndex {
  const { source, constants = LEXICAL, log = () => {} } = options;
  const upkeep = createUpkeep({ whileReading: 'wait', ...options, constants, log });
  const { open, ready } = upkeep;

  return {
    open,
    async search(query, { limit, filter }) {
      if (!Number.isInteger(limit) || limit < 1 || limit > MOST_HITS) {
        throw new AppError('invalid_input', `Expected a limit from 1 to ${MOST_HITS}, got ${limit}.`);
      }
      await ready();
      const allowed = filter && restricts(filter) ? await source.matchingKeys(filter) : null;
      // From here on without a pause: one state of the index answers the whole call.
      const { inverted, analyse, ranking } = upkeep.memory;
      const wanted = analyse(query);
      const mask = maskOf(inverted, allowed, filter);
      const { hits, total, required } = ranking.best(wanted, mask, limit);
      return {
        hits,
        total,
        ideal: massOf(wanted) * (constants.k1 + 1),
        terms: wanted.terms.map(({ id: _, ...term }): LexicalTerm => term),
        phrases: { asked: wanted.phrases.length, required },
      };
    },
    async score(query, keys) {
      await ready();
      const { inverted, analyse, ranking } = upkeep.memory;
      const slots = [...new Set(keys)].flatMap((key) => inverted.slotOf(key) ?? []);
      return new Map(ranking.of(analyse(query), slots).map((hit) => [hit.key, hit]));
    },
    async mentions(text, filter) {
      await ready();
      const allowed = filter && restricts(filter) ? await source.matchingKeys(filter) : null;
      const { inverted } = upkeep.memory;
      return mentionsOf(inverted, termsOf(text, inverted), maskOf(inverted, allowed, filter));
    },
    async suggest(query) {
      await ready();
      const { inverted, spelling } = upkeep.memory;
      return respelt(query, inverted, spelling);
    },
    refresh: upkeep.refresh,
    save: upkeep.save,
    async status() {
      const { inverted, moment } = upkeep.memory;
      return {
        count: inverted.alive,
        revision: moment.revision,
        terms: inverted.vocabulary.terms.size,
        forms: inverted.vocabulary.forms.size,
        unsaved: upkeep.unsaved,
        bytes: inverted.allocatedBytes,
        rebuildReason: upkeep.rebuildReason,
      };
    },
    whenSettled: upkeep.whenSettled,
    close: upkeep.close,
  };
}

/** Per slot, whether its paper is alive, passes the filter and is not excluded. */
function maskOf(
  inverted: Inverted,
  allowed: readonly PaperKey[] | null,
  filter: PaperFilter | undefined,
): Uint8Array {
  const excluded = filter?.excludedKeys ?? [];
  if (!allowed && excluded.length === 0) return inverted.aliveMask;
  const mask = allowed ? new Uint8Array(inverted.slots) : inverted.aliveMask.slice(0, inverted.slots);
  const set = (keys: readonly PaperKey[], value: 0 | 1) => {
    for (const key of keys) {
      const slot = inverted.slotOf(key);
      if (slot !== undefined) mask[slot] = value;
    }
  };
  if (allowed) set(allowed, 1);
  set(excluded, 0);
  return mask;
}
