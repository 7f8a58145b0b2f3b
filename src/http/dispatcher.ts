import type { LookupFunction } from 'node:net';
import { Agent, type Dispatcher, EnvHttpProxyAgent } from 'undici';
import { AppError } from '../errors.ts';
import { isOfTheWeb, parsedAddress } from './web-address.ts';

/** The usual settings of proxies, as `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` hold them. */
export interface ProxySettings {
  http: string | null;
  https: string | null;
  /** Hosts that are asked directly, separated by commas; `*` for all, `.example.org` for all of a domain. */
  except: string | null;
}

/**
 * What opens connections, through a proxy when one is set. A proxy resolves names itself: then it, and not `lookup`,
 * decides which addresses are reached, and which hosts may be asked is all that is checked here. Without a proxy for
 * https, that for http serves both. Throws `config_invalid` for a proxy's address that is none.
 */
export function createDispatcher(deps: {
  proxy: ProxySettings | null;
  lookup: LookupFunction;
  /** For the name, the connection and TLS together. */
  connectMs: number;
}): Dispatcher {
  const { proxy, lookup, connectMs } = deps;
  const options = { connect: { lookup, timeout: connectMs } };
  if (!proxy?.http && !proxy?.https) return new Agent(options);
  // Empty texts, for what is missing would be read from the environment. Plain http goes to the proxy as it is: few
  // proxies open tunnels to port 80. The agent hands that wish on to undici's ProxyAgent, though its type leaves it out.
  const proxied: EnvHttpProxyAgent.Options & { proxyTunnel: boolean } = {
    ...options,
    httpProxy: proxyAddress(proxy.http),
    httpsProxy: proxyAddress(proxy.https),
    noProxy: proxy.except ?? '',
    proxyTunnel: false,
  };
  return new EnvHttpProxyAgent(proxied);
}

function proxyAddress(text: string | null): string {
  if (!text) return '';
  const url = parsedAddress(text.includes('://') ? text : `http://${text}`);
  if (url && isOfTheWeb(url)) return url.href;
  // The address itself may hold a password.
  throw new AppError('config_invalid', 'Expected HTTP_PROXY and HTTPS_PROXY to be like http://host:port.');
}
