import { asError } from '../../shared/as-error.ts';
import type { Clock } from '../../shared/clock.ts';
import type { SlackReply } from '../../shared/delivery/slack-reply.ts';
import type { Vote } from '../../shared/gate/vote-message.ts';
import type { Arrival } from '../../shared/interaction/http-event.ts';
import { NOTE_FIELD, readInteraction } from '../../shared/interaction/read-interaction.ts';
import type { Interaction } from '../../shared/interaction/read-interaction.ts';
import { verifyRequest } from '../../shared/interaction/verify-request.ts';
import type { NotFromSlack } from '../../shared/interaction/verify-request.ts';
import type { Log } from '../../shared/log.ts';
import { voteModal } from '../../shared/message/vote-modal.ts';

/** What goes back to Slack. */
export type Answer = {
  readonly statusCode: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
};

export type Interact = (arrival: Arrival) => Promise<Answer>;

/** What takes time is told until when it may: epoch milliseconds. */
export type InteractDeps = {
  /** The secrets that Slack may have signed with; rejects when they cannot be had in time. */
  readonly signingSecrets: (until: number) => Promise<readonly string[]>;
  readonly openView: (
    triggerId: string,
    view: ReturnType<typeof voteModal>,
    until: number,
  ) => Promise<SlackReply<undefined>>;
  /** Hands a vote to `decide`. Rejects when nobody knows whether it was taken. */
  readonly enqueue: (vote: Vote, until: number) => Promise<void>;
  /** Tells whoever clicked, and only them; rejects when they could not be told. */
  readonly respond: (responseUrl: string, text: string, until: number) => Promise<void>;
  /** The app and the workspace whose clicks count. Undefined app: whichever the secret is of. */
  readonly app: string | undefined;
  readonly team: string;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
};

/** Slack waits three seconds: https://docs.slack.dev/interactivity/handling-user-interaction. All is over before. */
const ALL_MS = 2_500;

/** So much of it is kept for telling people that something went wrong. */
const TELLING_MS = 500;

/** Clocks differ, and what is late is tried all the same. */
const LEAST_MS = 1_000;

/**
 * Takes what people click: makes sure that Slack sent it, opens the form or hands the vote on, and answers in time. It
 * decides nothing and reads nothing. Repetitions need no guard here: a vote's key is the click's own, and `decide` counts
 * it once.
 */
export const createInteract =
  (deps: InteractDeps): Interact =>
  async ({ request, requestId, at }) => {
    const { clock, log } = deps;
    const now = clock.now();
    const until = Math.max(Math.min(at, now) + ALL_MS, now + LEAST_MS);
    let secrets: readonly string[];
    try {
      secrets = await deps.signingSecrets(until - TELLING_MS);
    } catch (error) {
      log.error('click not taken', { requestId, reason: 'the signing secret cannot be read', error: asError(error) });
      return answer(500);
    }
    const refusal = verifyRequest(request, secrets, now);
    if (refusal !== undefined) {
      logRefusal(log, refusal, requestId);
      return answer(401);
    }
    return take(deps, readInteraction(request), { requestId, at: now, until });
  };

const logRefusal = (log: Log, refusal: NotFromSlack, requestId: string): void => {
  if (refusal === 'signature') {
    // Whoever sends it knows how Slack signs: the secret is wrong, or somebody tries to get in.
    log.error('signature refused', { requestId });
  } else {
    log.warn('request refused', { requestId, reason: refusal });
  }
};

const answer = (statusCode: number): Answer => ({ statusCode, body: '' });

const json = (body: object): Answer => ({
  statusCode: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

type Of<Kind extends Interaction['kind']> = Extract<Interaction, { readonly kind: Kind }>;

type Taking = { readonly requestId: string; readonly at: number; readonly until: number };

const take = async (deps: InteractDeps, interaction: Interaction, taking: Taking): Promise<Answer> => {
  const { log } = deps;
  const { requestId } = taking;
  switch (interaction.kind) {
    case 'challenge':
      return { statusCode: 200, headers: { 'content-type': 'text/plain' }, body: interaction.challenge };
    case 'ssl-check':
      return answer(200);
    case 'senseless':
      log.warn('request makes no sense', { requestId, reason: interaction.why });
      return answer(400);
    default:
      return takeClick(deps, interaction, taking);
  }
};

const takeClick = async (
  deps: InteractDeps,
  interaction: Of<'nothing' | 'unfinished' | 'form' | 'vote'>,
  taking: Taking,
): Promise<Answer> => {
  const { app, team } = interaction;
  if (team !== deps.team || (deps.app !== undefined && app !== deps.app)) {
    deps.log.warn('click for another app or workspace', { requestId: taking.requestId, app, team: team ?? 'none' });
    return answer(403);
  }
  switch (interaction.kind) {
    case 'nothing':
      return answer(200);
    case 'unfinished':
      return withError(interaction.problem);
    case 'form':
      return openForm(deps, interaction, taking);
    case 'vote':
      return handOn(deps, interaction, taking);
  }
};

/** Shows the form again, with what is wrong: https://docs.slack.dev/surfaces/modals#displaying_errors */
const withError = (problem: string): Answer => json({ response_action: 'errors', errors: { [NOTE_FIELD]: problem } });

/** Without a look at anything: the trigger that opens a form is worth three seconds from the click. */
const openForm = async (
  deps: InteractDeps,
  { triggerId, verdict, place, text, responseUrl }: Of<'form'>,
  { requestId, until }: Taking,
): Promise<Answer> => {
  const opened = await deps.openView(triggerId, voteModal(verdict, place, text), until - TELLING_MS);
  if (opened.ok) {
    deps.log.info('form opened', { requestId, gate: place.gate, verdict });
    return answer(200);
  }
  const { failure } = opened;
  const reason = failure.kind === 'rate-limited' ? failure.kind : failure.error;
  deps.log.error('click not taken', { requestId, gate: place.gate, reason: `the form was not opened: ${reason}` });
  await tell(deps, responseUrl, 'Slack did not open the form, and nothing was decided. Click again.', until);
  return answer(500);
};

const handOn = async (
  deps: InteractDeps,
  { vote, responseUrl }: Of<'vote'>,
  { requestId, at, until }: Taking,
): Promise<Answer> => {
  const { gate, verdict, step, by } = vote;
  try {
    await deps.enqueue({ ...vote, kind: 'vote', at, requestId }, until - TELLING_MS);
  } catch (error) {
    deps.log.error('click not taken', { requestId, gate, reason: 'the vote was not queued', error: asError(error) });
    if (step === 'modal') {
      return withError('This was not recorded: Gatehouse cannot take votes right now. Try again in a minute.');
    }
    await tell(
      deps,
      responseUrl,
      'Your click was not recorded: Gatehouse cannot take votes right now. Click again in a minute, or decide in the console.',
      until,
    );
    return answer(500);
  }
  deps.log.info('vote queued', { requestId, gate, verdict, step, user: by.user });
  // A form of ours is alone: "clear" closes it wherever it stands.
  return step === 'modal' ? json({ response_action: 'clear' }) : answer(200);
};

const tell = async (
  { respond, log }: InteractDeps,
  responseUrl: string | undefined,
  text: string,
  until: number,
): Promise<void> => {
  try {
    if (responseUrl !== undefined) {
      await respond(responseUrl, text, until);
    }
  } catch (error) {
    // The answer to Slack says it as well, by a sign beside the button.
    log.warn('person not told', { error: asError(error) });
  }
};
