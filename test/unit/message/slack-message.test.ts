import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { slackMessage } from '../../../shared/message/slack-message.ts';
import { fold, MAX_REGISTERS } from '../../../shared/rollout/fold.ts';
import type { Register, Rollout } from '../../../shared/rollout/rollout.ts';
import type { State } from '../../../shared/rollout/state.ts';
import type { GateMark } from '../../../shared/rollout/stored-rollout.ts';
import { hostileChange, hostileLabels, hostileRolloutId } from '../../support/arbitraries.ts';
import {
  aChange,
  aDeploymentId,
  aRollout,
  aRolloutId,
  aServiceDeploymentId,
  aVersion,
  TEN_O_CLOCK,
} from '../../support/rollouts.ts';
import { slackProblems } from '../../support/slack-limits.ts';

const at = (seconds: number): number => TEN_O_CLOCK + seconds * 1000;

const stage = (name: string, state: State, second: number) =>
  aChange({
    register: { kind: 'stage', stage: name },
    state,
    version: { time: at(second), rank: 40 },
    startedAt: at(second),
  });

const action = (name: string, state: State, second: number, given: Parameters<typeof aChange>[0] = {}) =>
  aChange({
    register: { kind: 'action', stage: 'Deploy', action: name },
    state,
    version: { time: at(second), rank: 40 },
    startedAt: at(second),
    ...given,
  });

const LINK =
  'https://eu-west-1.console.aws.amazon.com/codesuite/codepipeline/pipelines/shop-prod/executions/0a1b2c3d-0000-4000-8000-000000000001/timeline?region=eu-west-1';

const pushed = aChange({
  facts: {
    trigger: {
      version: aVersion(),
      value: { kind: 'commit', author: 'Ada Lovelace', ref: 'main', commit: 'abc1234', message: 'Round up <3' },
    },
  },
});

const failedRollout = aRollout(
  pushed,
  stage('Source', 'succeeded', 1),
  stage('Build', 'succeeded', 2),
  stage('Deploy', 'failed', 3),
  action('Release', 'failed', 4, {
    result: {
      summary: 'Too few healthy instances',
      errorCode: 'JobFailed',
      url: 'https://eu-west-1.console.aws.amazon.com/codedeploy/home?#/deployments/d-1',
    },
  }),
  aChange({ state: 'failed', version: { time: at(252), rank: 40, eventId: 'end' }, startedAt: at(0) }),
);

const DEPLOYMENT_LINK =
  'https://eu-west-1.console.aws.amazon.com/codesuite/codedeploy/deployments/d-ABCDE1234?region=eu-west-1';

const deployed = (given: Parameters<typeof aChange>[0] = {}) =>
  aChange({ rollout: aDeploymentId(), startedAt: at(0), ...given });

const onInstance = (name: string, state: State, second: number) =>
  deployed({
    register: { kind: 'instance', instance: name },
    state,
    version: { time: at(second) },
    startedAt: at(second),
  });

const section = (...elements: readonly object[]) => ({ type: 'rich_text_section', elements });
const quote = (text: string) => ({ type: 'rich_text_quote', elements: [{ type: 'text', text }] });
const richText = (...elements: readonly object[]) => ({ type: 'rich_text', elements });
const text = (content: string) => ({ type: 'text', text: content });
const bold = (content: string) => ({ type: 'text', text: content, style: { bold: true } });

/** What stands between the header and the context. */
const bodyOf = (rollout: Rollout): readonly object[] => slackMessage(rollout, {}, 'full').blocks.slice(1, -1);

