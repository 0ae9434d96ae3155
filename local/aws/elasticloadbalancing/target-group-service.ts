import { createHash } from 'node:crypto';
import { ACCOUNT, REGION } from '../account.ts';
import { answerInXml, escapeXml, refuseInXml } from '../service.ts';
import type { Service, ServiceReply } from '../service.ts';

/** A target group of a load balancer. `status`: what each target answers to the health check. */
export type TargetGroup = {
  readonly name: string;
  readonly targets: readonly { readonly address: string; readonly port: number; readonly status: number }[];
};

const NAMESPACE = 'http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/';

const PREFIX = `arn:aws:elasticloadbalancing:${REGION}:${ACCOUNT}:targetgroup`;

/**
 * Elastic Load Balancing as far as it tells of target groups.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/
 */
export const createTargetGroupService =
  (groups: () => readonly TargetGroup[]): Service =>
  ({ body }) =>
    Promise.resolve(answerTo(groups(), new URLSearchParams(body)));

const answerTo = (groups: readonly TargetGroup[], asked: URLSearchParams): ServiceReply => {
  const action = asked.get('Action') ?? '';
  switch (action) {
    case 'DescribeTargetGroups': {
      const names = valuesOf(asked, 'Names');
      const arns = valuesOf(asked, 'TargetGroupArns');
      const wanted = [...names, ...arns];
      const found = groups.filter(
        ({ name }) => wanted.length === 0 || names.includes(name) || arns.includes(targetGroupArn(name)),
      );
      return found.length < wanted.length
        ? notFound
        : answerInXml(action, NAMESPACE, `<TargetGroups>${found.map(toldGroup).join('')}</TargetGroups>`);
    }
    case 'DescribeTargetHealth': {
      const group = groups.find(({ name }) => targetGroupArn(name) === asked.get('TargetGroupArn'));
      const told = group?.targets.map(toldTarget).join('');
      return told === undefined
        ? notFound
        : answerInXml(action, NAMESPACE, `<TargetHealthDescriptions>${told}</TargetHealthDescriptions>`);
    }
    default:
      return refuseInXml('InvalidAction', 'It has DescribeTargetGroups, DescribeTargetHealth.');
  }
};

const valuesOf = (asked: URLSearchParams, list: string): readonly string[] =>
  [...asked].filter(([key]) => key.startsWith(`${list}.member.`)).map(([, value]) => value);

const notFound = refuseInXml('TargetGroupNotFound', 'One or more target groups not found');

/** The ARN of a target group. Its end is AWS's own; here it is always the same for one name. */
export const targetGroupArn = (name: string): string =>
  `${PREFIX}/${name}/${createHash('sha256').update(name).digest('hex').slice(0, 16)}`;

const toldGroup = ({ name }: TargetGroup): string =>
  `<member><TargetGroupArn>${targetGroupArn(name)}</TargetGroupArn><TargetGroupName>${escapeXml(name)}</TargetGroupName>` +
  '<Protocol>HTTP</Protocol><Port>80</Port><TargetType>ip</TargetType><HealthCheckPath>/health</HealthCheckPath>' +
  '<Matcher><HttpCode>200</HttpCode></Matcher></member>';

const toldTarget = ({ address, port, status }: TargetGroup['targets'][number]): string => {
  const health =
    status === 200
      ? '<State>healthy</State>'
      : `<State>unhealthy</State><Reason>Target.ResponseCodeMismatch</Reason><Description>Health checks failed with these codes: [${status}]</Description>`;
  return (
    `<member><Target><Id>${address}</Id><Port>${port}</Port><AvailabilityZone>${REGION}a</AvailabilityZone></Target>` +
    `<HealthCheckPort>${port}</HealthCheckPort><TargetHealth>${health}</TargetHealth></member>`
  );
};
