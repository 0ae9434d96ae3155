import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as v from 'valibot';
import { DETAILS } from '../../../shared/config/config.ts';
import { protocolWords, snsMessage } from '../../../shared/message/sns-message.ts';
import { SnsDocument } from '../../../shared/message/sns-document-schema.ts';
import { hostileChange, hostileLabels, hostileRolloutId } from '../../support/arbitraries.ts';
import { aChange, aDeploymentId, aRollout, aRolloutId, aVersion, TEN_O_CLOCK } from '../../support/rollouts.ts';

const started = aChange({
  facts: {
    trigger: {
      version: aVersion(),
      value: { kind: 'commit', author: 'Ada Lovelace', ref: 'main', commit: 'abc1234', message: 'Round up' },
    },
  },
});
const built = aChange({ register: { kind: 'stage', stage: 'Build' }, state: 'succeeded' });
const releaseFailed = aChange({
  register: { kind: 'action', stage: 'Deploy', action: 'Release' },
  state: 'failed',
  version: { time: TEN_O_CLOCK + 200_000, rank: 40, eventId: 'event-2' },
  result: { summary: 'Too few healthy instances', errorCode: 'JobFailed', url: 'https://a.example/d-1' },
});
const deployFailed = aChange({
  register: { kind: 'stage', stage: 'Deploy' },
  state: 'failed',
  version: { time: TEN_O_CLOCK + 201_000, rank: 40 },
});
const failed = aChange({
  state: 'failed',
  version: { time: TEN_O_CLOCK + 252_000, rank: 40, eventId: 'event-3' },
});
const rollout = aRollout(started, built, releaseFailed, deployFailed, failed);

// Neither controls, nor formats such as bidi overrides, nor halves of pairs, nor what XML refuses.
const PRINTABLE = /^[^\p{Cc}\p{Cf}\p{Cs}\ufffe\uffff]+$/u;

const LINK =
  'https://eu-west-1.console.aws.amazon.com/codesuite/codepipeline/pipelines/shop-prod/executions/0a1b2c3d-0000-4000-8000-000000000001/timeline?region=eu-west-1';

/** What a mail has of it, and what filters go by. */
const mailOf = (...given: Parameters<typeof snsMessage>) => {
  const { subject, message, attributes } = snsMessage(...given);
  return { subject, message, attributes };
};

