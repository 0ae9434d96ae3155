/**
 * Settings of every AWS client. A call that hangs is cut off, and tried again by the client twice; what fails then is
 * tried again by the queue that brought it.
 */
export const clientSettings = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 2_000, requestTimeout: 5_000 },
} as const;
