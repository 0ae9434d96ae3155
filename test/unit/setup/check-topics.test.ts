import { describe, expect, it } from 'vitest';
import { checkTopic } from '../../../scripts/doctor/check-topics.ts';
import { denied, DEPLOY, glance, missing, PROD, told } from '../../support/rows.ts';

const OURS = '111122223333';
const OWN = { arn: `arn:aws:sns:eu-west-1:${OURS}:gatehouse-prod-releases`, own: true, routes: ['route 1'] };
const FOREIGN = { arn: 'arn:aws:sns:us-east-1:999988887777:oncall', own: false, routes: ['failures', 'default'] };

const topic = (more: object = {}) => told({ policy: undefined, confirmed: 1, pending: 0, key: undefined, ...more });

const policy = (principal: string, condition: object = {}) => ({
  Statement: [{ Effect: 'Allow', Principal: { AWS: principal }, Action: ['SNS:Publish'], Condition: condition }],
});

const check = (which: typeof OWN, answer: Parameters<typeof checkTopic>[1]) =>
  checkTopic(which, answer, { account: OURS }, PROD);

describe('checkTopic', () => {
  it('is content with a topic of the account that somebody hears', () => {
    expect(glance(check(OWN, topic()))).toEqual([['ok', 'gatehouse-prod-releases', 'is there']]);
  });

  it('has a missing topic of ours deployed, and another made or corrected', () => {
    expect(check(OWN, missing).map(({ remedy }) => remedy)).toEqual([DEPLOY]);
    expect(check(FOREIGN, missing)).toEqual([
      {
        group: 'Topics',
        name: FOREIGN.arn,
        status: 'problem',
        says: 'there is no such topic; failures, default would publish to it',
        remedy: 'correct the ARN in gatehouse.yml, or aws sns create-topic --name oncall --region us-east-1',
      },
    ]);
  });

  it.each([
    ['everybody', policy('*')],
    ['our account', policy(OURS)],
    ['our account by its root', policy(`arn:aws:iam::${OURS}:root`)],
  ])("is content with another account's topic that lets %s publish", (_name, allowing) => {
    expect(glance(check(FOREIGN, topic({ policy: allowing })))).toEqual([
      ['ok', FOREIGN.arn, `is there, and lets account ${OURS} publish`],
    ]);
  });

  it.each([
    ['its owner only, as SNS makes them', policy('*', { StringEquals: { 'AWS:SourceOwner': '999988887777' } })],
    ['somebody else', policy('444455556666')],
    ['nobody', undefined],
  ])("finds another account's topic that lets %s publish", (_name, refusing) => {
    expect(check(FOREIGN, topic({ policy: refusing }))).toEqual([
      {
        group: 'Topics',
        name: FOREIGN.arn,
        status: 'problem',
        says: `its policy does not let account ${OURS} publish`,
        remedy: `its owner allows it: aws sns add-permission --topic-arn ${FOREIGN.arn} --label gatehouse --aws-account-id ${OURS} --action-name Publish --region us-east-1`,
      },
    ]);
  });

  it.each([
    [{ confirmed: 0 }, 'nobody hears it: it has no subscription'],
    [{ confirmed: 0, pending: 1 }, 'nobody hears it yet: a subscription waits for its confirmation'],
    [{ key: 'arn:aws:kms:k' }, 'is encrypted with a customer key, of which only its own policy can say who may use it'],
  ])('notes %o', (more, says) => {
    expect(glance(check(OWN, topic(more))).slice(1)).toEqual([['note', 'gatehouse-prod-releases', says]]);
  });

  it("has nothing against SNS's own key", () => {
    expect(check(OWN, topic({ key: 'alias/aws/sns' }))).toHaveLength(1);
  });

  it('says what the caller lacks', () => {
    expect(glance(check(FOREIGN, denied('sns:GetTopicAttributes')))).toEqual([
      ['skipped', FOREIGN.arn, 'you may not ask: your credentials lack sns:GetTopicAttributes'],
    ]);
  });
});
