import fc from 'fast-check';
import { hostileText } from './arbitraries.ts';
import { aNotification } from './events.ts';

/** What is to become of a text: `used` is one that tells a state change, whatever the rollout makes of it. */
export type Ending = 'used' | 'ignored' | 'quarantined';

/** A text that may come in, the row of `docs/reliability.md` that it is of (none: as AWS sends it), and its endings. */
export type Specimen = { readonly row: string; readonly text: string; readonly ends: readonly Ending[] };

type Fields = Readonly<Record<string, unknown>>;

/** An event as AWS sends it. */
type Sound = { readonly fields: Fields; readonly detail: Fields };

/** In every secret: what may never come out again. */
export const CANARY = /canary/i;

/** In what is nobody's business in a channel, though it may be in what was put aside. */
export const PRIVATE = /private\.example/;

/** One of each kind that is known by its looks. Put together here, so that no scanner takes a test for a leak. */
export const SECRETS = [
  ['x', 'oxb-123-canary'].join(''),
  ['x', 'app-1-A012-canary'].join(''),
  ['AK', 'IACANARYCANARY12'].join(''),
  ['gh', 'p_canarycanary'].join(''),
  ['https://hooks.slack', '.com/services/T0/B0/canary'].join(''),
  ['Bearer ', 'canary.canary'].join(''),
  ['eyJjYW5hcnk', '.eyJcanary.canary'].join(''),
  'https://ada:canary@example.com/build',
  'https://logs.example.com/1?X-Amz-Signature=canary&part=2',
  'password=canary',
  '{"token":"canary"}',
  'authorization: Basic canary',
  ['-----BEGIN RSA PRIVATE', ' KEY-----canary-----END RSA PRIVATE KEY-----'].join(''),
] as const;

const NASTY = [
  '<!channel>',
  '<!here>',
  '<@U012ABCDEF>',
  '<#C012ABCDEF>',
  '<https://evil.example|Open in CodePipeline>',
  'https://evil.example/',
  '@channel',
  '&amp;',
  '&lt;!channel&gt;',
  '*_~`',
  '\u202egpj.exe\u202c',
  '\u200b\u2066\u3164',
  '\u0000\u001b[31m',
  '\r\n{"level":"ERROR"}',
  '\u2028\u2029\u0085',
  '\ufeff\uffff',
  '\ud83d',
  '\udc69',
  '👩‍👩‍👧‍👦',
  'e\u0301\u0301\u0301',
  '"\\',
  '<b onclick="alert(1)">x</b>',
] as const;

/** Text that anybody may have written who can push a commit: with what means something elsewhere, and with secrets. */
const freeText: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      fc.constantFrom(...NASTY),
      fc.constantFrom(...SECRETS),
      fc.string({ unit: 'binary', maxLength: 20 }).filter((text) => !CANARY.test(text)),
      fc.constant('x'.repeat(200)),
    ),
    { maxLength: 8 },
  )
  .map((pieces) => pieces.join(' '));

const summary: fc.Arbitrary<string> = fc.oneof(
  freeText,
  freeText.map((message) => JSON.stringify({ message, html: '<p>ada@private.example</p>' })),
  freeText.map((text) => `[prod] ${text}`),
  freeText.map((text) => text + ' and so on'.repeat(25_000)),
);

const PIPELINE_STATES = [
  'STARTED',
  'RESUMED',
  'STOPPING',
  'STOPPED',
  'CANCELED',
  'SUPERSEDED',
  'FAILED',
  'SUCCEEDED',
] as const;

const LEVELS = [
  { level: 'Pipeline', states: PIPELINE_STATES, names: {} },
  { level: 'Stage', states: PIPELINE_STATES.filter((state) => state !== 'SUPERSEDED'), names: { stage: 'Deploy' } },
  {
    level: 'Action',
    states: ['STARTED', 'CANCELED', 'ABANDONED', 'FAILED', 'SUCCEEDED'],
    names: { stage: 'Deploy', action: 'Release' },
  },
] as const;

const place = fc.record({
  id: fc.constantFrom('event-1', 'event-2', 'event-3', 'event-4'),
  account: fc.constant('111122223333'),
  region: fc.constant('eu-west-1'),
  time: fc.constantFrom('2026-11-20T10:00:00Z', '2026-11-20T10:00:01Z', '2026-11-20T10:05:00Z'),
});

