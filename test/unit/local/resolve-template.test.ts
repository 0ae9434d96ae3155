import { describe, expect, it } from 'vitest';
import { parseTemplate, resolveTemplate } from '../../../local/template/resolve-template.ts';

const surroundings = {
  region: 'us-east-1',
  account: '000000000000',
  stackName: 'local',
  endpoint: 'http://127.0.0.1:4566',
};

const resolve = (template: object) => resolveTemplate(parseTemplate({ Resources: {}, ...template }), surroundings);

/** What a value comes to, in a template with one queue of each kind, a topic, a table, a function and a role. */
const resolved = (value: unknown, template: object = {}): unknown =>
  resolve({
    Parameters: { Stage: { Type: 'String', Default: 'dev' }, Open: { Type: 'String' } },
    Conditions: { IsDev: { 'Fn::Equals': [{ Ref: 'Stage' }, 'dev'] }, IsProd: { 'Fn::Not': [{ Condition: 'IsDev' }] } },
    Mappings: { Sizes: { dev: { memory: 128 } } },
    ...template,
    Resources: {
      Events: { Type: 'AWS::SQS::Queue', Properties: { QueueName: { 'Fn::Sub': '${Stage}-events' } } },
      Nameless: { Type: 'AWS::SQS::Queue', Properties: { FifoQueue: true } },
      Topic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'releases' } },
      Table: { Type: 'AWS::DynamoDB::Table', Properties: { TableName: 'gatehouse' } },
      Notify: { Type: 'AWS::Lambda::Function', Properties: { FunctionName: 'notify' } },
      Role: { Type: 'AWS::IAM::Role', Properties: { RoleName: 'role' } },
      Stream: { Type: 'AWS::Kinesis::Stream', Properties: {} },
      Circle: { Type: 'AWS::SNS::Topic', Properties: { TopicName: { Ref: 'Circle' } } },
      Probe: { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: 'probe', Value: value } },
    },
  })('AWS::Logs::LogGroup')[0]?.properties['Value'];

describe('resolveTemplate', () => {
  it.each<[unknown, unknown]>([
    ['plain', 'plain'],
    [{ deep: [1, true, null, { Ref: 'AWS::Region' }] }, { deep: [1, true, null, 'us-east-1'] }],
    [{ Ref: 'Events' }, 'http://127.0.0.1:4566/000000000000/dev-events'],
    [{ Ref: 'Nameless' }, 'http://127.0.0.1:4566/000000000000/local-Nameless.fifo'],
    [{ Ref: 'Topic' }, 'arn:aws:sns:us-east-1:000000000000:releases'],
    [{ Ref: 'Table' }, 'gatehouse'],
    [{ Ref: 'Notify' }, 'notify'],
    [{ Ref: 'Stage' }, 'dev'],
    [{ Ref: 'AWS::AccountId' }, '000000000000'],
    [{ Ref: 'AWS::Partition' }, 'aws'],
    [{ Ref: 'AWS::URLSuffix' }, 'amazonaws.com'],
    [{ Ref: 'AWS::StackName' }, 'local'],
    [{ a: { Ref: 'AWS::NoValue' }, b: [{ Ref: 'AWS::NoValue' }, 1] }, { b: [1] }],
    [{ 'Fn::GetAtt': ['Events', 'Arn'] }, 'arn:aws:sqs:us-east-1:000000000000:dev-events'],
    [{ 'Fn::GetAtt': 'Table.Arn' }, 'arn:aws:dynamodb:us-east-1:000000000000:table/gatehouse'],
    [{ 'Fn::GetAtt': ['Role', 'Arn'] }, 'arn:aws:iam::000000000000:role/role'],
    [
      { 'Fn::Sub': '${AWS::Region} ${Table} ${Events.Arn} ${!kept}' },
      'us-east-1 gatehouse arn:aws:sqs:us-east-1:000000000000:dev-events ${kept}',
    ],
    [{ 'Fn::Sub': ['${name}/${Stage}', { name: { Ref: 'Table' } }] }, 'gatehouse/dev'],
    [{ 'Fn::Join': ['-', ['a', { Ref: 'Stage' }, 1]] }, 'a-dev-1'],
    [{ 'Fn::Select': [1, { 'Fn::Split': [':', 'a:b:c'] }] }, 'b'],
    [{ 'Fn::If': ['IsDev', 'yes', { Ref: 'Nobody' }] }, 'yes'],
    [{ 'Fn::If': ['IsProd', { Ref: 'Nobody' }, { Ref: 'AWS::NoValue' }] }, undefined],
    [{ 'Fn::FindInMap': ['Sizes', { Ref: 'Stage' }, 'memory'] }, 128],
    [{ Condition: { ArnEquals: { a: { Ref: 'Stage' } } } }, { Condition: { ArnEquals: { a: 'dev' } } }],
  ])('makes of %j what CloudFormation makes of it', (value, expected) => {
    expect(resolved(value)).toEqual(expected);
  });

  it.each<[unknown, string]>([
    [{ Ref: 'Nobody' }, 'Probe.Value.Ref: there is no Nobody'],
    [{ Ref: 'constructor' }, 'Probe.Value.Ref: there is no constructor'],
    [{ Ref: 'Open' }, 'Probe.Value.Ref: the parameter Open has no default'],
    [
      [{ Ref: 'Stream' }],
      'Probe.Value[0].Ref: what a reference to Stream, an AWS::Kinesis::Stream, gives is not known here',
    ],
    [{ 'Fn::GetAtt': ['Table', 'Colour'] }, 'Probe.Value.Fn::GetAtt: the attribute Colour of Table is not known here'],
    [{ 'Fn::ImportValue': 'x' }, 'Probe.Value: Fn::ImportValue is not supported here'],
    [{ 'Fn::If': ['Never', 1, 2] }, 'Probe.Value.Fn::If: there is no condition Never'],
    [{ 'Fn::Select': [3, ['a']] }, 'Probe.Value.Fn::Select: selects nothing'],
    [{ Ref: 'Circle' }, 'Circle.TopicName.Ref: Circle is named after itself'],
  ])('says where it cannot resolve %j', (value, problem) => {
    expect(() => resolved(value)).toThrow(new Error(`Cannot resolve the template at ${problem}`));
  });

  it('gives the resources of a type, without those whose condition is not met', () => {
    const resourcesOf = resolve({
      Conditions: { Never: { 'Fn::Equals': ['a', 'b'] } },
      Resources: {
        Kept: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'kept' } },
        Left: { Type: 'AWS::SNS::Topic', Properties: {}, Condition: 'Never' },
        Other: { Type: 'AWS::SQS::Queue', Properties: {} },
      },
    });
    const arn = 'arn:aws:sns:us-east-1:000000000000:kept';
    expect(resourcesOf('AWS::SNS::Topic')).toEqual([
      { logicalId: 'Kept', name: 'kept', ref: arn, arn, properties: { TopicName: 'kept' } },
    ]);
  });

  it('leaves alone what nobody asks for', () => {
    const resourcesOf = resolve({
      Resources: {
        Topic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'kept' } },
        Broken: { Type: 'AWS::SQS::Queue', Properties: { QueueName: { Ref: 'Nobody' } } },
      },
    });
    expect(resourcesOf('AWS::SNS::Topic').map(({ name }) => name)).toEqual(['kept']);
  });
});
