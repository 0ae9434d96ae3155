import type { Config, Nicknames } from './config.ts';

/** What `gatehouse.yml` calls an account, if it does. */
export const accountNickname = ({ accounts }: Pick<Config, 'accounts'>, account: string): string | undefined =>
  nicknameIn(accounts, account);

/** What `gatehouse.yml` calls a region, if it does. */
export const regionNickname = ({ regions }: Pick<Config, 'regions'>, region: string): string | undefined =>
  nicknameIn(regions, region);

// What every object inherits, such as `constructor`, is nobody's nickname.
const nicknameIn = (nicknames: Nicknames | undefined, id: string): string | undefined =>
  nicknames !== undefined && Object.hasOwn(nicknames, id) ? nicknames[id] : undefined;