const pipelineEvent: fc.Arbitrary<Sound> = fc
  .tuple(
    place,
    fc
      .constantFrom(...LEVELS)
      .chain(({ level, states, names }) =>
        fc.record({ level: fc.constant(level), state: fc.constantFrom(...states), names: fc.constant(names) }),
      ),
    fc.record({
      pipeline: fc.constantFrom('shop-prod', 'shop-dev'),
      'execution-id': fc.constantFrom('0a1b2c3d-0000-4000-8000-000000000001', '0a1b2c3d-0000-4000-8000-000000000002'),
      'start-time': fc.constant('2026-11-20T10:00:00.000Z'),
      version: fc.constant(7),
      'pipeline-execution-attempt': fc.constantFrom(1, 2),
    }),
    fc.record(
      {
        'execution-trigger': fc.oneof(
          fc.record(
            {
              'author-display-name': freeText,
              'author-id': freeText,
              'author-email': fc.constant('ada@private.example'),
              'branch-name': freeText,
              'commit-id': freeText,
              'commit-message': freeText,
              'full-repository-name': freeText,
            },
            { requiredKeys: [] },
          ),
          fc.record({ 'trigger-type': freeText, 'trigger-detail': freeText }),
        ),
        'execution-result': fc.record(
          { 'external-execution-summary': summary, 'external-execution-url': freeText, 'error-code': freeText },
          { requiredKeys: [] },
        ),
        'stop-execution-comments': freeText,
        type: fc.constantFrom({ category: 'Approval' }, { category: 'Deploy' }, null),
        stranger: freeText,
      },
      { requiredKeys: [] },
    ),
  )
  .map(([where, { level, state, names }, told, more]) => ({
    fields: {
      version: '0',
      'detail-type': `CodePipeline ${level} Execution State Change`,
      source: 'aws.codepipeline',
      resources: [],
      ...where,
    },
    detail: { ...told, ...names, state, ...more },
  }));

const deploymentEvent: fc.Arbitrary<Sound> = fc
  .tuple(
    place,
    fc.constantFrom('START', 'READY', 'STOP', 'FAILURE', 'SUCCESS'),
    fc.option(fc.constantFrom('i-0a1b', 'arn:aws:ec2:eu-west-1:111122223333:instance/i-0c2d'), { nil: undefined }),
  )
  .map(([where, state, instanceId]) => ({
    fields: {
      version: '0',
      'detail-type': `CodeDeploy ${instanceId === undefined ? 'Deployment' : 'Instance'} State-change Notification`,
      source: 'aws.codedeploy',
      resources: [],
      ...where,
    },
    detail: {
      application: 'shop',
      deploymentGroup: 'prod',
      deploymentId: 'd-ABCDE1234',
      state,
      ...(instanceId !== undefined && { instanceId }),
    },
  }));

/** Of a service's deployment by whichever name, or of one of its hooks. */
const serviceEvent: fc.Arbitrary<Sound> = fc
  .tuple(
    place,
    fc.constantFrom(
      'SERVICE_DEPLOYMENT_IN_PROGRESS',
      'SERVICE_DEPLOYMENT_COMPLETED',
      'SERVICE_DEPLOYMENT_FAILED',
      'HOOK_AWAITING_ACTION',
      'HOOK_SUCCEEDED',
      'HOOK_TIMED_OUT',
    ),
    fc.constantFrom('service/shop', 'service/prod/shop', 'service-deployment/prod/shop/0EYSiBq8vWc1T7rKzLm5x'),
    freeText,
  )
  .map(([where, eventName, resource, text]) => {
    const arn = 'arn:aws:ecs:eu-west-1:111122223333:';
    const isHook = eventName.startsWith('HOOK_');
    return {
      fields: {
        version: '0',
        'detail-type': `ECS ${isHook ? 'Hook' : 'Deployment'} State Change`,
        source: 'aws.ecs',
        resources: [text, `${arn}${resource}`],
        ...where,
      },
      detail: {
        eventName,
        reason: text,
        stranger: text,
        ...(isHook
          ? {
              hookId: 'ecs-pause-e7tK9G',
              hookType: text,
              expiresAt: text,
              lifecycleStage: 'POST_TEST_TRAFFIC_SHIFT',
              serviceDeploymentArn: `${arn}service-deployment/prod/shop/0EYSiBq8vWc1T7rKzLm5x`,
            }
          : { deploymentId: 'ecs-svc/4980306466373577095' }),
      },
    };
  });

