type Asked = { readonly path: string };
type Answer = { readonly status: number; readonly body: Readonly<Record<string, unknown>> };

/** A web server in a container: what it is, and how it feels. */
export const webServer =
  (name: string, version: string, health: Answer): ((asked: Asked) => Answer) =>
  ({ path }) => {
    switch (path) {
      case '/':
        return { status: 200, body: { welcome: `${name} ${version}` } };
      case '/version':
        return { status: 200, body: { version } };
      case '/health':
        return health;
      default:
        return { status: 404, body: { error: 'There is nothing here.' } };
    }
  };
