import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseEvent, parseEventText } from '../../../shared/rollout/parse-event.ts';
import type { ParsedEvent } from '../../../shared/rollout/parsed-event.ts';
import type { StateChange } from '../../../shared/rollout/rollout.ts';
import { hostileText } from '../../support/arbitraries.ts';
import { aChange, TEN_O_CLOCK } from '../../support/rollouts.ts';

const PIPELINE = 'CodePipeline Pipeline Execution State Change';
const STAGE = 'CodePipeline Stage Execution State Change';
const ACTION = 'CodePipeline Action Execution State Change';

type Fields = Readonly<Record<string, unknown>>;

/** A healthy event of the pipeline level, but for what is given; a field given as undefined is missing. */
const anEvent = (given: Fields = {}, detail: Fields = {}): object => ({
  version: '0',
  id: 'event-1',
  'detail-type': PIPELINE,
  source: 'aws.codepipeline',
  account: '111122223333',
  time: '2026-11-20T10:00:00Z',
  region: 'eu-west-1',
  resources: ['arn:aws:codepipeline:eu-west-1:111122223333:shop-prod'],
  detail: {
    pipeline: 'shop-prod',
    'execution-id': '0a1b2c3d-0000-4000-8000-000000000001',
    'start-time': '2026-11-20T10:00:00.000Z',
    state: 'STARTED',
    version: 7,
    'pipeline-execution-attempt': 1,
    ...detail,
  },
  ...given,
});

const anAction = (detail: Fields = {}): object =>
  anEvent({ 'detail-type': ACTION }, { stage: 'Deploy', action: 'Release', ...detail });

const parsedText = (event: object): ParsedEvent => parseEventText(JSON.stringify(event));

const quarantined = (reason: string): ParsedEvent => ({ kind: 'quarantined', reason });
const change = (of: StateChange): ParsedEvent => ({ kind: 'change', change: of });

const NO_TIME = 'time: is not an ISO 8601 time of this century';

const deep = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