const soundEvent = fc.oneof(pipelineEvent, deploymentEvent);

const write = ({ fields, detail }: Sound): string => JSON.stringify({ ...fields, detail });

const withFields =
  (given: Fields) =>
  ({ fields, detail }: Sound): string =>
    write({ fields: { ...fields, ...given }, detail });

const withDetail =
  (given: Fields) =>
  ({ fields, detail }: Sound): string =>
    write({ fields, detail: { ...detail, ...given } });

/** Writes a field by its text: for what `JSON.stringify` would not write. */
const withText =
  (name: string, text: string) =>
  (sound: Sound): string =>
    withDetail({ [name]: 'HERE' })(sound).replace(`"${name}":"HERE"`, () => `"${name}":${text}`);

const isPipeline = ({ fields }: Sound): boolean => fields['source'] === 'aws.codepipeline';

/** The fields that name a rollout, by either service's name. */
const idOf = (sound: Sound): string => (isPipeline(sound) ? 'execution-id' : 'deploymentId');
const nameOf = (sound: Sound): string => (isPipeline(sound) ? 'pipeline' : 'application');

const topicRecord = (message: string): string => {
  const notification: unknown = JSON.parse(aNotification(message));
  return JSON.stringify({ Records: [{ EventSource: 'aws:sns', Sns: notification }] });
};
const queueRecord = (body: string): string =>
  JSON.stringify({ Records: [{ eventSource: 'aws:sqs', messageId: 'm1', body }] });

const wrapped = (text: string, layers: number): string =>
  layers === 0 ? text : aNotification(wrapped(text, layers - 1));

const deep = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

const ruled = (sound: Sound): string =>
  withFields({ id: undefined, detailType: sound.fields['detail-type'], 'detail-type': undefined })(sound);

const triggerMessage: fc.Arbitrary<string> = fc
  .record({
    status: fc.constantFrom('CREATED', 'IN_PROGRESS', 'SUCCEEDED', 'FAILED', 'STOPPED', 'Ready'),
    createTime: fc.constantFrom('Fri Nov 20 10:00:00 UTC 2026', '1795168800.5', 1795168800),
    completeTime: fc.constantFrom(undefined, 'Fri Nov 20 10:05:00 UTC 2026', ''),
    errorInformation: fc.oneof(
      fc.record({ ErrorCode: freeText, ErrorMessage: freeText }).map((error) => JSON.stringify(error)),
      freeText,
    ),
    rollbackInformation: fc.constantFrom('{}', '{"RollbackTriggeringDeploymentId":"d-OTHER0000"}', '{"'),
  })
  .map((told) =>
    JSON.stringify({
      region: 'eu-west-1',
      accountId: '111122223333',
      eventTriggerName: 'tell-gatehouse',
      applicationName: 'shop',
      deploymentId: 'd-ABCDE1234',
      deploymentGroupName: 'prod',
      ...told,
    }),
  );

/** As AWS sends it, in whatever it may be wrapped. */
const wellFormed: fc.Arbitrary<Specimen> = fc
  .oneof(
    fc.tuple(
      fc.oneof(soundEvent, serviceEvent).map(write),
      fc.constantFrom<(text: string) => string>((text) => text, aNotification, topicRecord, queueRecord),
    ),
    fc.tuple(triggerMessage, fc.constant(aNotification)),
  )
  .map(([text, wrap]) => ({ row: 'none', text: wrap(text), ends: ['used'] }));

/** A row of the bad inputs: a sound event, spoiled by something drawn. */
const spoiled = <Drawn>(
  row: string,
  ends: Ending | readonly Ending[],
  drawn: fc.Arbitrary<Drawn>,
  spoil: (sound: Sound, drawn: Drawn) => string,
  sound: fc.Arbitrary<Sound> = soundEvent,
): fc.Arbitrary<Specimen> =>
  fc
    .tuple(sound, drawn)
    .map(([event, how]) => ({ row, text: spoil(event, how), ends: typeof ends === 'string' ? [ends] : ends }));

