import * as v from 'valibot';
import { asError } from '../as-error.ts';
import type { StateChange } from '../rollout/rollout.ts';
import { joinedTo, ListedDeployment } from '../rollout/service-deployment.ts';
import type { Unjoined } from '../rollout/service-deployment.ts';
import type { AwsClient } from './aws-client.ts';
import type { Home } from './look-up.ts';

/** A service is announced as soon as it can be said which deployment of it an event is of: that is not waited for for long. */
const LONGEST_MS = 3_000;

/** A deployment may be paused for a fortnight, several times: what began before that is not in progress any more. */
const OLDEST_MS = 60 * 24 * 60 * 60_000;

/** Nobody deploys a service more often in that time and still reads of it. */
const MOST_PAGES = 3;
const PAGE = 100;

const Listed = v.object({
  serviceDeployments: v.optional(v.array(ListedDeployment), []),
  nextToken: v.fallback(v.optional(v.string()), undefined),
});

/** Whoever asks may not, or there is no such service any more: asking again would not help. */
const FINAL: ReadonlySet<string> = new Set([
  'AccessDeniedException',
  'AccessDenied',
  'ServiceNotFoundException',
  'ClusterNotFoundException',
  'UnsupportedFeatureException',
]);

/**
 * Asks ECS (ListServiceDeployments) which deployment of its service a change is of. Gives the change as it is where that
 * cannot be asked, undefined where ECS knows of none yet; rejects when there is no answer.
 */
export const createJoin =
  (home: Home, ecs: AwsClient) =>
  async (change: Unjoined): Promise<StateChange | undefined> => {
    const { account, region, cluster, service } = change.rollout;
    if (account !== home.account || region !== home.region) {
      return change;
    }
    const abortSignal = AbortSignal.timeout(LONGEST_MS);
    const createdAt = { after: Math.floor((change.version.time - OLDEST_MS) / 1000) };
    const listed: ListedDeployment[] = [];
    let nextToken: string | undefined;
    try {
      for (let page = 0; page < MOST_PAGES; page += 1) {
        const asked = { cluster, service, createdAt, maxResults: PAGE, ...(nextToken !== undefined && { nextToken }) };
        const answer = v.parse(Listed, await ecs('ListServiceDeployments', asked, abortSignal));
        listed.push(...answer.serviceDeployments);
        ({ nextToken } = answer);
        if (nextToken === undefined) {
          break;
        }
      }
    } catch (error) {
      if (FINAL.has(asError(error).name)) {
        return change;
      }
      throw error;
    }
    return joinedTo(change, listed);
  };
