import type { RolloutId } from '../rollout/rollout.ts';
import { matchesRollout } from '../routing/match.ts';
import type { Config } from './config.ts';
import { accountNickname, regionNickname } from './nickname.ts';

/** What `gatehouse.yml` calls the places of a rollout, as far as it does. */
export type Labels = { readonly environment?: string; readonly account?: string; readonly region?: string };

/** The words for where a rollout happens. */
export const labelsOf = (id: RolloutId, config: Pick<Config, 'accounts' | 'regions' | 'environments'>): Labels => {
  const environment = config.environments.find(({ match }) => matchesRollout(match, id))?.name;
  const account = accountNickname(config, id.account);
  const region = regionNickname(config, id.region);
  return {
    ...(environment !== undefined && { environment }),
    ...(account !== undefined && { account }),
    ...(region !== undefined && { region }),
  };
};
