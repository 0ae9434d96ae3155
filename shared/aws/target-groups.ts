import { post } from '../https/post.ts';
import type { AwsConnection } from './aws-client.ts';
import { childOf, membersOf, readXml, textIn } from './read-xml.ts';
import type { XmlElement } from './read-xml.ts';
import { createSigner } from './sign.ts';

/** A target as its load balancer sees it; `state` is AWS's word. */
export type TargetHealth = {
  /** An instance, an address or a function, with its port. */
  readonly target: string;
  readonly state: string;
  readonly reason: string;
  readonly description: string;
};

/** Reads how the targets of a group are, by its name or its ARN. Rejects, by AWS's word for it, when it cannot be read. */
export type ReadTargets = (group: string, signal: AbortSignal) => Promise<readonly TargetHealth[]>;

const TIMEOUT_MS = 5_000;

/** A group has 1,000 targets at most, each of some 400 bytes. */
const MOST_CHARACTERS = 1_000_000;

/**
 * A client of two operations of Elastic Load Balancing, in its query protocol
 * (https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTargetHealth.html). It tries once.
 */
export const createReadTargets = ({ region, urlSuffix, endpoint, credentials }: AwsConnection): ReadTargets => {
  const url = new URL(endpoint ?? `https://elasticloadbalancing.${region}.${urlSuffix}`);
  const sign = createSigner('elasticloadbalancing', { region, credentials });

  const call = async (action: string, input: Readonly<Record<string, string>>, signal: AbortSignal) => {
    const body = new URLSearchParams({ Action: action, Version: '2015-12-01', ...input }).toString();
    const named = { host: url.host, 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
    const headers = sign(named, body, Date.now());
    const sent = { headers, body, timeoutMs: TIMEOUT_MS, keepAlive: true, abortSignal: signal };
    const { status, text } = await post(url, sent);
    if (text.length > MOST_CHARACTERS) {
      throw new Error(`${action} answers with more than ${MOST_CHARACTERS} characters`);
    }
    const answer = readXml(text);
    if (status >= 300) {
      throw refusalOf(answer, status);
    }
    const result = childOf(answer, `${action}Result`);
    if (result === undefined) {
      throw new Error(`${action} answers with ${answer.name}`);
    }
    return result;
  };

  const arnOf = async (group: string, signal: AbortSignal): Promise<string> => {
    if (group.startsWith('arn:')) {
      return group;
    }
    const groups = await call('DescribeTargetGroups', { 'Names.member.1': group }, signal);
    const found = membersOf(childOf(groups, 'TargetGroups')).find((one) => textIn(one, 'TargetGroupName') === group);
    const arn = textIn(found, 'TargetGroupArn');
    if (arn === '') {
      throw new Error(`There is no target group ${group}`);
    }
    return arn;
  };

  return async (group, signal) => {
    const asked = { TargetGroupArn: await arnOf(group, signal) };
    const list = childOf(await call('DescribeTargetHealth', asked, signal), 'TargetHealthDescriptions');
    if (list === undefined) {
      throw new Error('DescribeTargetHealth answers without its list');
    }
    return membersOf(list).map(readTarget);
  };
};

const readTarget = (told: XmlElement): TargetHealth => {
  const [target, health] = [childOf(told, 'Target'), childOf(told, 'TargetHealth')];
  const port = textIn(target, 'Port');
  const state = textIn(health, 'State');
  if (state === '') {
    throw new Error('DescribeTargetHealth answers with a target without a state');
  }
  return {
    target: port === '' ? textIn(target, 'Id') : `${textIn(target, 'Id')}:${port}`,
    state,
    reason: textIn(health, 'Reason'),
    description: textIn(health, 'Description'),
  };
};

const refusalOf = (answer: XmlElement, status: number): Error => {
  const told = childOf(answer, 'Error');
  const error = new Error(textIn(told, 'Message') || `status ${status}`);
  error.name = textIn(told, 'Code') || 'UnknownError';
  return error;
};