describe('parseEventText', () => {
  it.each([
    ['nothing', '', 'empty'],
    ['blanks', ' \n', 'empty'],
    ['half an object', '{', 'not JSON'],
    ['two objects', '{"a":1} {"b":2}', 'not JSON'],
    ['null', 'null', 'an event is a JSON object, this is null'],
    ['a number', '3', 'an event is a JSON object, this is a number'],
    ['a text', '"text"', 'an event is a JSON object, this is a string'],
    ['a truth', 'true', 'an event is a JSON object, this is a boolean'],
    ['a list', '[]', 'an event is a JSON object, this is an array'],
    ['lists in lists', deep(10_000), 'an event is a JSON object, this is an array'],
    ['an empty object', '{}', 'source: missing; detail-type: missing'],
    ['other types', '{"source":1,"detail-type":null}', 'source: should be string; detail-type: should be string'],
  ])('puts %s aside (B1, B2, B3)', (_, text, reason) => {
    expect(parseEventText(text)).toEqual(quarantined(reason));
  });

  it.each([
    ['without an id', { id: undefined }, {}, 'id: missing'],
    ['with an id that is empty', { id: '' }, {}, 'id: is empty'],
    ['with an id of 10 kB', { id: 'x'.repeat(10_000) }, {}, 'id: is longer than 100 characters'],
    ['with an id of two lines', { id: 'a\nb' }, {}, 'id: has spaces or control characters'],
    ['without a time', { time: undefined }, {}, 'time: missing'],
    ['with a time that is none', { time: 'yesterday' }, {}, NO_TIME],
    ['with a time that no calendar has', { time: '2026-13-40T10:00:00Z' }, {}, NO_TIME],
    ['with the time of a clock at its zero', { time: '1970-01-01T00:00:00Z' }, {}, NO_TIME],
    ['with a time that no calendar will have', { time: '9999-12-31T23:59:59Z' }, {}, NO_TIME],
    ['with an account that is none', { account: 'prod' }, {}, 'account: is not an account id of 12 digits'],
    ['with an account that is empty', { account: '' }, {}, 'account: is not an account id of 12 digits'],
    ['with an account that is too short', { account: '1122223333' }, {}, 'account: is not an account id of 12 digits'],
    ['with an account below zero', { account: -1 }, {}, 'account: is not an account id of 12 digits'],
    ['with a region that is none', { region: 'eu-west-1.evil.example/' }, {}, 'region: is not a region'],
    ['without a detail', { detail: undefined }, {}, 'detail: missing'],
    ['with a detail that is text', { detail: '{"state":"STARTED"}' }, {}, 'detail: should be Object'],
    [
      'with a detail that is a list',
      { detail: [] },
      {},
      'detail.pipeline: missing; detail.execution-id: missing; detail.state: missing',
    ],
    ['without a pipeline', {}, { pipeline: undefined }, 'detail.pipeline: missing'],
    ['with a name that is too long', {}, { pipeline: 'x'.repeat(101) }, 'detail.pipeline: is longer than 100 bytes'],
    ['without an execution id', {}, { 'execution-id': undefined }, 'detail.execution-id: missing'],
    [
      'with an execution id of 10 kB',
      {},
      { 'execution-id': 'x'.repeat(10_000) },
      'detail.execution-id: is longer than 100 characters',
    ],
    [
      'with a NUL in its execution id',
      {},
      { 'execution-id': 'a\u0000b' },
      'detail.execution-id: has spaces or control characters',
    ],
    ['with a name that is a number', {}, { pipeline: 7 }, 'detail.pipeline: should be string'],
    ['with a state that is a number', {}, { state: 7 }, 'detail.state: should be string'],
    ['with an unknown state', {}, { state: 'ROLLED_BACK' }, 'detail.state: not a state of this detail-type'],
    [
      'with a state that every object has',
      {},
      { state: 'constructor' },
      'detail.state: not a state of this detail-type',
    ],
    ['with a state of another level', {}, { state: 'ABANDONED' }, 'detail.state: not a state of this detail-type'],
    ['of a stage without its name', { 'detail-type': STAGE }, {}, 'detail.stage: missing'],
    ['of an action without names', { 'detail-type': ACTION }, {}, 'detail.stage: missing; detail.action: missing'],
  ])(
    'puts an event %s aside, and says why without a word of it (B4, B5, B8, B9, B10, B12, B13, B16, B25, B28, S44)',
    (_, given, detail, reason) => {
      expect(parsedText(anEvent(given, detail))).toEqual(quarantined(reason));
    },
  );

  it.each([
    ['of another source', { source: 'aws.s3' }, 'unknown source'],
    ['of a source that every object has', { source: 'constructor' }, 'unknown source'],
    ['of another kind', { 'detail-type': 'CodePipeline Rule Execution State Change' }, 'unknown detail-type'],
    ['of a kind that every object has', { 'detail-type': '__proto__' }, 'unknown detail-type'],
  ])('lets an event %s pass by (B6, B7, B23)', (_, given, reason) => {
    expect(parsedText(anEvent(given))).toEqual({ kind: 'ignored', reason });
  });

  it('reads the start of a rollout', () => {
    expect(parsedText(anEvent())).toEqual(change(aChange()));
  });

  it('takes nothing from the prototype of a detail (B23)', () => {
    const text = JSON.stringify(anEvent({}, { state: undefined })).replace(
      '"pipeline":',
      '"__proto__":{"state":"STARTED"},"pipeline":',
    );
    expect(parseEventText(text)).toEqual(quarantined('detail.state: missing'));
  });

  it('reads an account that is a number and lost its leading zeros (B71)', () => {
    expect(parsedText(anEvent({ account: 1122223333 }))).toEqual(
      change(aChange({ rollout: { ...aChange().rollout, account: '001122223333' } })),
    );
  });

  it('reads an event of 250 kB (B21)', () => {
    expect(parsedText(anEvent({}, { padding: 'x'.repeat(250_000) }))).toEqual(change(aChange()));
  });

  it('reads an event with something deep in it (B22)', () => {
    const text = JSON.stringify(anEvent()).replace('"version":7', `"version":${deep(10_000)}`);
    expect(parseEventText(text)).toEqual(change(aChange()));
  });

  it.each([
    ['1.0', 1],
    ['2.0', 2],
    ['"2"', 2],
    ['0.0', 0],
    ['null', 0],
    ['-1', 0],
    ['1e99', 0],
    ['1e400', 0],
    ['-1e400', 0],
    ['-0', 0],
    ['"NaN"', 0],
    ['{}', 0],
  ])('reads the attempt %s as %i (B26, B73)', (told, attempt) => {
    const text = JSON.stringify(anEvent()).replace(
      '"pipeline-execution-attempt":1',
      `"pipeline-execution-attempt":${told}`,
    );
    expect(parseEventText(text)).toEqual(change(aChange({ version: { attempt } })));
  });

  it('takes the last of two keys of one name for it, in all that it tells (B24)', () => {
    const text = JSON.stringify(anEvent()).replace('"pipeline":', '"pipeline":"other","state":"PAUSED","pipeline":');
    expect(parseEventText(text)).toEqual(change(aChange()));
  });

  it.each([
    ['cn-north-1', 'aws-cn'],
    ['us-gov-west-1', 'aws-us-gov'],
    ['us-iso-east-1', 'aws-iso'],
    ['us-isob-east-1', 'aws-iso-b'],
    ['eusc-de-east-1', 'aws-eusc'],
    ['zz-new-9', 'aws'],
  ])('finds the region %s in the partition %s (B17)', (region, partition) => {
    expect(parsedText(anEvent({ region }))).toEqual(
      change(aChange({ rollout: { ...aChange().rollout, region, partition } })),
    );
  });

  it('takes the time of an event for the start of what was resumed (B72)', () => {
    const resumed = anEvent({ 'detail-type': STAGE }, { stage: 'Deploy', state: 'RESUMED', 'start-time': undefined });
    expect(parsedText(resumed)).toEqual(
      change(aChange({ register: { kind: 'stage', stage: 'Deploy' }, version: { rank: 11 } })),
    );
  });

  it('takes a start of 1970 for none', () => {
    expect(parsedText(anEvent({}, { 'start-time': '1970-01-01T00:00:00Z' }))).toEqual(change(aChange()));
  });

  it('reads an event without an attempt and without a start', () => {
    expect(parsedText(anEvent({}, { 'pipeline-execution-attempt': undefined, 'start-time': undefined }))).toEqual(
      change(aChange({ version: { attempt: 0 } })),
    );
  });

  it('never takes a start that is later than the event', () => {
    expect(parsedText(anEvent({}, { 'start-time': '2026-11-20T10:00:09Z' }))).toEqual(change(aChange()));
  });

  it.each([
    ['STARTED', 'in-progress', 10],
    ['RESUMED', 'in-progress', 11],
    ['STOPPING', 'stopping', 20],
    ['STOPPED', 'stopped', 30],
    ['CANCELED', 'canceled', 30],
    ['SUPERSEDED', 'superseded', 30],
    ['FAILED', 'failed', 40],
    ['SUCCEEDED', 'succeeded', 50],
  ] as const)('reads %s as %s', (told, state, rank) => {
    expect(parsedText(anEvent({}, { state: told }))).toEqual(change(aChange({ state, version: { rank } })));
  });
});

