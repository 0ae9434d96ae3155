import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeAddress } from '../../../shared/probe/address-policy.ts';

/** First and last of each range, and what is next to it. */
describe('an address', () => {
  it.each([
    // This host.
    ['0.0.0.0', 'forbidden'],
    ['0.255.255.255', 'forbidden'],
    ['1.0.0.0', 'public'],
    ['9.255.255.255', 'public'],
    ['10.0.0.0', 'private'],
    ['10.255.255.255', 'private'],
    ['11.0.0.0', 'public'],
    ['100.63.255.255', 'public'],
    ['100.64.0.0', 'private'],
    ['100.127.255.255', 'private'],
    ['100.128.0.0', 'public'],
    ['126.255.255.255', 'public'],
    ['127.0.0.0', 'forbidden'],
    ['127.0.0.1', 'forbidden'],
    ['127.255.255.255', 'forbidden'],
    ['128.0.0.0', 'public'],
    ['169.253.255.255', 'public'],
    ['169.254.0.0', 'forbidden'],
    ['169.254.169.254', 'forbidden'],
    ['169.254.170.2', 'forbidden'],
    ['169.254.255.255', 'forbidden'],
    ['169.255.0.0', 'public'],
    ['172.15.255.255', 'public'],
    ['172.16.0.0', 'private'],
    ['172.31.255.255', 'private'],
    ['172.32.0.0', 'public'],
    ['191.255.255.255', 'public'],
    ['192.0.0.0', 'forbidden'],
    ['192.0.0.255', 'forbidden'],
    ['192.0.1.0', 'public'],
    ['192.0.2.0', 'forbidden'],
    ['192.0.2.255', 'forbidden'],
    ['192.0.3.0', 'public'],
    ['192.88.98.255', 'public'],
    ['192.88.99.0', 'forbidden'],
    ['192.88.99.255', 'forbidden'],
    ['192.88.100.0', 'public'],
    ['192.167.255.255', 'public'],
    ['192.168.0.0', 'private'],
    ['192.168.255.255', 'private'],
    ['192.169.0.0', 'public'],
    ['198.17.255.255', 'public'],
    ['198.18.0.0', 'forbidden'],
    ['198.19.255.255', 'forbidden'],
    ['198.20.0.0', 'public'],
    ['198.51.99.255', 'public'],
    ['198.51.100.0', 'forbidden'],
    ['198.51.100.255', 'forbidden'],
    ['198.51.101.0', 'public'],
    ['203.0.112.255', 'public'],
    ['203.0.113.0', 'forbidden'],
    ['203.0.113.255', 'forbidden'],
    ['203.0.114.0', 'public'],
    ['223.255.255.255', 'public'],
    ['224.0.0.0', 'forbidden'],
    ['239.255.255.255', 'forbidden'],
    ['240.0.0.0', 'forbidden'],
    ['255.255.255.255', 'forbidden'],
  ])('of IPv4, %s, is %s', (address, kind) => {
    expect(judgeAddress(address)).toBe(kind);
  });

  it.each([
    ['::', 'forbidden'],
    ['::1', 'forbidden'],
    // Compatible, mapped, translated (RFC 2765), NAT64 of both kinds.
    ['::7f00:1', 'forbidden'],
    ['::ffff:127.0.0.1', 'forbidden'],
    ['::ffff:a9fe:a9fe', 'forbidden'],
    ['::ffff:10.0.0.1', 'forbidden'],
    ['::ffff:93.184.216.34', 'forbidden'],
    ['::ffff:0:7f00:1', 'forbidden'],
    ['64:ff9b::a9fe:a9fe', 'forbidden'],
    ['64:ff9b:1::a9fe:a9fe', 'forbidden'],
    ['100::1', 'forbidden'],
    ['1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'forbidden'],
    ['2000::', 'public'],
    ['2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'public'],
    // Protocol assignments, with Teredo.
    ['2001::', 'forbidden'],
    ['2001:0:a9fe:a9fe::1', 'forbidden'],
    ['2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff', 'forbidden'],
    ['2001:200::', 'public'],
    ['2001:db7:ffff:ffff:ffff:ffff:ffff:ffff', 'public'],
    ['2001:db8::', 'forbidden'],
    ['2001:db8:ffff:ffff:ffff:ffff:ffff:ffff', 'forbidden'],
    ['2001:db9::', 'public'],
    ['2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'public'],
    // 6to4.
    ['2002::', 'forbidden'],
    ['2002:a9fe:a9fe::1', 'forbidden'],
    ['2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'forbidden'],
    ['2003::', 'public'],
    ['2606:4700:4700::1111', 'public'],
    ['3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'public'],
    ['3fff::', 'forbidden'],
    ['3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff', 'forbidden'],
    ['3fff:1000::', 'public'],
    ['3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'public'],
    ['4000::', 'forbidden'],
    ['fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'forbidden'],
    ['fc00::', 'private'],
    ['fd00:ec1:ffff:ffff:ffff:ffff:ffff:ffff', 'private'],
    ['fd00:ec2::', 'forbidden'],
    ['fd00:ec2::254', 'forbidden'],
    ['fd00:ec2:ffff:ffff:ffff:ffff:ffff:ffff', 'forbidden'],
    ['fd00:ec3::', 'private'],
    ['fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'private'],
    ['fe00::', 'forbidden'],
    ['fe80::1', 'forbidden'],
    ['fec0::1', 'forbidden'],
    ['ff02::1', 'forbidden'],
    // A zone.
    ['fe80::1%eth0', 'forbidden'],
    ['2606:4700:4700::1111%eth0', 'forbidden'],
  ])('of IPv6, %s, is %s', (address, kind) => {
    expect(judgeAddress(address)).toBe(kind);
  });

  it.each(['', 'localhost', '127.1', '0x7f000001', '2130706433', '1.2.3.4.5', '1.2.3.4%eth0', '[::1]'])(
    'in no usual spelling, %j, is forbidden',
    (address) => {
      expect(judgeAddress(address)).toBe('forbidden');
    },
  );

  it('that holds one of IPv4 is never allowed, whatever that is', () => {
    const prefixes = ['::', '::ffff:', '::ffff:0:', '64:ff9b::', '64:ff9b:1::', '2002:', '2001::'];
    fc.assert(
      fc.property(fc.constantFrom(...prefixes), fc.ipV4(), (prefix, ip) => {
        const [a = 0, b = 0, c = 0, d = 0] = ip.split('.').map(Number);
        const hex = `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
        expect(judgeAddress(prefix === '2002:' ? `2002:${hex}::` : `${prefix}${hex}`)).toBe('forbidden');
      }),
    );
  });
});
