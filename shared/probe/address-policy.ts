import { BlockList, isIP } from 'node:net';

/** Whether a check may connect to an address: always, only where the owner of the environment says so, or never. */
export type AddressKind = 'public' | 'private' | 'forbidden';

type Range = readonly [address: string, prefix: number];

/** Where metadata, credentials and Lambda's own runtime are, and what leads to no single machine of anybody's. */
const FORBIDDEN: readonly Range[] = [
  // This host, also as Linux understands 0.0.0.0.
  ['0.0.0.0', 8],
  ['127.0.0.0', 8],
  // Link-local: the metadata of instances, the credentials of tasks, the resolver.
  ['169.254.0.0', 16],
  // Protocol assignments, documentation, relays to IPv6, benchmarks.
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  // Multicast, reserved, broadcast.
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  // The same services of AWS's, over IPv6.
  ['fd00:ec2::', 32],
  // Protocol assignments with Teredo, documentation, 6to4: they hold addresses of IPv4.
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
];

/** Networks of one's own: an internal load balancer is a good reason to be there. */
const PRIVATE: readonly Range[] = [
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['fc00::', 7],
];

/**
 * All that IPv6 has given out. What is neither there nor private is forbidden: loopback, link-local, multicast, and IPv4 in
 * any of its disguises (mapped, translated, NAT64), which no list of them would ever hold completely.
 */
const UNICAST_6: readonly Range[] = [['2000::', 3]];

const FAMILIES: ReadonlyMap<number, 'ipv4' | 'ipv6'> = new Map([
  [4, 'ipv4'],
  [6, 'ipv6'],
]);

const listOf = (ranges: readonly Range[]): BlockList => {
  const list = new BlockList();
  for (const [address, prefix] of ranges) {
    list.addSubnet(address, prefix, FAMILIES.get(isIP(address)));
  }
  return list;
};

const forbidden = listOf(FORBIDDEN);
const isPrivate = listOf(PRIVATE);
const isUnicast6 = listOf(UNICAST_6);
const isMapped = listOf([['::ffff:0:0', 96]]);

/** What an address in the usual spelling is; what is none is forbidden. */
export const judgeAddress = (address: string): AddressKind => {
  const family = FAMILIES.get(isIP(address));
  // With a zone it is an address of this very link.
  if (family === undefined || address.includes('%') || forbidden.check(address, family)) {
    return 'forbidden';
  }
  if (family === 'ipv4') {
    return isPrivate.check(address, family) ? 'private' : 'public';
  }
  // Node takes a mapped address for the one that it holds.
  if (isMapped.check(address, family)) {
    return 'forbidden';
  }
  return isPrivate.check(address, family) ? 'private' : isUnicast6.check(address, family) ? 'public' : 'forbidden';
};
