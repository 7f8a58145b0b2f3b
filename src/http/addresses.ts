import ipaddr from 'ipaddr.js';

/** What is allotted so far of the addresses that reach the whole internet (RFC 4291, IANA's registry). */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');
/** Addresses of IPv4 in networks that have IPv6 alone (RFC 6052): the last 32 bits are the address. */
const TRANSLATED = ipaddr.IPv6.parseCIDR('64:ff9b::/96');

/**
 * Whether an IP address, as text, is one that the whole internet reaches: not private, loopback, link-local, unique
 * local, shared by a provider's customers (CGNAT), unspecified, multicast or reserved. An IPv4 address within an IPv6 one
 * is judged as itself; tunnels (6to4, Teredo) count as not reached. False for what is no address.
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = inner(ipaddr.process(address));
  if (parsed.range() !== 'unicast') return false;
  return parsed instanceof ipaddr.IPv4 || parsed.match(GLOBAL_UNICAST);
}

function inner(address: ipaddr.IPv4 | ipaddr.IPv6): ipaddr.IPv4 | ipaddr.IPv6 {
  if (address instanceof ipaddr.IPv4 || !address.match(TRANSLATED)) return address;
  return new ipaddr.IPv4(address.toByteArray().slice(-4));
}

/** The address that a host name of a URL is, without the brackets of IPv6; null for a name. */
export function literalOf(hostname: string): string | null {
  const bare = hostname.replace(/^\[|\]$/g, '');
  return ipaddr.isValid(bare) ? bare : null;
}

/** Whether a host that is named so is plainly meant to be on this machine or in the own network. */
export function isNamedPrivate(hostname: string): boolean {
  const literal = literalOf(hostname);
  if (literal === null) return hostname === 'localhost';
  return ['loopback', 'private', 'uniqueLocal'].includes(ipaddr.process(literal).range());
}
