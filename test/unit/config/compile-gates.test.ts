import { describe, expect, it } from 'vitest';
import { compileConfig, ConfigInvalid } from '../../../scripts/config/compile-config.ts';

const HEAD = `slack:
  workspace: T012345
  channels: { deployments: C012345, approvals: C054321 }
  mentions: { release: S012345, oncall: U099999 }
people:
  ada: { slack: U0ADA, iam: 'arn:aws:iam::111122223333:user/ada', git: [Ada@Example.com, Ada Lovelace] }
  grace: { slack: U0GRACE }
`;

const problemsOf = (gates: string): readonly string[] => {
  try {
    compileConfig(HEAD + gates);
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigInvalid);
    return error instanceof ConfigInvalid ? error.problems : [];
  }
};

describe('the gates of gatehouse.yml', () => {
  it('name people, groups and channels, and are strict where they say nothing', () => {
    const { people, gates } = compileConfig(`${HEAD}gates:
  - to: [{ slack: approvals }]
    approvers: [ada, release]
`);
    expect(people).toEqual([
      {
        name: 'ada',
        user: 'U0ADA',
        iam: ['arn:aws:iam::111122223333:user/ada'],
        git: ['ada@example.com', 'ada lovelace'],
      },
      { name: 'grace', user: 'U0GRACE', iam: [], git: [] },
    ]);
    expect(gates).toEqual([
      {
        match: {},
        channels: ['C054321'],
        rules: [{ name: 'ada, release', users: ['U0ADA'], groups: ['S012345'], quorum: 1 }],
        rejections: 1,
        confirm: 'modal',
        selfApproval: 'deny',
        unknownAuthor: 'deny',
        supersede: false,
        onExpiry: 'aws',
        remindAfterMs: [],
      },
    ]);
  });

  it('say all that there is to say', () => {
    const { gates } = compileConfig(`${HEAD}gates:
  - name: production
    match: { pipeline: '*-prod', stage: Approve, action: '*', account: '111122223333', region: eu-west-1 }
    to: [{ slack: approvals }, { slack: deployments }]
    rules:
      - { name: developers, approvers: [ada, grace], quorum: 2 }
      - { approvers: oncall }
    rejections: 2
    confirm: dialog
    selfApproval: allow
    unknownAuthor: allow
    supersede: true
    expires: 3d
    onExpiry: reject
    remind: [4h, 30m]
    mention: release
    openLimit: 2d
`);
    expect(gates).toEqual([
      {
        name: 'production',
        match: {
          pipeline: ['*-prod'],
          stage: ['Approve'],
          action: ['*'],
          account: ['111122223333'],
          region: ['eu-west-1'],
        },
        channels: ['C054321', 'C012345'],
        rules: [
          { name: 'developers', users: ['U0ADA', 'U0GRACE'], groups: [], quorum: 2 },
          { name: 'oncall', users: ['U099999'], groups: [], quorum: 1 },
        ],
        rejections: 2,
        confirm: 'dialog',
        selfApproval: 'allow',
        unknownAuthor: 'allow',
        supersede: true,
        expireAfterMs: 259_200_000,
        onExpiry: 'reject',
        remindAfterMs: [1_800_000, 14_400_000],
        mention: ['S012345'],
        openLimitMs: 172_800_000,
      },
    ]);
  });

  it.each([
    ['nobody at all (B62)', 'approvers: []', 'gates[0].approvers: names nothing'],
    [
      'everybody (B62)',
      "approvers: '*'",
      'gates[0].approvers: would let everybody decide: name people and user groups',
    ],
    [
      'somebody who is not there',
      'approvers: adda',
      'gates[0].approvers: nobody of that name under people or slack.mentions, did you mean "ada"?',
    ],
    [
      'more votes than voters',
      'approvers: [ada, grace], quorum: 3',
      'gates[0].quorum: asks for 3 of 2: it could never be approved',
    ],
    ['a quorum of none', 'approvers: ada, quorum: 0', 'gates[0].quorum: is less than 1'],
    [
      'two ways to say who',
      'approvers: ada, rules: [{ approvers: ada }]',
      'gates[0]: says who decides with one of approvers and rules',
    ],
    ['no way to say who', 'confirm: none', 'gates[0]: says who decides with one of approvers and rules'],
    [
      'a time that is none',
      'approvers: ada, remind: [soon]',
      'gates[0].remind[0]: is not a time such as 30m, 4h or 2d',
    ],
    [
      'somebody to be called at no time',
      'approvers: ada, mention: release',
      'gates[0]: mentions somebody, and does not say when: add remind',
    ],
    ['an unknown key (B57)', 'approvers: ada, quorun: 2', 'gates[0].quorun: unknown key, did you mean "quorum"?'],
  ])('refuse %s', (_, gate, problem) => {
    expect(problemsOf(`gates: [{ to: [{ slack: approvals }], ${gate} }]\n`)).toEqual([
      expect.stringContaining(problem),
    ]);
  });

  it('are about deployments where they name an application or a group, and then about nothing of pipelines', () => {
    const matching = (match: string) => `gates: [{ to: [{ slack: approvals }], approvers: ada, match: ${match} }]\n`;
    const { gates } = compileConfig(
      HEAD + matching("{ application: [shop, till], group: '*-prod', region: eu-west-1 }"),
    );
    expect(gates?.[0]?.match).toEqual({
      application: ['shop', 'till'],
      group: ['*-prod'],
      region: ['eu-west-1'],
    });
    for (const mixed of [
      '{ application: shop, pipeline: shop-prod }',
      '{ application: shop, stage: Approve }',
      '{ group: prod, stage: Approve }',
    ]) {
      expect(problemsOf(matching(mixed))).toEqual([expect.stringContaining('gates[0].match: matches nothing')]);
    }
    expect(problemsOf(matching('{ group: prod }, supersede: true'))).toEqual([
      expect.stringContaining('gates[0]: has supersede, which is for pipelines'),
    ]);
  });

  it('are about pause hooks where they name a cluster or a service, and then may name lifecycle stages', () => {
    const matching = (match: string) => `gates: [{ to: [{ slack: approvals }], approvers: ada, match: ${match} }]\n`;
    const { gates } = compileConfig(HEAD + matching('{ cluster: prod, service: [shop, till], stage: POST_* }'));
    expect(gates?.[0]?.match).toEqual({ cluster: ['prod'], service: ['shop', 'till'], stage: ['POST_*'] });
    for (const mixed of ['{ service: shop, pipeline: a }', '{ cluster: a, action: b }', '{ service: a, group: b }']) {
      expect(problemsOf(matching(mixed))).toEqual([expect.stringContaining('gates[0].match: matches nothing')]);
    }
    expect(problemsOf(matching('{ service: shop }, supersede: true'))).toEqual([
      expect.stringContaining('gates[0]: has supersede, which is for pipelines'),
    ]);
  });

  it('refuse a channel that is not there', () => {
    expect(problemsOf('gates: [{ to: [{ slack: approval }], approvers: ada }]\n')).toEqual([
      expect.stringContaining(
        'gates[0].to[0].slack: no channel of that name under slack.channels, did you mean "approvals"?',
      ),
    ]);
  });
});
