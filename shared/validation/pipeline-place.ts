import * as v from 'valibot';
import { PIPELINE_ID } from './job-event.ts';

/** Where in a pipeline a job belongs. `action`: of an action, or of the rule of a condition. */
export type PipelinePlace = {
  readonly pipeline: string;
  readonly execution: string;
  readonly stage: string;
  readonly action: string;
};

const name = v.fallback(v.optional(v.pipe(v.string(), v.maxLength(100), v.regex(/^[A-Za-z0-9.@\-_]+$/))), undefined);

const Place = v.object({
  pipeline: name,
  execution: v.fallback(v.optional(v.pipe(v.string(), v.regex(PIPELINE_ID))), undefined),
  stage: name,
  action: name,
});

/**
 * What the author of a pipeline says in an action's UserParameters about where it is; nothing where it is no JSON, or JSON
 * about something else. Whoever may write it may say anything.
 */
export const claimedPlace = (parameters: string | undefined): Partial<PipelinePlace> => {
  try {
    return known(v.parse(Place, JSON.parse(parameters ?? '')));
  } catch {
    return {};
  }
};

/** The parts of a place that are known. */
export const known = (place: {
  readonly [Part in keyof PipelinePlace]?: PipelinePlace[Part] | undefined;
}): Partial<PipelinePlace> => ({
  ...(place.pipeline !== undefined && { pipeline: place.pipeline }),
  ...(place.execution !== undefined && { execution: place.execution }),
  ...(place.stage !== undefined && { stage: place.stage }),
  ...(place.action !== undefined && { action: place.action }),
});
