import type { Row } from './row.ts';

/** What may go wrong, or be done on purpose, when a check takes a sample. */
export const PROBE_ROWS: readonly Row[] = [
  {
    row: 'F58',
    what: 'The function that a check invokes throws, is throttled, or answers as another version than the one it is about.',
    outcome:
      'An error of the function and a wrong version fail the check. What Lambda refuses is an error, which the run takes again within its budget; an alias or `$LATEST` is never invoked.',
    guard: 'The version that Lambda says has run is compared with the one that was asked for.',
    file: 'shared/probe/invoke-probe.ts',
    takeOut: { from: 'if (executedVersion !== version) {', to: "if (executedVersion === '') {" },
  },
  {
    row: 'F59',
    what: 'The name of a host leads to a public address when it is checked, and to 169.254.169.254 a moment later.',
    outcome: 'The connection goes to the address that was checked: the name is not resolved a second time.',
    guard: 'The socket is given the checked addresses in the place of a resolver.',
    file: 'shared/probe/http-probe.ts',
    takeOut: {
      from: 'lookup: pinned(addresses.map(net.lead ?? String))',
      to: 'lookup: pinned((await addressesOf(host, net)).map(net.lead ?? String))',
    },
  },
  {
    row: 'S28',
    what: 'A URL leads to this machine, to metadata or to credentials, in any of the spellings that there are.',
    outcome: 'Nothing is connected to, whatever the owner lists, and the sample is an error that says why.',
    guard: 'URLs are parsed as browsers parse them, and addresses are judged by what they are.',
    file: 'shared/probe/address-policy.ts',
    takeOut: { from: ' || forbidden.check(address, family)) {', to: ') {' },
  },
  {
    row: 'S29',
    what: 'A name is rebound between two requests of one sample.',
    outcome: 'Each request, and each hop of a redirect, is judged by the addresses that it would connect to.',
    guard: 'Whoever connects has had these very addresses judged.',
    file: 'shared/probe/http-probe.ts',
    takeOut: { from: 'if (refusal !== undefined) {', to: "if (refusal === '') {" },
  },
  {
    row: 'S30',
    what: 'A name has several addresses, and one of them is forbidden.',
    outcome: 'None of them is connected to.',
    guard: 'All addresses are judged.',
    file: 'shared/probe/url-policy.ts',
    takeOut: { from: "if (kinds.includes('forbidden')) {", to: "if (kinds[0] === 'forbidden') {" },
  },
  {
    row: 'S31',
    what: 'Who is asked redirects: to metadata, from https: to http:, to another host, for ever.',
    outcome:
      'Each hop is judged as the first URL was, three are followed, none from https: to http:, and another host gets neither headers nor body.',
    guard: 'Where a redirect leads is judged like any URL.',
    file: 'shared/probe/url-policy.ts',
    takeOut: { from: ': judgeUrl(to.href, reach);', to: ": { kind: 'allowed', url: to, host: hostOf(to) };" },
  },
  {
    row: 'S32',
    what: 'A URL names the host of `AWS_LAMBDA_RUNTIME_API`, where the answers of this very function are taken.',
    outcome: 'It is refused by name and by address.',
    guard: 'The host is compared with the runtime’s.',
    file: 'shared/probe/url-policy.ts',
    takeOut: { from: 'if (host === runtimeHost(runtimeApi)) {', to: "if (host === '') {" },
  },
  {
    row: 'S33',
    what: 'An answer does not end: a gigabyte, headers without end, a byte now and then.',
    outcome: 'It is read for a megabyte, 16 KB of headers and as long as the sample may take; then the check fails.',
    guard: 'What is read is counted.',
    file: 'shared/https/exchange.ts',
    takeOut: { from: 'if (bytes > mostBytes) {', to: 'if (bytes < 0) {' },
  },
  {
    row: 'S34',
    what: 'A small answer is gzip that unpacks to hundreds of megabytes.',
    outcome: 'It is unpacked to ten megabytes; then the check fails.',
    guard: 'Unpacking has a bound.',
    file: 'shared/probe/http-probe.ts',
    takeOut: { from: '{ maxOutputLength: MOST_UNZIPPED }', to: '{ maxOutputLength: 100 * MOST_UNZIPPED }' },
  },
  {
    row: 'S35',
    what: 'The environment names a proxy for all requests.',
    outcome: 'Checks connect to whom they ask.',
    guard: 'Requests use no agent that obeys the environment.',
    file: 'shared/https/exchange.ts',
    takeOut: { from: 'agent: false,', to: '' },
  },
];