const nothing = fc.constant(undefined);
const failedAction = pipelineEvent.map(({ fields, detail }) => ({
  fields: { ...fields, 'detail-type': 'CodePipeline Action Execution State Change' },
  detail: { ...detail, stage: 'Deploy', action: 'Release', state: 'FAILED' },
}));
const anyName = fc.oneof(hostileText(100), fc.constantFrom(...NASTY)).filter((name) => !name.includes('undefined'));

/** Events with one thing wrong, as a careless sender makes them. */
const nearMisses: readonly fc.Arbitrary<Specimen>[] = [
  spoiled('B1', 'quarantined', fc.double({ min: 0, max: 0.99, noNaN: true }), (sound, part) => {
    const text = write(sound);
    return text.slice(0, 1 + Math.floor(part * (text.length - 1)));
  }),
  spoiled('B2', 'quarantined', fc.constantFrom('', ' ', '\n\t '), (_sound, text) => text),
  spoiled('B3', 'quarantined', fc.constantFrom('null', '3', 'true', '""', '[]'), (_sound, text) => text),
  spoiled('B3', 'quarantined', nothing, (sound) => `[${write(sound)}]`),
  spoiled('B4', 'quarantined', nothing, ({ fields }) => JSON.stringify(fields)),
  spoiled('B5', 'quarantined', nothing, ({ fields, detail }) =>
    JSON.stringify({ ...fields, detail: JSON.stringify(detail) }),
  ),
  spoiled('B6', 'ignored', fc.constantFrom('aws.s3', 'Aws.CodePipeline', 'constructor', ''), (sound, source) =>
    withFields({ source })(sound),
  ),
  spoiled(
    'B7',
    'ignored',
    fc.constantFrom('CodePipeline Rule Execution State Change', '__proto__', ''),
    (sound, type) => withFields({ 'detail-type': type })(sound),
  ),
  spoiled('B8', 'quarantined', fc.constantFrom('PAUSED', 'started', 'constructor', ''), (sound, state) =>
    withDetail({ state })(sound),
  ),
  spoiled('B9', 'quarantined', fc.constantFrom(undefined, null, '', {}), (sound, id) =>
    withDetail({ [idOf(sound)]: id })(sound),
  ),
  spoiled(
    'B12',
    'quarantined',
    fc.constantFrom(undefined, '', 'yesterday', '20261120T100000Z', '2026-13-40T10:00:00Z', 1_795_168_800),
    (sound, time) => withFields({ time })(sound),
  ),
  spoiled('B13', 'quarantined', fc.constantFrom('1970-01-01T00:00:00Z', '0001-01-01T00:00:00Z'), (sound, time) =>
    withFields({ time })(sound),
  ),
  spoiled('B13', 'used', nothing, withDetail({ 'start-time': '1970-01-01T00:00:00Z' })),
  spoiled('B14', 'used', nothing, withFields({ time: '2027-11-20T10:00:00Z' })),
  spoiled(
    'B15',
    'used',
    fc.constantFrom('2026-11-20T10:00:00', '2026-11-20T10:00:00.595Z', '2026-11-20T11:00:00+01:00'),
    (sound, time) => withFields({ time })(sound),
  ),
  spoiled('B16', 'quarantined', fc.constantFrom('', 'prod', '1111222233334', -1, 1.5, '#'), (sound, account) =>
    withFields({ account })(sound),
  ),
  spoiled('B17', 'used', fc.constantFrom('cn-north-1', 'us-gov-west-1', 'us-iso-east-1', 'zz-new-9'), (sound, region) =>
    withFields({ region })(sound),
  ),
  spoiled('B17', 'quarantined', fc.constantFrom('', 'EU', 'eu-west-1.evil.example/', 7), (sound, region) =>
    withFields({ region })(sound),
  ),
  spoiled('B25', 'used', nothing, withDetail({ version: '7' })),
  spoiled('B25', 'quarantined', fc.constantFrom('state', 'name'), (sound, field) =>
    withDetail({ [field === 'state' ? 'state' : nameOf(sound)]: 7 })(sound),
  ),
  spoiled('B28', 'quarantined', nothing, withFields({ id: undefined })),
  spoiled('B30', 'used', nothing, withDetail({ 'execution-result': { 'error-code': 'JobFailed' } }), failedAction),
  spoiled('B32', 'used', nothing, withFields({ id: 'event-1' })),
  spoiled('B33', 'used', nothing, withFields({ account: '444455556666' })),
  spoiled('B71', 'used', nothing, withFields({ account: 111_122_223_333 })),
  spoiled('B72', 'used', nothing, withDetail({ state: 'STARTED', 'start-time': undefined }), pipelineEvent),
  spoiled('B73', 'used', fc.constantFrom('0.0', '1.0', '"2"', 'null', '""', '-1', '[]'), (sound, attempt) =>
    withText('pipeline-execution-attempt', attempt)(sound),
  ),
  spoiled('B75', 'used', nothing, (sound) => aNotification(ruled(sound))),
];

