import { describe, expect, it } from 'vitest';
import { accountNickname, regionNickname } from '../../../shared/config/nickname.ts';

describe('a nickname', () => {
  const config = { accounts: { '111122223333': 'payments' }, regions: { 'eu-west-1': 'Ireland' } };

  it('is what gatehouse.yml calls an account or a region', () => {
    expect(accountNickname(config, '111122223333')).toBe('payments');
    expect(regionNickname(config, 'eu-west-1')).toBe('Ireland');
  });

  it.each(['444455556666', 'constructor', '__proto__', 'toString'])('is not there for %j', (id) => {
    expect(accountNickname(config, id)).toBeUndefined();
    expect(regionNickname(config, id)).toBeUndefined();
    expect(accountNickname({}, id)).toBeUndefined();
  });
});