const release = { kind: 'action', stage: 'Deploy', action: 'Release' } as const;
const failed = { register: release, state: 'failed', version: { rank: 40 } } as const;

describe('an action', () => {
  it.each([
    ['without a result', undefined, {}],
    ['with a result that is text', 'oops', {}],
    ['with a result of nothing', { 'external-execution-summary': '', 'error-code': null }, {}],
    [
      'with a summary and a code',
      { 'external-execution-summary': ' too few healthy instances ', 'error-code': 'JobFailed' },
      { result: { summary: 'too few healthy instances', errorCode: 'JobFailed' } },
    ],
    [
      'with its message inside JSON',
      { 'external-execution-summary': '{"errorMessage":"GET /health answered 503","trace":["secret"]}' },
      { result: { summary: 'GET /health answered 503' } },
    ],
    ['with JSON and no message in it', { 'external-execution-summary': '{"trace":["secret"]}' }, {}],
    ['with JSON far too deep', { 'external-execution-summary': deep(10_000) }, {}],
    [
      'with text that begins like JSON',
      { 'external-execution-summary': '[prod] no capacity' },
      { result: { summary: '[prod] no capacity' } },
    ],
    [
      'with an address',
      { 'external-execution-url': 'https://a.example/b c' },
      { result: { url: 'https://a.example/b%20c' } },
    ],
    ['with a signed address', { 'external-execution-url': 'https://a.example/?X-Amz-Signature=0af1' }, {}],
    [
      'with an address that holds a token once encoded',
      { 'external-execution-url': ['https://a.example/ x', 'oxb-1-canary'].join('') },
      {},
    ],
    [
      'with HTML inside JSON',
      { 'external-execution-summary': '{"message":"<b>no</b>","html":"<p>"}' },
      { result: { summary: '<b>no</b>' } },
    ],
    ['with a code and no address', { 'error-code': 'JobFailed' }, { result: { errorCode: 'JobFailed' } }],
    ['with an address that is not https', { 'external-execution-url': 'javascript:alert(1)' }, {}],
    ['with an address that has a password', { 'external-execution-url': 'https://a:b@c.example/' }, {}],
    [
      'with an address that is too long once encoded',
      { 'external-execution-url': `https://a.example/${'é'.repeat(400)}` },
      {},
    ],
  ])('that failed %s says what it can (B30, B31, S46)', (_, result, expected) => {
    expect(parsedText(anAction({ state: 'FAILED', 'execution-result': result }))).toEqual(
      change(aChange({ ...failed, ...expected })),
    );
  });

  it.each(['x', '𝕏', 'x𝕏', '\ud83d'])('of which the summary is endless says its beginning: %j (B21)', (piece) => {
    const parsed = parsedText(
      anAction({ state: 'FAILED', 'execution-result': { 'external-execution-summary': piece.repeat(5000) } }),
    );
    const summary = parsed.kind === 'change' ? (parsed.change.result?.summary ?? '') : '';
    expect(Array.from(summary)).toHaveLength(240);
    expect(summary.endsWith('…')).toBe(true);
    expect(summary.isWellFormed()).toBe(true);
  });

  it('that waits for people is one that started as an approval', () => {
    expect(parsedText(anAction({ type: { category: 'Approval' } }))).toEqual(
      change(aChange({ register: release, state: 'waiting' })),
    );
  });

  it('that was approved has succeeded', () => {
    expect(parsedText(anAction({ state: 'SUCCEEDED', type: { category: 'Approval' } }))).toEqual(
      change(aChange({ register: release, state: 'succeeded', version: { rank: 50 } })),
    );
  });
});

