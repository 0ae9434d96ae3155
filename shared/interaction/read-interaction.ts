import * as v from 'valibot';
import { APPROVE, APPROVE_IN_MODAL, REJECT_IN_MODAL } from '../gate/buttons.ts';
import { MOST_NOTE } from '../gate/vote-message.ts';
import type { Vote } from '../gate/vote-message.ts';
import { cleanText } from '../message/clean-text.ts';
import { cutText } from '../message/cut-text.ts';
import { onlyValue } from './verify-request.ts';
import type { RawRequest } from './verify-request.ts';

/** What Slack has to say, by what we do about it. Everything in it is as Slack told it. */
export type Interaction =
  /** Slack wants to know whether somebody listens here. */
  | { readonly kind: 'challenge'; readonly challenge: string }
  | { readonly kind: 'ssl-check' }
  /** A click or a form that counts as a vote. `key` names it for ever. */
  | (Told & {
      readonly kind: 'vote';
      readonly vote: ClickedVote;
      /** Where whoever clicked can be told something. Forms have none. */
      readonly responseUrl?: string;
    })
  /** A click that asks for the form in which the vote is given. */
  | (Told & {
      readonly kind: 'form';
      readonly verdict: Vote['verdict'];
      readonly place: GatePlace;
      /** What the clicked message says. */
      readonly text: string;
      readonly triggerId: string;
      readonly responseUrl?: string;
    })
  /** A form whose reason will not do. */
  | (Told & { readonly kind: 'unfinished'; readonly problem: string })
  /** Links and forms that are closed: nothing follows. */
  | (Told & { readonly kind: 'nothing' })
  | { readonly kind: 'senseless'; readonly why: string };

/** The app and the workspace that it is about; null where a whole organisation has the app. */
type Told = { readonly app: string; readonly team: string | null };

/** A vote, but for what only the one knows who took it in. */
export type ClickedVote = Omit<Vote, 'kind' | 'at' | 'requestId'>;

/** The gate, and the message that its buttons are in. */
export type GatePlace = Pick<Vote, 'gate' | 'channel' | 'ts'>;

const MOST_NAME = 100;
const LEAST_NOTE = 3;

/** The block of a form, and the field in it, that hold the reason. */
export const NOTE_FIELD = 'note';

const Id = v.pipe(v.string(), v.regex(/^[A-Z0-9]{2,40}$/));
const Ts = v.pipe(v.string(), v.regex(/^\d{1,12}\.\d{1,9}$/));
const Gate = v.pipe(v.string(), v.regex(/^[\w-]{22}$/));
const Key = v.pipe(v.string(), v.regex(/^[\w.-]{1,100}$/));
const Text = v.pipe(v.string(), v.nonEmpty(), v.maxLength(1000));

const Sender = v.object({
  api_app_id: Id,
  team: v.nullish(v.object({ id: Id })),
  // Names are labels that anybody chooses: who it is, the ids say.
  user: v.object({ id: Id, team_id: v.nullish(Id), name: v.nullish(v.string()), username: v.nullish(v.string()) }),
});
type Sender = v.InferOutput<typeof Sender>;

const Action = v.object({ action_id: v.string(), value: v.nullish(v.string()), action_ts: Key });

const BlockActions = v.object({
  type: v.literal('block_actions'),
  ...Sender.entries,
  // Slack sends one: https://docs.slack.dev/reference/interaction-payloads/block_actions-payload
  actions: v.strictTuple([Action]),
  channel: v.nullish(v.object({ id: Id })),
  message: v.nullish(v.object({ ts: Ts, text: v.nullish(v.string()) })),
  trigger_id: Text,
  response_url: v.nullish(Text),
});

const Place = v.object({ gate: Gate, channel: Id, ts: Ts });

const ViewSubmission = v.object({
  type: v.literal('view_submission'),
  ...Sender.entries,
  view: v.object({
    id: Key,
    callback_id: v.string(),
    private_metadata: v.pipe(v.string(), v.parseJson(), Place),
    state: v.object({
      values: v.object({ [NOTE_FIELD]: v.object({ [NOTE_FIELD]: v.object({ value: v.nullish(v.string()) }) }) }),
    }),
  }),
});

const ViewClosed = v.object({ type: v.literal('view_closed'), ...Sender.entries });

const Payload = v.variant('type', [BlockActions, ViewSubmission, ViewClosed]);

const Challenge = v.object({ type: v.literal('url_verification'), challenge: Text });

type Button = { readonly verdict: Vote['verdict']; readonly asks: boolean };

