// Imports go one way: functions -> edges -> core.
const core =
  '^shared/(rollout|routing|message|delivery|gate|validation|interaction|store|config|quarantine|queue)/|^shared/(clock|log|redact|describe-issues)\\.ts$';
const edge = '^shared/(aws|https|slack|probe)/|^shared/(settings|system-clock)\\.ts$';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'core-is-pure',
      comment: 'The core imports no edge and no function.',
      severity: 'error',
      from: { path: core },
      to: { path: `${edge}|^functions/|^local/|^scripts/|^test/` },
    },
    {
      name: 'core-knows-no-sdk',
      comment: 'The core imports no SDK: of packages only the schema library.',
      severity: 'error',
      from: { path: core },
      to: {
        dependencyTypes: ['npm', 'npm-dev', 'npm-optional', 'npm-peer'],
        pathNot: '^node_modules/(valibot|@slack/types)/',
      },
    },
    {
      name: 'core-asks-no-machine',
      comment: 'The core reads no file, no environment and no clock: of Node only the hash.',
      severity: 'error',
      from: { path: core },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?crypto$' },
    },
    {
      name: 'use-cases-take-ports',
      comment: 'A use case gets its dependencies as parameters: only index.ts builds edges.',
      severity: 'error',
      from: { path: '^functions/[^/]+/', pathNot: '/index\\.ts$' },
      to: { path: edge, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'functions-stand-alone',
      comment: 'One function never imports another.',
      severity: 'error',
      from: { path: '^functions/([^/]+)/' },
      to: { path: '^functions/', pathNot: '^functions/$1/' },
    },
    {
      name: 'nothing-imports-functions',
      comment: 'Shared code does not know who calls it.',
      severity: 'error',
      from: { path: '^shared/' },
      to: { path: '^functions/' },
    },
    {
      name: 'product-needs-no-tooling',
      comment: 'What is deployed imports nothing of the local stack, the scripts or the tests, and no devDependency.',
      severity: 'error',
      from: { path: '^(functions|shared)/' },
      to: { path: '^(local|scripts|test|examples)/' },
    },
    {
      name: 'product-needs-no-dev-dependency',
      severity: 'error',
      from: { path: '^(functions|shared)/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'examples-stand-alone',
      comment: 'The examples are what users would have: they know nothing of this project.',
      severity: 'error',
      from: { path: '^examples/' },
      to: { pathNot: '^examples/' },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