describe('a trigger', () => {
  const version = aChange().version;

  it.each([
    ['nothing', null, {}],
    ['an empty object', {}, {}],
    [
      'a push',
      {
        'author-display-name': 'Ada',
        'author-email': 'ada@example.com',
        'branch-name': 'main',
        'commit-id': 'abc',
        'commit-message': 'Round up\n\nthe rest',
        'full-repository-name': 'acme/shop',
      },
      {
        kind: 'commit',
        author: 'Ada',
        email: 'ada@example.com',
        ref: 'main',
        commit: 'abc',
        message: 'Round up',
        repository: 'acme/shop',
      },
    ],
    ['a tag', { 'tag-name': 'v1' }, { kind: 'commit', ref: 'v1' }],
    [
      'a call',
      { 'trigger-type': 'StartPipelineExecution', 'trigger-detail': 'arn:aws:iam::1:user/a' },
      { kind: 'other', type: 'StartPipelineExecution', detail: 'arn:aws:iam::1:user/a' },
    ],
  ])('that is %s becomes a fact as far as it tells something (B74)', (_, told, value) => {
    const facts = 'kind' in value ? { trigger: { version, value } } : {};
    expect(parsedText(anEvent({}, { 'execution-trigger': told }))).toEqual({
      kind: 'change',
      change: { ...aChange(), facts },
    });
  });
});

