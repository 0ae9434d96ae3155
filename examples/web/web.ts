type Asked = { readonly path: string };
type Answer = { readonly status: number; readonly body: Readonly<Record<string, unknown>> };

/** A web server in a container: what it is, and how it feels. */
const web =
  (version: string, health: Answer): ((asked: Asked) => Answer) =>
  ({ path }) => {
    switch (path) {
      case '/':
        return { status: 200, body: { welcome: `Web ${version}` } };
      case '/version':
        return { status: 200, body: { version } };
      case '/health':
        return health;
      default:
        return { status: 404, body: { error: 'There is nothing here.' } };
    }
  };

/** The task definitions of the service `web`, each with what runs in its tasks. */
export const webVersions = {
  'web:1': web('1', { status: 200, body: { status: 'ok' } }),
  /** Good. */
  'web:2': web('2', { status: 200, body: { status: 'ok' } }),
  /** Bad: it cannot reach what it needs. */
  'web:3': web('3', { status: 500, body: { status: 'no connection to the database' } }),
} as const;