/** Events as somebody makes them who means harm. */
const hostile: readonly fc.Arbitrary<Specimen>[] = [
  spoiled('B10', 'quarantined', fc.constantFrom('event', 'rollout'), (sound, which) =>
    (which === 'event' ? withFields({ id: 'x'.repeat(10_000) }) : withDetail({ [idOf(sound)]: 'x'.repeat(10_000) }))(
      sound,
    ),
  ),
  spoiled('B11', 'used', fc.constantFrom('a#b', 'a%23b', '#', '../..'), (sound, id) =>
    withDetail({ [idOf(sound)]: id })(sound),
  ),
  spoiled('B11', 'quarantined', fc.constantFrom('a\u0000b', 'a b', 'a\nb', '\ud83d'), (sound, id) =>
    withDetail({ [idOf(sound)]: id })(sound),
  ),
  spoiled(
    'B18',
    'used',
    fc.constantFrom('*<!channel>*', '<@U1>', '<https://a.example|b>', '&lt;!here&gt;'),
    (sound, name) => withDetail({ [nameOf(sound)]: name })(sound),
  ),
  spoiled('B19', ['used', 'quarantined'], anyName, (sound, name) => withDetail({ [nameOf(sound)]: name })(sound)),
  spoiled('B20', 'used', fc.constantFrom('\ud83d', 'a\udc69'), (sound, name) =>
    withDetail({ [nameOf(sound)]: name })(sound),
  ),
  spoiled('B21', 'used', nothing, withDetail({ stranger: 'x'.repeat(250_000) })),
  spoiled('B22', 'used', fc.constantFrom(10_000, 200_000), (sound, depth) => withText('stranger', deep(depth))(sound)),
  spoiled('B22', 'quarantined', nothing, () => deep(10_000)),
  spoiled(
    'B22',
    'used',
    nothing,
    withDetail({ 'execution-result': { 'external-execution-summary': deep(10_000) } }),
    failedAction,
  ),
  spoiled('B23', 'used', fc.constantFrom('__proto__', 'constructor', 'prototype', 'toString'), (sound, key) =>
    write(sound).replace('"detail":{', `"detail":{"${key}":{"state":"FAILED","id":"x"},`),
  ),
  spoiled('B24', 'used', nothing, (sound) =>
    write(sound).replace('"detail":{', '"detail":{"state":"PAUSED","pipeline":"other",'),
  ),
  spoiled('B26', 'used', fc.constantFrom('1e400', '-1e400', '-0', '1e-400'), (sound, number) =>
    withText('pipeline-execution-attempt', number)(sound),
  ),
  spoiled('B26', 'quarantined', fc.constantFrom('NaN', 'Infinity', '0x10'), (sound, number) =>
    withText('pipeline-execution-attempt', number)(sound),
  ),
  spoiled('B27', 'used', fc.integer({ min: 1, max: 4 }), (sound, layers) => wrapped(write(sound), layers)),
  spoiled('B27', 'quarantined', fc.integer({ min: 5, max: 6 }), (sound, layers) => wrapped(write(sound), layers)),
  spoiled(
    'B31',
    'used',
    summary,
    (sound, text) => withDetail({ 'execution-result': { 'external-execution-summary': text } })(sound),
    failedAction,
  ),
  spoiled(
    'B74',
    'used',
    freeText,
    (sound, text) =>
      withDetail({
        'execution-trigger': {
          'commit-message': text,
          'author-display-name': text,
          'author-email': 'ada@private.example',
        },
      })(sound),
    pipelineEvent,
  ),
];

/** Whatever may come in: well-formed, nearly so, or hostile. */
export const specimen: fc.Arbitrary<Specimen> = fc.oneof(
  { weight: 2, arbitrary: wellFormed },
  { weight: 2, arbitrary: fc.oneof(...nearMisses) },
  { weight: 2, arbitrary: fc.oneof(...hostile) },
);
