import { sayHello } from './hello/say-hello.ts';
import { createAwsProbes } from './setup/aws-probes.ts';
import { PLACE_HELP } from './setup/place.ts';
import { runSetupCommand } from './setup/setup-command.ts';
import { createCallSlack } from './setup/slack-web.ts';

const HELP = `Sends one harmless message to every channel and topic of gatehouse.yml, and says which invitation, scope or
permission is missing. To channels with the token of the stage, to topics with your own credentials.

  npm run hello -- [options]

${PLACE_HELP}
  --json           one JSON document instead of text
  --help           this text

People see these messages: each says that it is a test and that it can be ignored.

Exit code: 0 every destination has it, 1 some have not, 2 usage.`;

process.exitCode = await runSetupCommand({
  help: HELP,
  doing: 'Saying hello for',
  work: (place, repository) =>
    sayHello({ place, repository, probes: createAwsProbes(place), connectSlack: createCallSlack }),
});
