import { describe, expect, it } from 'vitest';
import { compileConfig } from '../../../scripts/config/compile-config.ts';
import { channelDestinations, topicDestinations } from '../../../scripts/setup/destinations.ts';

const ONCALL = 'arn:aws:sns:eu-central-1:999988887777:oncall';

const CONFIG = compileConfig(`
slack: { workspace: T1AA, channels: { deploys: C1AA, incidents: C2AA, unused: C3AA } }
routes:
  - { match: { state: failed }, to: [{ slack: incidents }, { slack: incidents }, { sns: mail }, { sns: ${ONCALL} }] }
  - { name: all, to: [{ slack: deploys }, { slack: incidents }] }
default: [{ slack: deploys }, { sns: mail }]
`);

describe('destinations', () => {
  it('are channels, each once, with the routes that lead there', () => {
    expect(channelDestinations(CONFIG)).toEqual([
      { id: 'C2AA', name: 'incidents', routes: ['route 1', 'all'] },
      { id: 'C1AA', name: 'deploys', routes: ['all', 'default'] },
    ]);
  });

  it('are topics, those of the stack by their names', () => {
    expect(topicDestinations(CONFIG, 'arn:aws:sns:eu-west-1:111122223333:gatehouse-prod-')).toEqual([
      {
        name: 'mail',
        arn: 'arn:aws:sns:eu-west-1:111122223333:gatehouse-prod-mail',
        own: true,
        routes: ['route 1', 'default'],
      },
      { name: ONCALL, arn: ONCALL, own: false, routes: ['route 1'] },
    ]);
  });
});
