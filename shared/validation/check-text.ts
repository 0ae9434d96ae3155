// Apart from how they are read: whoever only sends them carries none of that.

/** "Look at this run." */
export const lookText = (run: string): string => JSON.stringify({ run });

/** "Look at this watch." */
export const lookAtWatchText = (watch: string): string => JSON.stringify({ watch });

/** Says that a deployment has begun whose traffic may be watched. */
export const bakeText = (deployment: string): string => JSON.stringify({ bake: deployment });