describe('snsMessage', () => {
  it('tells that a rollout failed, where, why, and how it stands', () => {
    expect(mailOf(failed, rollout, { environment: 'production' })).toEqual({
      subject: '[production] shop-prod failed at Deploy / Release',
      message: `❌ shop-prod (production) failed at Deploy / Release after 4 min 12 s

What failed
  Deploy / Release: JobFailed
    Too few healthy instances
    https://a.example/d-1

Stages
  ✅ Build succeeded
  ❌ Deploy failed

Trigger      Round up
             Ada Lovelace · main · abc1234
Started      2026-11-20T10:00:00Z
Account      111122223333
Region       eu-west-1
Execution    0a1b2c3d-0000-4000-8000-000000000001

${LINK}
`,
      attributes: {
        source: 'codepipeline',
        name: 'shop-prod',
        state: 'failed',
        register: 'rollout',
        account: '111122223333',
        region: 'eu-west-1',
        executionId: '0a1b2c3d-0000-4000-8000-000000000001',
        rollback: 'no',
        version: '000001#01795169052000#40',
        environment: 'production',
      },
    });
  });

  it('tells the failure of an action although a retry has overtaken it', () => {
    const retried = aChange({
      register: releaseFailed.register,
      version: { attempt: 2, time: TEN_O_CLOCK + 900_000 },
      startedAt: TEN_O_CLOCK + 900_000,
    });
    const resumed = aChange({ version: { attempt: 2, time: TEN_O_CLOCK + 900_000, rank: 11 } });
    const told = mailOf(releaseFailed, aRollout(releaseFailed, retried, resumed), {});
    expect(told).toEqual({
      subject: 'shop-prod: Deploy / Release failed',
      message: `❌ Deploy / Release failed
🔄 shop-prod is in progress

What failed
  Deploy / Release: JobFailed
    Too few healthy instances
    https://a.example/d-1

Stages
  🔄 Deploy in progress

Attempt      2
Started      2026-11-20T10:03:20Z
Account      111122223333
Region       eu-west-1
Execution    0a1b2c3d-0000-4000-8000-000000000001

${LINK}
`,
      attributes: {
        source: 'codepipeline',
        name: 'shop-prod',
        state: 'failed',
        register: 'action',
        account: '111122223333',
        region: 'eu-west-1',
        executionId: '0a1b2c3d-0000-4000-8000-000000000001',
        rollback: 'unknown',
        version: '000001#01795169000000#40',
      },
    });
  });

  it('tells what waits and why it was stopped', () => {
    const gate = aChange({ register: { kind: 'action', stage: 'Approve', action: 'Gate' }, state: 'waiting' });
    const stopping = aChange({
      state: 'stopping',
      version: { rank: 20 },
      facts: { stopReason: { version: aVersion(), value: 'Wrong branch' } },
    });
    expect(snsMessage(stopping, aRollout(gate, stopping), {}).message).toBe(`🛑 shop-prod is stopping

Waiting for approval
  Approve / Gate, since 2026-11-20T10:00:00Z

Stages
  ⏳ Approve waiting for approval

Stop reason  Wrong branch
Started      2026-11-20T10:00:00Z
Account      111122223333
Region       eu-west-1
Execution    0a1b2c3d-0000-4000-8000-000000000001

${LINK}
`);
  });

  it.each([
    [9, []],
    [10, []],
    [11, ['  and 1 more']],
    [30, ['  and 20 more']],
  ])('lists ten of %i failures at most', (count, more) => {
    const failures = Array.from({ length: count }, (_, index) =>
      aChange({ register: { kind: 'action', stage: 'Deploy', action: `A${index}` }, state: 'failed' }),
    );
    const change = aChange({ state: 'failed', version: { rank: 40 } });
    const lines = snsMessage(change, aRollout(change, ...failures), {}).message.split('\n');
    expect(lines.filter((line) => line.startsWith('  Deploy / A'))).toHaveLength(Math.min(10, count));
    expect(lines.filter((line) => line.includes('more'))).toEqual(more);
  });

  it('tells that a deployment failed, why, and on which instances', () => {
    const id = aDeploymentId();
    const start = aChange({ rollout: id });
    const well = aChange({ rollout: id, register: { kind: 'instance', instance: 'i-1' }, state: 'succeeded' });
    const broken = aChange({
      rollout: id,
      register: { kind: 'instance', instance: 'mi-2' },
      state: 'failed',
      version: { time: TEN_O_CLOCK + 60_000, rank: 40, eventId: 'event-2' },
    });
    const end = aChange({
      rollout: id,
      state: 'failed',
      version: { attempt: 0, time: TEN_O_CLOCK + 252_000, rank: 40, eventId: 'event-3' },
      facts: {
        failure: { version: aVersion(), value: { errorCode: 'HEALTH_CONSTRAINTS', summary: 'Too few are healthy' } },
      },
    });
    const deployment = aRollout({ ...start, version: aVersion({ attempt: 0 }) }, well, broken, end);
    expect(snsMessage(broken, deployment, {}).subject).toBe('shop / prod: instance mi-2 failed');
    expect(mailOf(end, deployment, { environment: 'production' })).toEqual({
      subject: '[production] shop / prod failed',
      message: `❌ shop / prod (production) failed after 4 min 12 s

HEALTH_CONSTRAINTS: too few instances were healthy
Too few are healthy

1 of 2 instances succeeded
Failed
  mi-2

Started      2026-11-20T10:00:00Z
Account      111122223333
Region       eu-west-1
Deployment   d-ABCDE1234

https://eu-west-1.console.aws.amazon.com/codesuite/codedeploy/deployments/d-ABCDE1234?region=eu-west-1
`,
      attributes: {
        source: 'codedeploy',
        name: 'shop/prod',
        state: 'failed',
        register: 'rollout',
        account: '111122223333',
        region: 'eu-west-1',
        executionId: 'd-ABCDE1234',
        rollback: 'unknown',
        version: '000000#01795169052000#40',
        environment: 'production',
      },
    });
  });

  it('says in a summary what happened, why it failed, and where to look', () => {
    expect(snsMessage(failed, rollout, { environment: 'production' }, 'summary').message)
      .toBe(`❌ shop-prod (production) failed at Deploy / Release after 4 min 12 s

What failed
  Deploy / Release: JobFailed
    Too few healthy instances
    https://a.example/d-1

${LINK}
`);
  });

  it('says of a part that changed what the whole is in, also in a summary', () => {
    expect(snsMessage(built, aRollout(started, built), {}, 'summary').message).toBe(`✅ Build succeeded
🔄 shop-prod is in progress

${LINK}
`);
  });

  it.each([
    ['in-progress', '🔄', 'is in progress'],
    ['stopping', '🛑', 'is stopping'],
    ['waiting', '⏳', 'is ready for traffic'],
    ['succeeded', '↩️', 'succeeded'],
    ['failed', '❌', 'failed'],
    ['stopped', '🛑', 'was stopped'],
  ] as const)('calls a rollback that is %s a rollback, and names what it undoes', (state, emoji, predicate) => {
    const change = aChange({
      rollout: aDeploymentId({ executionId: 'd-NEWER0002' }),
      state,
      version: { rank: 20, time: TEN_O_CLOCK + 60_000 },
      startedAt: TEN_O_CLOCK,
      facts: { rollbackOf: { version: aVersion(), value: 'd-BROKEN001' } },
    });
    const { subject, message, sms } = snsMessage(change, aRollout(change), { environment: 'production' });
    const after = ['succeeded', 'failed', 'stopped'].includes(state) ? ' after 1 min' : '';
    expect({ subject, sms, message: message.split('\n').slice(0, 3) }).toEqual({
      subject: `[production] shop / prod rollback ${predicate}`,
      sms: `shop / prod rollback of d-BROKEN001 (production) ${predicate}${after}`,
      message: [
        `${emoji} shop / prod rollback of d-BROKEN001 (production) ${predicate}${after}`,
        '',
        'Rolls back d-BROKEN001',
      ],
    });
  });

  it('has no link where the console is not known', () => {
    const change = aChange({ rollout: aRolloutId({ partition: 'aws-iso', region: 'us-iso-east-1' }) });
    expect(snsMessage(change, aRollout(change), {}).message).toBe(`🔄 shop-prod is in progress

Started      2026-11-20T10:00:00Z
Account      111122223333
Region       us-iso-east-1
Execution    0a1b2c3d-0000-4000-8000-000000000001
`);
  });

  it.each([
    ['a stage', built, { environment: 'production' }, '[production] shop-prod: Build succeeded'],
    ['an action', releaseFailed, { environment: 'production' }, '[production] shop-prod: Deploy / Release failed'],
    ['the whole', started, {}, 'shop-prod is in progress'],
    ['a deployment', aChange({ rollout: aDeploymentId() }), {}, 'shop / prod is in progress'],
    [
      'a deployment with two long names',
      aChange({ rollout: aDeploymentId({ application: 'a'.repeat(100), group: 'g'.repeat(100) }) }),
      {},
      `${'a'.repeat(10)}... / ${'g'.repeat(10)}... is in progress`,
    ],
    ['a name that becomes a blank', aChange({ rollout: aRolloutId({ name: '¨' }) }), {}, '? is in progress'],
    [
      'a name that is not ASCII',
      aChange({ rollout: aRolloutId({ name: 'büro-部署' }) }),
      { environment: 'prod' },
      '[prod] buro-?? is in progress',
    ],
    [
      'names that are too long',
      aChange({
        rollout: aRolloutId({ name: 'n'.repeat(100) }),
        register: { kind: 'action', stage: 's'.repeat(100), action: 'a'.repeat(100) },
        state: 'waiting',
      }),
      { environment: 'e'.repeat(100) },
      `[${'e'.repeat(15)}...] ${'n'.repeat(27)}...: ${'s'.repeat(17)}... is waiting for approval`,
    ],
  ])('says in the subject what has changed: %s', (_, change, labels, subject) => {
    expect(snsMessage(change, rollout, labels).subject).toBe(subject);
  });

  it('calls account and region what people call them, beside what AWS does', () => {
    const { message } = snsMessage(started, aRollout(started), { account: 'payments', region: 'Ireland' });
    expect(message).toContain('Account      payments (111122223333)\nRegion       Ireland (eu-west-1)\n');
  });

  it('begins its subject with something to see', () => {
    const overlined = aChange({ rollout: aRolloutId({ name: '\u203e' }) });
    expect(snsMessage(overlined, aRollout(overlined), { environment: '\u203e' }).subject).toBe('[?] ? is in progress');
  });

  const worlds = fc
    .tuple(hostileRolloutId, fc.array(hostileChange, { minLength: 1, maxLength: 20 }))
    .map(([id, changes]) => changes.map((change) => ({ ...change, rollout: id })));

  it('is what SNS takes, whatever strangers wrote', () => {
    fc.assert(
      fc.property(worlds, hostileLabels, fc.constantFrom(...DETAILS), ([first, ...rest], labels, detail) => {
        const change = rest.at(-1) ?? first ?? aChange();
        const told = snsMessage(change, aRollout(first ?? change, ...rest), labels, detail);
        const { subject, message, sms, document, attributes } = told;
        expect(subject).toMatch(/^[\x21-\x7e][\x20-\x7e]{0,98}$/);
        expect(message.replaceAll('\n', '')).toMatch(PRINTABLE);
        expect(sms).toMatch(PRINTABLE);
        expect(partsOf(sms)).toBeLessThanOrEqual(2);
        expect(Object.keys(attributes).length).toBeLessThanOrEqual(10);
        expect(Object.values(attributes).every((value) => PRINTABLE.test(value))).toBe(true);
        const json: unknown = JSON.parse(JSON.stringify(document));
        expect(v.parse(SnsDocument, json)).toEqual(json);
        expect(textsIn(json).filter((text) => !PRINTABLE.test(text))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it.each(['"', '\\', 'é', '部', '𝕏', '{'])(
    'stays far below what SNS takes when everything is full of %s',
    (letter) => {
      // A name has at most 100 bytes, other texts have so many characters.
      const full = (bytes: number): string => letter.repeat(Math.floor(bytes / Buffer.byteLength(letter)));
      const text = (characters: number): string => letter.repeat(Math.floor(characters / letter.length));
      const id = aDeploymentId({ application: full(100), group: full(100), executionId: text(100) });
      const result = { summary: text(300), errorCode: text(100), url: `https://a.example/${'x'.repeat(380)}` };
      const changes = Array.from({ length: 150 }, (_, index) => {
        const name = `${index}${full(96)}`;
        return aChange({
          rollout: id,
          register: index < 60 ? { kind: 'stage', stage: name } : { kind: 'action', stage: name, action: full(100) },
          state: index % 2 === 0 ? 'failed' : 'waiting',
          result,
        });
      });
      const whole = aChange({
        rollout: id,
        state: 'failed',
        version: { attempt: 0, rank: 40 },
        facts: {
          trigger: {
            version: aVersion(),
            value: { kind: 'commit', author: text(200), ref: text(200), commit: text(200), message: text(240) },
          },
          failure: { version: aVersion(), value: result },
          rollbackOf: { version: aVersion(), value: text(100) },
        },
      });
      const [first = whole, ...rest] = changes;
      const labels = { environment: text(40), account: text(40), region: text(40) };
      const told = snsMessage(whole, aRollout(whole, first, ...rest), labels);
      expect(told.document.rollout.shortened).toBe(true);
      expect(Buffer.byteLength(JSON.stringify(protocolWords(told)))).toBeLessThan(220_000);
      expect(v.is(SnsDocument, told.document)).toBe(true);
    },
  );
});

/** How many parts an SMS is sent in, each packed as full as it gets without breaking a pair. */
const partsOf = (sms: string): number => {
  const basic = /^[@£$¥èéùìòÇ\nØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&'()*+,\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà]$/;
  const isGsm = Array.from(sms).every((one) => basic.test(one) || '^{}\\[~]|€'.includes(one));
  const weights = Array.from(sms, (one) => (isGsm ? (basic.test(one) ? 1 : 2) : one.length));
  if (weights.reduce((sum, weight) => sum + weight, 0) <= (isGsm ? 160 : 70)) {
    return 1;
  }
  const room = isGsm ? 153 : 67;
  let parts = 1;
  let used = 0;
  for (const weight of weights) {
    parts += used + weight > room ? 1 : 0;
    used = used + weight > room ? weight : used + weight;
  }
  return parts;
};

const textsIn = (value: unknown): readonly string[] =>
  typeof value === 'string'
    ? [value]
    : typeof value === 'object' && value !== null
      ? Object.values(value).flatMap(textsIn)
      : [];
