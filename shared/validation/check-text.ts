/** Has a run looked at. */
export const lookText = (run: string): string => JSON.stringify({ run });

/** Has a watch looked at. */
export const lookAtWatchText = (watch: string): string => JSON.stringify({ watch });

/** Says that a deployment has begun whose traffic may be watched. */
export const bakeText = (deployment: string): string => JSON.stringify({ bake: deployment });
