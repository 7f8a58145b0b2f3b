import { lookup as resolve } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { AppError } from '../errors.ts';
import { isNamedPrivate, isPublicAddress, literalOf } from './addresses.ts';
import { HttpFailure } from './http-failure.ts';
import { isOfTheWeb, parsedAddress } from './web-address.ts';

/** A host that may be asked, and how. */
export interface HostSettings {
  /** An address there: its scheme, host and port are what may be asked, whatever the path. */
  url: string;
  /** Hosts of one provider share its turns. */
  provider: string;
  /** Milliseconds between two requests to the provider. */
  intervalMs: number;
  /**
   * Whether the host may be on this machine or in a private network. By default it may when it is configured as
   * `localhost`, or as an address that is loopback or private.
   */
  mayBePrivate?: boolean;
}

export interface AllowedHosts {
  /** The host that an address is at. Throws `source_failed` when it may not be asked, naming it. */
  of(url: URL): HostSettings;
  /**
   * Resolves names for connections. A name that leads to a private address is refused here, with the addresses that
   * are then connected to: there is no second look-up that could answer otherwise.
   */
  lookup: LookupFunction;
}

/** Throws `config_invalid` for a host whose address is none, or not of the web. */
export function createAllowedHosts(settings: readonly HostSettings[]): AllowedHosts {
  const byOrigin = new Map<string, HostSettings>();
  const privateNames = new Set<string>();
  for (const host of settings) {
    const { origin, hostname } = webAddress(host.url);
    const known = byOrigin.get(origin);
    if (known && known.provider !== host.provider) {
      throw new AppError(
        'config_invalid',
        `Expected one provider at ${origin}, got ${known.provider} and ${host.provider}: they would not keep each other's turns.`,
      );
    }
    byOrigin.set(origin, { ...host, intervalMs: Math.max(host.intervalMs, known?.intervalMs ?? 0) });
    if (host.mayBePrivate ?? isNamedPrivate(hostname)) privateNames.add(hostname);
  }
  const assertPublic = (hostname: string, addresses: readonly string[]) => {
    if (privateNames.has(hostname)) return;
    const address = addresses.find((each) => !isPublicAddress(each));
    if (address === undefined) return;
    throw new HttpFailure(
      `The host ${hostname} is at ${address}, an address of this machine or of a private network; ` +
        'it must be at a public one, or its settings must say "private": true.',
    );
  };
  return {
    of(url) {
      const host = byOrigin.get(url.origin);
      if (host === undefined) {
        throw new HttpFailure(
          `The host ${url.origin === 'null' ? url.protocol : url.origin} may not be asked. ` +
            `Configured are: ${[...byOrigin.keys()].join(', ')}.`,
        );
      }
      // An address is not looked up before it is connected to.
      const literal = literalOf(url.hostname);
      if (literal !== null) assertPublic(url.hostname, [literal]);
      return host;
    },
    lookup(hostname, options, callback) {
      resolve(hostname, { ...options, all: true }, (error, found) => {
        const [first] = found ?? [];
        if (error || first === undefined)
          return callback(error ?? new Error(`${hostname} has no address`), '');
        try {
          assertPublic(
            hostname,
            found.map(({ address }) => address),
          );
        } catch (refusal) {
          return callback(refusal as HttpFailure, '');
        }
        if (options.all) callback(null, found);
        else callback(null, first.address, first.family);
      });
    },
  };
}

function webAddress(text: string): URL {
  const url = parsedAddress(text);
  if (url && isOfTheWeb(url)) return url;
  throw new AppError('config_invalid', `Expected an address with http:// or https://, got "${text}".`);
}
