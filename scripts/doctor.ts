import { examine } from './doctor/examine.ts';
import { createAwsProbes } from './setup/aws-probes.ts';
import { PLACE_HELP } from './setup/place.ts';
import { runSetupCommand } from './setup/setup-command.ts';
import { createCallSlack } from './setup/slack-web.ts';

const HELP = `Looks at everything that Gatehouse needs, and says what is wrong and what to do about it. Changes nothing.

  npm run doctor -- [options]

${PLACE_HELP}
  --json           one JSON document instead of text
  --help           this text

Before the first deploy it looks at what can be there by then. What you may not ask AWS is skipped, with the IAM action
that it takes. No secret is printed.

Exit code: 0 all is well, 1 there are problems, 2 usage.`;

process.exitCode = await runSetupCommand({
  help: HELP,
  doing: 'Looking at',
  work: (place, repository) =>
    examine({
      place,
      repository,
      nodeVersion: process.versions.node,
      probes: createAwsProbes(place),
      connectSlack: createCallSlack,
    }),
});