const BUTTONS: ReadonlyMap<string, Button> = new Map([
  [APPROVE, { verdict: 'approve', asks: false }],
  [APPROVE_IN_MODAL, { verdict: 'approve', asks: true }],
  [REJECT_IN_MODAL, { verdict: 'reject', asks: true }],
]);

/** A link is followed by Slack itself, which tells us of it all the same. */
const LINK = 'gate.link';

const FORMS: ReadonlyMap<string, Vote['verdict']> = new Map([
  ['gate.approve', 'approve'],
  ['gate.reject', 'reject'],
]);

/** Reads a request that Slack has signed. Never throws: what makes no sense is told by its kind, and nothing of it. */
export const readInteraction = ({ headers, body }: Pick<RawRequest, 'headers' | 'body'>): Interaction => {
  const [mediaType = ''] = (onlyValue(headers, 'content-type') ?? '').split(';');
  switch (mediaType.trim().toLowerCase()) {
    case 'application/json':
      return readEvent(body.toString('utf8'));
    case 'application/x-www-form-urlencoded':
      return readForm(new URLSearchParams(body.toString('utf8')));
    default:
      return senseless('it is neither a form nor JSON');
  }
};

const senseless = (why: string): Interaction => ({ kind: 'senseless', why });

/** Of the Events API we want to hear nothing; Slack asks at the door once when its address is set. */
const readEvent = (text: string): Interaction => {
  const parsed = v.safeParse(Challenge, parseJson(text));
  return parsed.success ? { kind: 'challenge', challenge: parsed.output.challenge } : senseless('it is an event');
};

const readForm = (form: URLSearchParams): Interaction => {
  const [payload, ...more] = form.getAll('payload');
  if (payload === undefined) {
    return form.get('ssl_check') === '1' ? { kind: 'ssl-check' } : senseless('it has no payload');
  }
  if (more.length > 0) {
    return senseless('it has more than one payload');
  }
  const parsed = v.safeParse(Payload, parseJson(payload));
  if (!parsed.success) {
    return senseless('its payload is not one that Gatehouse asks for');
  }
  switch (parsed.output.type) {
    case 'block_actions':
      return readClick(parsed.output);
    case 'view_submission':
      return readSubmission(parsed.output);
    case 'view_closed':
      return { ...toldBy(parsed.output), kind: 'nothing' };
  }
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const toldBy = ({ api_app_id: app, team }: Sender): Told => ({ app, team: team?.id ?? null });

const voterOf = ({ user, team }: Sender): Vote['by'] => {
  const name = cutText(cleanText(user.name ?? user.username ?? ''), MOST_NAME);
  // A user's own workspace is told where it could be another: https://docs.slack.dev/apis/slack-connect
  return { user: user.id, team: user.team_id ?? team?.id ?? 'unknown', ...(name !== '' && { name }) };
};

const readClick = (click: v.InferOutput<typeof BlockActions>): Interaction => {
  const { actions, channel, message, trigger_id: triggerId, response_url: responseUrl } = click;
  const [{ action_id: id, value, action_ts: key }] = actions;
  const told = toldBy(click);
  if (id === LINK) {
    return { ...told, kind: 'nothing' };
  }
  const button = BUTTONS.get(id);
  const place = v.safeParse(Place, { gate: value, channel: channel?.id, ts: message?.ts });
  if (button === undefined || !place.success) {
    return senseless('it is no button of a gate');
  }
  const { verdict, asks } = button;
  const answerable = typeof responseUrl === 'string' && { responseUrl };
  return asks
    ? { ...told, kind: 'form', verdict, place: place.output, text: message?.text ?? '', triggerId, ...answerable }
    : {
        ...told,
        kind: 'vote',
        vote: { ...place.output, verdict, step: 'button', by: voterOf(click), app: told.app, key },
        ...answerable,
      };
};

const readSubmission = (submission: v.InferOutput<typeof ViewSubmission>): Interaction => {
  const { id: key, callback_id: form, private_metadata: place, state } = submission.view;
  const told = toldBy(submission);
  const verdict = FORMS.get(form);
  if (verdict === undefined) {
    return senseless('it is no form of a gate');
  }
  const note = cleanText(state.values[NOTE_FIELD][NOTE_FIELD].value ?? '');
  if (verdict === 'reject' && note.length < LEAST_NOTE) {
    return { ...told, kind: 'unfinished', problem: 'Give a reason: whoever made this reads it.' };
  }
  if (note.length > MOST_NOTE) {
    return { ...told, kind: 'unfinished', problem: `At most ${MOST_NOTE} characters.` };
  }
  return {
    ...told,
    kind: 'vote',
    vote: {
      ...place,
      verdict,
      step: 'modal',
      ...(note !== '' && { note }),
      by: voterOf(submission),
      app: told.app,
      key,
    },
  };
};