describe('a stop', () => {
  it('brings its reason', () => {
    const stopping = aChange({ state: 'stopping', version: { rank: 20 } });
    expect(parsedText(anEvent({}, { state: 'STOPPING', 'stop-execution-comments': 'wrong branch' }))).toEqual(
      change({ ...stopping, facts: { stopReason: { version: stopping.version, value: 'wrong branch' } } }),
    );
  });
});

describe('parseEvent', () => {
  it('names the replay of an archive that brought the event, and nothing that EventBridge would not call one', () => {
    const replayOf = (name: unknown) => {
      const parsed = parseEvent(anEvent({ 'replay-name': name }));
      return parsed.kind === 'change' ? parsed.replay : parsed;
    };
    expect(['after-the-outage', 7, '', '<!channel>', 'x'.repeat(65)].map(replayOf)).toEqual([
      'after-the-outage',
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  const isWellFormed = (parsed: ParsedEvent): boolean => JSON.stringify(parsed).isWellFormed();

  it('has an answer to any JSON value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(['ignored', 'quarantined']).toContain(parseEvent(value).kind);
      }),
    );
  });

  it('has an answer to any text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), hostileText(200)), (text) => {
        expect(['ignored', 'quarantined']).toContain(parseEventText(text).kind);
      }),
    );
  });

  it('has a storable answer to an event of which any field is anything', () => {
    const field = fc.constantFrom('id', 'account', 'time', 'region', 'source', 'detail-type', 'detail');
    const inner = fc.constantFrom(
      'pipeline',
      'execution-id',
      'start-time',
      'stage',
      'action',
      'state',
      'type',
      'execution-trigger',
      'execution-result',
      'stop-execution-comments',
      'pipeline-execution-attempt',
    );
    const anything = fc.oneof(fc.anything(), hostileText(150));
    fc.assert(
      fc.property(
        fc.constantFrom(PIPELINE, STAGE, ACTION),
        fc.dictionary(field, anything, { maxKeys: 1 }),
        fc.dictionary(inner, anything, { maxKeys: 4 }),
        (level, given, detail) => {
          const parsed = parseEvent(
            anEvent({ 'detail-type': level, ...given }, { stage: 'Deploy', action: 'Release', ...detail }),
          );
          expect(isWellFormed(parsed)).toBe(true);
          if (parsed.kind === 'change') {
            expect(Number.isSafeInteger(parsed.change.version.attempt)).toBe(true);
            expect(parsed.change.startedAt).toBeLessThanOrEqual(parsed.change.version.time);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['2026-11-20T12:00:00+02:00', 0],
    ['2026-11-20T10:00:00', 0],
    ['2026-11-20T10:00:00.595Z', 595],
    ['2026-11-20T10:00Z', 0],
  ])('gives a change the time of its event: %s (B15)', (time, after) => {
    expect(parseEvent(anEvent({ time }, { 'start-time': undefined }))).toEqual(
      change(aChange({ version: { time: TEN_O_CLOCK + after } })),
    );
  });
});