describe('slackMessage', () => {
  it('shows a failed rollout: where it failed and why, who started it, where to look', () => {
    expect(slackMessage(failedRollout, { environment: 'production' }, 'full')).toEqual({
      text: 'shop-prod (production) failed at Deploy / Release after 4 min 12 s',
      blocks: [
        { type: 'header', text: { type: 'plain_text', text: '❌ shop-prod failed · production', emoji: false } },
        richText(section(text('✅ Source, Build succeeded'), text(' → '), bold('❌ Deploy failed'))),
        richText(
          section(
            bold('Deploy / Release'),
            text(' failed'),
            text(' with '),
            { type: 'text', text: 'JobFailed', style: { code: true } },
            text(' · '),
            {
              type: 'link',
              url: 'https://eu-west-1.console.aws.amazon.com/codedeploy/home?#/deployments/d-1',
              text: 'details on eu-west-1.console.aws.amazon.com',
            },
          ),
          quote('Too few healthy instances'),
        ),
        richText(section(text('Round up <3\nAda Lovelace · main · abc1234'))),
        {
          type: 'context',
          elements: [
            {
              type: 'plain_text',
              text: 'Took 4 min 12 s · 111122223333 · eu-west-1 · 0a1b2c3d-0000-4000-8000-000000000001',
              emoji: false,
            },
            { type: 'mrkdwn', text: `<${LINK}|Open in CodePipeline>`, verbatim: true },
          ],
        },
      ],
    });
  });

  it('shows a running rollout with the time it started at, in the time zone of the reader', () => {
    expect(slackMessage(aRollout(aChange()), {}, 'full')).toEqual({
      text: 'shop-prod is in progress',
      blocks: [
        { type: 'header', text: { type: 'plain_text', text: '🔄 shop-prod in progress', emoji: false } },
        {
          type: 'context',
          elements: [
            {
              type: 'mrkdwn',
              text: 'Started <!date^1795168800^{date_short_pretty} {time}|2026-11-20T10:00:00Z>',
              verbatim: true,
            },
            {
              type: 'plain_text',
              text: '111122223333 · eu-west-1 · 0a1b2c3d-0000-4000-8000-000000000001',
              emoji: false,
            },
            { type: 'mrkdwn', text: `<${LINK}|Open in CodePipeline>`, verbatim: true },
          ],
        },
      ],
    });
  });

  it('shows what waits, and since when', () => {
    const rollout = aRollout(
      aChange(),
      stage('Source', 'succeeded', 1),
      stage('Deploy', 'in-progress', 2),
      action('Gate', 'waiting', 3),
    );
    expect(slackMessage(rollout, { environment: 'production' }, 'full').text).toBe(
      'shop-prod (production) is waiting for approval at Deploy / Gate',
    );
    expect(bodyOf(rollout)).toEqual([
      richText(section(text('✅ Source succeeded'), text(' → '), bold('⏳ Deploy waiting for approval'))),
      richText(
        section(bold('Deploy / Gate'), text(' has been waiting since '), {
          type: 'date',
          timestamp: 1795168803,
          format: '{date_short_pretty} {time}',
          fallback: '2026-11-20T10:00:03Z',
        }),
      ),
    ]);
  });

  it('tells a failed stage whose actions are not known by the stage', () => {
    const rollout = aRollout(stage('Deploy', 'failed', 1), aChange({ state: 'failed', version: { rank: 40 } }));
    expect(slackMessage(rollout, {}, 'full').text).toBe('shop-prod failed at Deploy');
  });

  it('says that a stage was retried, and no more that it failed before', () => {
    const version = { attempt: 2, time: at(900), rank: 11, eventId: 'retry' };
    const retried = [
      aChange({ version }),
      aChange({ register: { kind: 'stage', stage: 'Deploy' }, version, startedAt: at(900) }),
    ].reduce(fold, failedRollout);
    const { text: said, blocks } = slackMessage(retried, { environment: 'production' }, 'full');
    expect(said).toBe('shop-prod (production) is in progress');
    expect(blocks.slice(1)).toEqual([
      richText(section(text('✅ Source, Build succeeded'), text(' → '), bold('🔄 Deploy in progress'))),
      richText(section(text('Round up <3\nAda Lovelace · main · abc1234'))),
      {
        type: 'context',
        elements: [
          {
            type: 'mrkdwn',
            text: 'Started <!date^1795168800^{date_short_pretty} {time}|2026-11-20T10:00:00Z>',
            verbatim: true,
          },
          {
            type: 'plain_text',
            text: 'Attempt 2 · 111122223333 · eu-west-1 · 0a1b2c3d-0000-4000-8000-000000000001',
            emoji: false,
          },
          { type: 'mrkdwn', text: `<${LINK}|Open in CodePipeline>`, verbatim: true },
        ],
      },
    ]);
  });

  it('keeps telling a failure while the rest of its stage runs on', () => {
    const rollout = aRollout(aChange(), stage('Deploy', 'in-progress', 2), action('Release', 'failed', 2));
    expect(bodyOf(rollout)).toEqual([
      richText(section(bold('🔄 Deploy in progress'))),
      richText(section(bold('Deploy / Release'), text(' failed'))),
    ]);
  });

  it.each([
    ['stopping', true],
    ['stopped', true],
    ['failed', true],
    ['in-progress', false],
    ['succeeded', false],
  ] as const)('tells why somebody stopped it, when it is %s: %s', (state, told) => {
    const rollout = aRollout(
      aChange({ state, facts: { stopReason: { version: aVersion(), value: 'Wrong *branch*\nwas merged' } } }),
    );
    expect(bodyOf(rollout)).toEqual(
      told ? [richText(section(text('Stop reason')), quote('Wrong *branch* was merged'))] : [],
    );
  });

  it('draws the last eight stages of many, three failures, and counts the others', () => {
    const stages = Array.from({ length: 50 }, (_, index) => stage(`S${index + 1}`, 'succeeded', index));
    const failures = Array.from({ length: 15 }, (_, index) => action(`A${index + 1}`, 'failed', 100 + index));
    const rollout = aRollout(aChange({ state: 'failed', version: { rank: 40 } }), ...stages, ...failures);
    expect(bodyOf(rollout)).toEqual([
      richText(
        section(
          text('43 earlier'),
          text(' → '),
          text('✅ S44, S45, S46, S47, S48, S49, S50 succeeded'),
          text(' → '),
          bold('🔄 Deploy in progress'),
        ),
      ),
      richText(
        ...['A1', 'A2', 'A3'].map((name) => section(bold(`Deploy / ${name}`), text(' failed'))),
        section(text('and 12 more failed')),
      ),
    ]);
  });

  it('counts what waits beyond the first three', () => {
    const gates = ['A', 'B', 'C', 'D'].map((name) => action(name, 'waiting', 1));
    expect(JSON.stringify(bodyOf(aRollout(aChange(), ...gates)).at(-1))).toMatch(
      /Deploy \/ A.*Deploy \/ B.*Deploy \/ C.*and 1 more waiting/,
    );
  });

  it('calls account and region what people call them, beside what AWS does', () => {
    const { blocks } = slackMessage(aRollout(aChange()), { account: 'payments', region: 'Ireland' }, 'full');
    expect(JSON.stringify(blocks.at(-1))).toContain('payments (111122223333) · Ireland (eu-west-1) · ');
  });

  it('shows a failed deployment: why, and which of its instances', () => {
    const message = slackMessage(
      aRollout(
        deployed(),
        ...['i-1', 'i-2'].map((name) => onInstance(name, 'succeeded', 20)),
        ...['i-3', 'i-4', 'i-5', 'i-6', 'i-7'].map((name, index) => onInstance(name, 'failed', 30 + index)),
        onInstance('i-8', 'in-progress', 40),
        deployed({
          state: 'failed',
          version: { time: at(252), rank: 40 },
          facts: {
            failure: {
              version: aVersion(),
              value: { errorCode: 'HEALTH_CONSTRAINTS', summary: 'Too few healthy instances' },
            },
          },
        }),
      ),
      { environment: 'production' },
      'full',
    );
    expect(message).toEqual({
      text: 'shop / prod (production) failed after 4 min 12 s',
      blocks: [
        { type: 'header', text: { type: 'plain_text', text: '❌ shop / prod failed · production', emoji: false } },
        richText(section(text('2 of 8 instances succeeded'), text(' · '), bold('❌ i-3, i-4, i-5 and 2 more failed'))),
        richText(
          section(
            text('Failed with '),
            { type: 'text', text: 'HEALTH_CONSTRAINTS', style: { code: true } },
            text(': too few instances were healthy'),
          ),
          quote('Too few healthy instances'),
        ),
        {
          type: 'context',
          elements: [
            {
              type: 'plain_text',
              text: 'Took 4 min 12 s · 111122223333 · eu-west-1 · d-ABCDE1234',
              emoji: false,
            },
            { type: 'mrkdwn', text: `<${DEPLOYMENT_LINK}|Open in CodeDeploy>`, verbatim: true },
          ],
        },
      ],
    });
  });

  it('says of a blue/green deployment that waits what it waits for', () => {
    const ready = deployed({ state: 'waiting', version: { rank: 15 } });
    expect(slackMessage(aRollout(deployed(), ready), {}, 'full').text).toBe('shop / prod is ready for traffic');
  });

  const served = (given: Parameters<typeof aChange>[0] = {}) =>
    aChange({ rollout: aServiceDeploymentId(), startedAt: at(0), ...given });

  it('says at which hook of which lifecycle stage a service waits, and since when', () => {
    const hook = served({
      register: {
        kind: 'action',
        stage: 'POST_TEST_TRAFFIC_SHIFT',
        action: 'ecs-pause-e7tK9G_WRJqNF_EOMjztDXfKenlJuEUVjsNStf4WLKw',
      },
      state: 'waiting',
      startedAt: at(60),
    });
    const message = slackMessage(aRollout(served(), hook), {}, 'full');
    expect(message.text).toBe('prod / shop is waiting for approval at POST_TEST_TRAFFIC_SHIFT / pause e7tK9G');
    expect(bodyOf(aRollout(served(), hook))).toEqual([
      richText(section(bold('⏳ POST_TEST_TRAFFIC_SHIFT waiting for approval'))),
      richText(
        section(bold('POST_TEST_TRAFFIC_SHIFT / pause e7tK9G'), text(' has been waiting since '), {
          type: 'date',
          timestamp: at(60) / 1000,
          format: '{date_short_pretty} {time}',
          fallback: '2026-11-20T10:01:00Z',
        }),
      ),
    ]);
  });

  it.each([
    [{ state: 'stopping', version: { rank: 60 } }, 'prod / shop is rolling back', []],
    [
      {
        state: 'failed',
        version: { rank: 70 },
        facts: { rolledBackBy: { version: aVersion(), value: 'ecs-svc/123' } },
      },
      'prod / shop failed',
      ['Rolled back to ecs-svc/123'],
    ],
  ] as const)('says of a service that goes back that it does: %j', (given, said, lines) => {
    const rollout = aRollout(served(), served(given));
    expect(slackMessage(rollout, {}, 'full').text).toBe(said);
    expect(bodyOf(rollout)).toEqual(lines.map((line) => richText(section(text(line)))));
  });

  it('leads from a deployment that waits for people to where they are asked, and only as long as it waits', () => {
    const ready = aRollout(deployed(), deployed({ state: 'waiting', version: { rank: 15 } }));
    const link = 'https://example.slack.com/archives/C1/p1700000000000100';
    const drawn = (rollout: Rollout, mark: GateMark): string =>
      JSON.stringify(slackMessage(rollout, {}, 'summary', [mark]).blocks);
    expect(drawn(ready, { at: TEN_O_CLOCK, link })).toContain(link);
    expect(drawn(ready, { at: TEN_O_CLOCK, link })).toContain('Waits for approval');
    // Nobody was asked yet, or ever: a group may go on by itself.
    expect(drawn(ready, { at: TEN_O_CLOCK })).not.toContain('Waits for approval');
    const over = aRollout(deployed(), deployed({ state: 'succeeded', version: { rank: 50 } }));
    expect(drawn(over, { at: TEN_O_CLOCK, link })).not.toContain(link);
  });

  it('counts one instance as one', () => {
    expect(bodyOf(aRollout(deployed(), onInstance('i-1', 'in-progress', 1)))).toEqual([
      richText(section(text('0 of 1 instance succeeded'))),
    ]);
  });

  it('says where there may be more instances than it knows', () => {
    const many = Array.from({ length: MAX_REGISTERS + 20 }, (_, index) => onInstance(`i-${index}`, 'succeeded', 1));
    expect(bodyOf(aRollout(deployed(), ...many))).toEqual([
      richText(section(text('149 of the first 149 instances succeeded'))),
    ]);
  });

  it('calls a rollback a rollback, and names what it rolls back', () => {
    const rollback = deployed({
      state: 'succeeded',
      version: { rank: 50 },
      facts: { rollbackOf: { version: aVersion(), value: 'd-FGHIJ5678' } },
    });
    const { text: said, blocks } = slackMessage(aRollout(rollback), { environment: 'production' }, 'full');
    expect(said).toBe('shop / prod rollback of d-FGHIJ5678 (production) succeeded');
    expect(blocks[0]).toEqual({
      type: 'header',
      text: { type: 'plain_text', text: '↩️ shop / prod rollback succeeded · production', emoji: false },
    });
    expect(blocks[1]).toEqual(richText(section(text('Rolls back d-FGHIJ5678'))));
  });

  it('calls a rollback one also where it is only known who made it', () => {
    const rollback = deployed({
      state: 'succeeded',
      version: { rank: 50 },
      facts: { creator: { version: aVersion(), value: 'codeDeployRollback' } },
    });
    const message = slackMessage(aRollout(rollback), {}, 'full');
    expect(message.text).toBe('shop / prod rollback succeeded');
    expect(message.blocks.slice(1, -1)).toEqual([
      richText(section(text('Rolls back an earlier deployment'))),
      richText(section(text('Started by CodeDeploy, to roll back'))),
    ]);
  });

  it('names what rolls a failed deployment back, once it has failed', () => {
    const rolledBackBy = { version: aVersion(), value: 'd-FGHIJ5678' };
    const running = deployed({ facts: { rolledBackBy } });
    expect(bodyOf(aRollout(running))).toEqual([]);
    const failed = deployed({ state: 'failed', version: { rank: 40 } });
    expect(bodyOf(aRollout(running, failed))).toEqual([richText(section(text('Rolled back by d-FGHIJ5678')))]);
  });

  it('says how far a pipeline has come, as long as it is not through', () => {
    const stages = { version: aVersion(), value: ['Source', 'Build', 'Deploy'] };
    const running = aRollout(
      aChange({ facts: { stages } }),
      stage('Source', 'succeeded', 1),
      stage('Build', 'failed', 2),
    );
    expect(bodyOf(running)[0]).toEqual(
      richText(section(text('✅ Source succeeded'), text(' → '), bold('❌ Build failed'), text(' (2 of 3)'))),
    );
    const through = aRollout(
      aChange({ state: 'succeeded', facts: { stages } }),
      ...['Source', 'Build', 'Deploy'].map((name, second) => stage(name, 'succeeded', second)),
    );
    expect(bodyOf(through)[0]).toEqual(richText(section(text('✅ Source, Build, Deploy succeeded'))));
  });

  it('in summary says what has failed, where and why, and leaves out the rest', () => {
    const { text: said, blocks } = slackMessage(failedRollout, {}, 'summary');
    const whole = slackMessage(failedRollout, {}, 'full');
    expect(said).toBe(whole.text);
    expect(blocks).toEqual([whole.blocks[0], whole.blocks[2], whole.blocks.at(-1)]);
    expect(JSON.stringify(blocks[1])).toContain('JobFailed');
  });

  it('names what has only invisible characters for a name', () => {
    const id = aRolloutId({ name: '\u200b' });
    expect(slackMessage(aRollout(aChange({ rollout: id })), { environment: '\u3164' }, 'full').text).toBe(
      '(unnamed) ((unnamed)) is in progress',
    );
  });

  it.each([
    ['runs a script', 'javascript:alert(1)'],
    ['is not encrypted', 'http://a.example/'],
    ['is too long', `https://a.example/${'x'.repeat(500)}`],
    ['is none', 'no address'],
  ])('gives no link to an address that %s', (_, url) => {
    const rollout = aRollout(action('Release', 'failed', 1, { result: { url } }));
    expect(bodyOf(rollout).at(-1)).toEqual(richText(section(bold('Deploy / Release'), text(' failed'))));
  });

  it('is within the limits of Slack whatever strangers wrote', () => {
    const rollouts = fc
      .tuple(hostileRolloutId, fc.array(hostileChange, { minLength: 1, maxLength: 40 }))
      .map(([rollout, [first, ...rest]]) =>
        aRollout({ ...(first ?? aChange()), rollout }, ...rest.map((change) => ({ ...change, rollout }))),
      );
    fc.assert(
      fc.property(rollouts, hostileLabels, (rollout, labels) => {
        const message = slackMessage(rollout, labels, 'full');
        expect(slackProblems(message)).toEqual([]);
        expect(mentionsOf(message)).toEqual([]);
        expect(JSON.stringify(message)).not.toMatch(/[\u202a-\u202e\u2066-\u2069\u200b]|\\u00[01]/);
      }),
      { numRuns: 400 },
    );
  });

  it('is within the limits of Slack at its very worst (F64, S40)', () => {
    const name = '"'.repeat(100);
    const registers: readonly Register[] = Array.from({ length: 240 }, (_, index) => ({
      kind: 'action',
      stage: `${index % 60}${name}`.slice(0, 100),
      action: `${index}${name}`.slice(0, 100),
    }));
    const result = { summary: name.repeat(3), errorCode: name, url: `https://a.example/${'x'.repeat(400)}` };
    const changes = registers.map((register, index) =>
      aChange({ register, state: index % 2 === 0 ? 'failed' : 'waiting', result, version: { eventId: `e${index}` } }),
    );
    const first = aChange({
      facts: {
        trigger: {
          version: aVersion(),
          value: { kind: 'commit', author: name, ref: name, commit: name, message: name },
        },
        stopReason: { version: aVersion(), value: name.repeat(3) },
      },
    });
    const stopped = aChange({ state: 'stopping', version: { rank: 20 } });
    const id = aRolloutId({ name: '€'.repeat(100), executionId: '"'.repeat(100) });
    const message = slackMessage({ ...aRollout(first, ...changes, stopped), id }, { environment: name }, 'full');
    expect(slackProblems(message)).toEqual([]);
  });

  it('is the same for the same rollout', () => {
    expect(slackMessage(structuredClone(failedRollout), { environment: 'production' }, 'full')).toEqual(
      slackMessage(failedRollout, { environment: 'production' }, 'full'),
    );
  });
});

/** Every reference in what Slack reads as mrkdwn, but for the date and the link of ours. */
const mentionsOf = (message: ReturnType<typeof slackMessage>): readonly string[] => {
  const mrkdwn = message.blocks.flatMap((block) =>
    block.type === 'context' ? block.elements.flatMap((each) => (each.type === 'mrkdwn' ? [each.text] : [])) : [],
  );
  return [message.text, ...mrkdwn]
    .flatMap((each) => each.match(/<[^>]*>?/g) ?? [])
    .filter(
      (each) =>
        !/^<!date\^\d+\^[^|^<>]*\|[\dTZ:-]+>$|^<https:\/\/[\w.-]+\/[^|<>\s]+\|Open in (?:CodePipeline|CodeDeploy|ECS)>$/.test(
          each,
        ),
    );
};
