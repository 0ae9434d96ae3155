import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { createAwsProbes } from '../../scripts/setup/aws-probes.ts';

let server: Server | undefined;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});

/** Probes of an AWS that gives every call the same answer. */
const against = async (status: number, headers: Readonly<Record<string, string>>, body: string) => {
  const forms: URLSearchParams[] = [];
  const running = createServer((request, response) => {
    let sent = '';
    request.on('data', (chunk: Buffer) => {
      sent += chunk.toString();
    });
    request.on('end', () => {
      forms.push(new URLSearchParams(sent));
      response.writeHead(status, headers).end(body);
    });
  });
  server = running;
  await new Promise<void>((resolve) => running.listen(0, '127.0.0.1', resolve));
  const address = running.address();
  const local = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  return { probes: createAwsProbes({ stage: 'prod', region: 'eu-west-1', local }), forms, local };
};

const xml = (action: string, result: string) =>
  `<${action}Response><${action}Result>${result}</${action}Result></${action}Response>`;

const TOPIC = 'arn:aws:sns:eu-west-1:111122223333:t';

describe('the probes of AWS', () => {
  it('take for allowed only what IAM says is', async () => {
    const one = '<member><EvalActionName>sqs:SendMessage</EvalActionName><EvalDecision>allowed</EvalDecision></member>';
    const { probes } = await against(
      200,
      { 'content-type': 'text/xml' },
      xml('SimulatePrincipalPolicy', `<EvaluationResults>${one}</EvaluationResults>`),
    );
    const actions = ['sqs:SendMessage', 'sqs:ReceiveMessage'];
    expect(await probes.simulate('arn:aws:iam::111122223333:role/r', { actions, resource: 'arn:q' })).toEqual({
      kind: 'told',
      value: [
        { action: 'sqs:SendMessage', resource: 'arn:q', decision: 'allowed' },
        { action: 'sqs:ReceiveMessage', resource: 'arn:q', decision: 'unknown' },
      ],
    });
  });

  it('publish to a FIFO topic with what it asks for, and to others without', async () => {
    const { probes, forms } = await against(
      200,
      { 'content-type': 'text/xml' },
      xml('Publish', '<MessageId>1</MessageId>'),
    );
    await probes.publish(TOPIC, { Subject: 's', Message: 'm' });
    await probes.publish(`${TOPIC}.fifo`, { Subject: 's', Message: 'm' });
    expect(forms.map((form) => [form.get('MessageGroupId'), form.has('MessageDeduplicationId')])).toEqual([
      [null, false],
      ['gatehouse-hello', true],
    ]);
  });

  it.each([
    ['AuthorizationError', 403, { kind: 'denied', action: 'sns:Publish' }],
    ['NotFound', 404, { kind: 'missing' }],
    ['KMSDisabled', 400, { kind: 'refused', error: 'KMSDisabledException: as told' }],
    ['InvalidClientTokenId', 403, { kind: 'refused', error: 'InvalidClientTokenId: as told' }],
  ])('understand %s of SNS', async (code, status, answer) => {
    const error = `<ErrorResponse><Error><Code>${code}</Code><Message>as told</Message></Error></ErrorResponse>`;
    const { probes } = await against(status, { 'content-type': 'text/xml' }, error);
    expect(await probes.publish(TOPIC, { Message: 'm' })).toEqual(answer);
  });

  it.each([
    ['AccessDeniedException', { kind: 'denied', action: 'kms:Decrypt' }],
    ['ParameterNotFound', { kind: 'missing' }],
  ])('understand %s of SSM', async (code, answer) => {
    const message = 'User: a is not authorized to perform: kms:Decrypt on this resource';
    const { probes } = await against(
      400,
      { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-errortype': code },
      JSON.stringify({ __type: code, message }),
    );
    expect(await probes.parameter('/x')).toEqual(answer);
  });

  it('tell where nobody answers', async () => {
    const probes = createAwsProbes({ stage: 'prod', region: 'eu-west-1', local: 'http://127.0.0.1:9' });
    const answer = { kind: 'unreachable', host: 'http://127.0.0.1:9', because: 'ECONNREFUSED' };
    expect(await Promise.all([probes.identity(), probes.queue('http://127.0.0.1:9/1/q'), probes.topic(TOPIC)])).toEqual(
      Array(3).fill(answer),
    );
  });
});
