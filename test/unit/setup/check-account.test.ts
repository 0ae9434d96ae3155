import { describe, expect, it } from 'vitest';
import { compileConfig } from '../../../scripts/config/compile-config.ts';
import {
  checkDeployment,
  checkIdentity,
  checkPartition,
  checkTable,
  isDeployed,
} from '../../../scripts/doctor/check-account.ts';
import { denied, DEPLOY, glance, missing, PROD, told } from '../../support/rows.ts';

const IDENTITY = { arn: 'arn:aws:iam::111122223333:user/ada', account: '111122223333', partition: 'aws' };

describe('checkIdentity', () => {
  it('says whose credentials they are', () => {
    expect(glance(checkIdentity(told(IDENTITY), PROD))).toEqual([
      ['ok', 'credentials', 'account 111122223333, as arn:aws:iam::111122223333:user/ada'],
    ]);
  });

  it('says how to get credentials when these are not accepted', () => {
    expect(checkIdentity({ kind: 'refused', error: 'ExpiredToken: it is over' }, PROD)).toEqual([
      {
        group: 'AWS',
        name: 'credentials',
        status: 'problem',
        says: 'are not accepted: ExpiredToken: it is over',
        remedy:
          'aws sso login (or aws configure), set AWS_PROFILE if you have several; aws sts get-caller-identity has to work',
      },
    ]);
  });

  it('tells a network that fails from credentials that do', () => {
    const answer = { kind: 'unreachable', host: 'AWS sts in eu-west-1', because: 'ENOTFOUND' } as const;
    expect(checkIdentity(answer, PROD)).toEqual([
      {
        group: 'Network',
        name: 'AWS sts in eu-west-1',
        status: 'problem',
        says: 'does not answer: ENOTFOUND',
        remedy: 'look at your connection, proxy and firewall, then run this again',
      },
    ]);
  });
});

describe('checkPartition', () => {
  it('finds the topics that cannot be reached from the account', () => {
    const topics = 'arn:aws-cn:sns:cn-north-1:111122223333:a';
    const config = compileConfig(
      `slack: { workspace: T1AA, channels: {} }\nroutes: [{ to: [{ sns: ${topics} }, { sns: own }] }]`,
    );
    expect(glance(checkPartition(config, IDENTITY))).toEqual([
      ['problem', topics, 'is in partition aws-cn, your account is in aws: nothing reaches from one to the other'],
    ]);
    expect(checkPartition(config, { ...IDENTITY, partition: 'aws-cn' })).toEqual([]);
  });
});

describe('checkDeployment', () => {
  it('is content with a stage that is where it was looked for, even if parts are missing', () => {
    const deployment = { functions: [missing, told({})], elsewhere: [] };
    expect(glance(checkDeployment(deployment, PROD))).toEqual([['ok', 'region', 'eu-west-1 has the stage prod']]);
    expect(isDeployed(deployment)).toBe(true);
  });

  it('names the command for the region where the stage is', () => {
    const functions = [missing];
    expect(checkDeployment({ functions, elsewhere: ['eu-central-1', 'us-east-1'] }, PROD)).toEqual([
      {
        group: 'AWS',
        name: 'region',
        status: 'problem',
        says: 'eu-west-1 has no stage prod: it is in eu-central-1, us-east-1',
        remedy: 'npm run doctor -- --stage prod --region eu-central-1',
      },
    ]);
    expect(isDeployed({ functions })).toBe(false);
  });

  it('takes a stage that is nowhere for one that is yet to come', () => {
    expect(checkDeployment({ functions: [missing], elsewhere: [] }, PROD)).toEqual([
      {
        group: 'AWS',
        name: 'region',
        status: 'note',
        says: 'the stage prod is not deployed yet, neither in eu-west-1 nor anywhere that was looked',
        remedy: DEPLOY,
      },
    ]);
  });

  it('leaves it open when nobody may ask', () => {
    const deployment = { functions: [denied('lambda:GetFunctionConfiguration')], elsewhere: [] };
    expect(glance(checkDeployment(deployment, PROD))).toEqual([
      ['skipped', 'region', 'you may not ask: your credentials lack lambda:GetFunctionConfiguration'],
    ]);
    expect(isDeployed(deployment)).toBe(true);
  });
});

describe('checkTable', () => {
  it.each([
    [told('ACTIVE'), ['ok', 'table t', 'is there']],
    [told('DELETING'), ['problem', 'table t', 'is DELETING']],
    [missing, ['problem', 'table t', 'is not there']],
    [
      denied('dynamodb:DescribeTable'),
      ['skipped', 'table t', 'you may not ask: your credentials lack dynamodb:DescribeTable'],
    ],
  ])('says of %o what it is', (answer, row) => {
    expect(glance(checkTable('t', answer, PROD))).toEqual([row]);
  });
});
