import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { packaged } from '../support/packaged.ts';
import { SLACK_SCOPES } from '../../scripts/setup/slack-scopes.ts';

const ROOT = join(import.meta.dirname, '../..');
const PATH = 'docs/slack-manifest.yml';

const text = readFileSync(join(ROOT, PATH), 'utf8');

const Manifest = v.looseObject({
  display_information: v.object({
    name: v.pipe(v.string(), v.maxLength(35)),
    description: v.pipe(v.string(), v.maxLength(140)),
    background_color: v.pipe(v.string(), v.regex(/^#[0-9a-f]{6}$/)),
  }),
  features: v.strictObject({ bot_user: v.looseObject({ display_name: v.string() }) }),
  oauth_config: v.strictObject({ scopes: v.strictObject({ bot: v.array(v.string()) }) }),
  settings: v.strictObject({
    interactivity: v.strictObject({ is_enabled: v.boolean(), request_url: v.pipe(v.string(), v.url()) }),
    org_deploy_enabled: v.boolean(),
    socket_mode_enabled: v.boolean(),
    token_rotation_enabled: v.boolean(),
  }),
});

const scopes = (required: boolean) =>
  SLACK_SCOPES.filter((each) => each.required === required).map(({ scope }) => scope);

describe(PATH, () => {
  it('asks for the scopes that doctor wants, and for no other', () => {
    const { oauth_config } = v.parse(Manifest, parse(text));
    expect(oauth_config.scopes.bot).toEqual(scopes(true));
  });

  it('has the optional scopes of doctor ready, each a comment', () => {
    expect([...text.matchAll(/^ +# - (\S+)$/gm)].map(([, scope]) => scope)).toEqual(scopes(false));
  });

  it('is a manifest with every scope in it as well', () => {
    const { oauth_config } = v.parse(Manifest, parse(text.replaceAll('# - ', '- ')));
    expect(oauth_config.scopes.bot).toEqual(SLACK_SCOPES.map(({ scope }) => scope));
  });

  it('has clicks sent over HTTPS to the path of the one route, of a host that is yours to fill in', async () => {
    const { settings } = v.parse(Manifest, parse(text));
    const { hostname, protocol, pathname } = new URL(settings.interactivity.request_url);
    const [route] = (await packaged()).resources('AWS::ApiGatewayV2::Route');
    expect([protocol, hostname, `POST ${pathname}`]).toEqual([
      'https:',
      'gatehouse.invalid',
      route?.properties['RouteKey'],
    ]);
    expect(settings).toEqual({
      interactivity: { is_enabled: true, request_url: settings.interactivity.request_url },
      // One workspace; a request by HTTP; a token that stays.
      org_deploy_enabled: false,
      socket_mode_enabled: false,
      token_rotation_enabled: false,
    });
  });

  it('is what the README starts from, which names every scope', () => {
    const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
    expect(readme).toContain(`(${PATH})`);
    expect(SLACK_SCOPES.filter(({ scope }) => !readme.includes(`\`${scope}\``))).toEqual([]);
  });
});
