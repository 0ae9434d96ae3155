import type { HttpPolicy } from '../config/config.ts';
import { matchesGlob } from '../routing/glob.ts';
import { judgeAddress } from './address-policy.ts';

/** A URL that may be asked, as far as it can be told before its host is resolved; or why not. */
export type JudgedUrl =
  | { readonly kind: 'allowed'; readonly url: URL; readonly host: string }
  | { readonly kind: 'refused'; readonly says: string };

/** What an owner allows, and where Lambda's runtime listens, as `AWS_LAMBDA_RUNTIME_API` says it. */
export type Reach = { readonly policy: HttpPolicy; readonly runtimeApi?: string | undefined };

const PORTS: readonly number[] = [80, 443];

/** Parses as browsers do: 0x7f.1, 2130706433 and full-width digits come out as what they are. */
export const judgeUrl = (text: string, { policy, runtimeApi }: Reach): JudgedUrl => {
  // A parser drops or turns them, and the next reader of the text may not.
  if (/[\s\\\p{Cc}]/u.test(text)) {
    return refused('holds a space, a control character or a backslash');
  }
  if (!URL.canParse(text)) {
    return refused('is no URL');
  }
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    return refused(`begins with ${url.protocol}, which is neither http: nor https:`);
  }
  // As it is written: a parser drops one that is empty.
  if (/^[^:]*:\/*[^/?#]*@/.test(text)) {
    return refused('holds a user name');
  }
  const host = hostOf(url);
  if (host.endsWith('.')) {
    return refused('has a host that ends with a dot');
  }
  if (url.port !== '' && ![...PORTS, ...policy.ports].includes(Number(url.port))) {
    return refused(`has the port ${url.port}, which validation.http.ports does not list`);
  }
  if (host === runtimeHost(runtimeApi)) {
    return refused('leads to Lambda’s own runtime');
  }
  return isListed(host, policy.hosts)
    ? { kind: 'allowed', url, host }
    : refused(`has the host ${host}, which validation.http.hosts does not list`);
};

/** Why a host may not be connected to at the addresses that it has; undefined when each of them is fine. */
export const judgeAddresses = (
  host: string,
  addresses: readonly string[],
  { policy, runtimeApi }: Reach,
): string | undefined => {
  if (addresses.length === 0) {
    return `${host} has no address`;
  }
  const kinds = addresses.map((address) => (address === runtimeHost(runtimeApi) ? 'forbidden' : judgeAddress(address)));
  if (kinds.includes('forbidden')) {
    return `${host} has an address that nobody may connect to`;
  }
  return kinds.includes('private') && !isListed(host, policy.privateHosts)
    ? `${host} has a private address, and validation.http.private does not list it`
    : undefined;
};

const MOST_REDIRECTS = 3;

/** Where a redirect leads: judged like any URL, and from https: never to http:. `hops`: how many came before. */
export const judgeRedirect = (from: URL, location: string, hops: number, reach: Reach): JudgedUrl => {
  if (hops >= MOST_REDIRECTS) {
    return refused(`is redirected more than ${MOST_REDIRECTS} times`);
  }
  if (!URL.canParse(location, from.href)) {
    return refused('is redirected to what is no URL');
  }
  const to = new URL(location, from.href);
  return from.protocol === 'https:' && to.protocol !== 'https:'
    ? refused('is redirected from https: to http:')
    : judgeUrl(to.href, reach);
};

const refused = (says: string): JudgedUrl => ({ kind: 'refused', says });

const isListed = (host: string, globs: readonly string[]): boolean =>
  globs.some((glob) => matchesGlob(glob.toLowerCase(), host));

/** Without the brackets of IPv6. */
const hostOf = ({ hostname }: URL): string => hostname.replace(/[[\]]/g, '');

const runtimeHost = (runtimeApi: string | undefined): string | undefined =>
  runtimeApi !== undefined && URL.canParse(`http://${runtimeApi}`)
    ? hostOf(new URL(`http://${runtimeApi}`))
    : undefined;
