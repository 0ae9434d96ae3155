import { describe, expect, it } from 'vitest';
import { awsCommand, deployCommand, ownCommand, readPlace } from '../../../scripts/setup/place.ts';

const read = (options: object, environment: Readonly<Record<string, string>> = {}) =>
  readPlace({ stage: 'dev', port: '4566', ...options }, environment);

describe('readPlace', () => {
  it('looks where serverless deploy would go', () => {
    expect(read({})).toEqual({ stage: 'dev', region: 'us-east-1', local: undefined });
    expect(read({}, { AWS_REGION: '' }).region).toBe('us-east-1');
    expect(read({}, { AWS_REGION: 'eu-west-1' }).region).toBe('eu-west-1');
    expect(read({ region: 'us-gov-west-1' }, { AWS_REGION: 'eu-west-1' }).region).toBe('us-gov-west-1');
  });

  it('finds the local stack by its port, or where AWS_ENDPOINT_URL points, whatever region a shell is set to', () => {
    const local = { stage: 'local' };
    expect(read(local, { AWS_REGION: 'eu-west-1' })).toEqual({
      stage: 'local',
      region: 'us-east-1',
      local: 'http://127.0.0.1:4566',
    });
    expect(read({ ...local, port: '5000' }).local).toBe('http://127.0.0.1:5000');
    expect(read(local, { AWS_ENDPOINT_URL: 'http://localhost:9' }).local).toBe('http://localhost:9');
  });

  it.each([
    [{ stage: 'a b' }, {}, '--stage'],
    [{ stage: '' }, {}, '--stage'],
    [{ region: 'Ireland' }, {}, '--region'],
    [{ port: 'x' }, {}, '--port'],
    [{ port: '70000' }, {}, '--port'],
    [{ stage: 'local' }, { AWS_ENDPOINT_URL: 'nowhere' }, 'AWS_ENDPOINT_URL'],
  ])('refuses %o with %o', (options, environment, says) => {
    expect(() => read(options, environment)).toThrow(says);
  });
});

describe('the commands that remedies name', () => {
  const dev = read({ region: 'eu-west-1' });
  const local = read({ stage: 'local', port: '5000' });

  it('go to the place that was looked at', () => {
    expect([awsCommand(dev, 'sqs list-queues'), ownCommand('hello', dev), deployCommand(dev)]).toEqual([
      'aws sqs list-queues --region eu-west-1',
      'npm run hello -- --stage dev --region eu-west-1',
      'npx serverless deploy --stage dev --region eu-west-1',
    ]);
    expect([awsCommand(local, 'sqs list-queues'), ownCommand('doctor', local), deployCommand(local)]).toEqual([
      'aws sqs list-queues --region us-east-1 --endpoint-url http://127.0.0.1:5000',
      'npm run doctor -- --stage local --port 5000',
      'end npm start and start it again',
    ]);
  });
});
