import { asError } from '../as-error.ts';
import { createAwsClient } from '../aws/aws-client.ts';
import type { AwsConnection } from '../aws/aws-client.ts';
import { createSecretParameter } from '../aws/secret-parameter.ts';
import type { Clock } from '../clock.ts';
import type { HttpPolicy } from '../config/config.ts';
import { cleanText } from '../message/clean-text.ts';
import { cutText } from '../message/cut-text.ts';
import { redactStart } from '../redact.ts';
import type { TakeSample } from '../validation/take-sample.ts';
import { createConcealment } from './concealment.ts';
import type { Finding, Task } from './finding.ts';
import type { SecretOf } from './templates.ts';

/** What samples are taken with. */
export type ProbeDeps = {
  readonly connection: AwsConnection;
  readonly http: HttpPolicy;
  /** Names of SSM parameters by the name that suites use. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Hosts of the local stack: at which loopback address each is. */
  readonly localHosts?: Readonly<Record<string, string>> | undefined;
  /** Where Lambda's runtime listens, as `AWS_LAMBDA_RUNTIME_API` says it: nobody else is to ask there. */
  readonly runtimeApi?: string | undefined;
  readonly clock: Pick<Clock, 'now'>;
};

const SAYS_MOST = 300;
const VALUE_MOST = 100;
const EVIDENCE_MOST = 2_000;

/** A probe ends its own waiting in time; this is for one that does not. */
const GRACE_MS = 500;

/** Takes samples with real requests. What each kind of check needs is loaded with its first sample. */
export const createTakeSample = (deps: ProbeDeps): TakeSample => {
  const readSecret = createSecrets(deps);
  return async ({ check, variables, since, share = 1, deployedAt = since, redBefore, timeoutMs }) => {
    const at = deps.clock.now();
    const began = performance.now();
    const { keepSecret, conceal } = createConcealment();
    const over = new AbortController();
    const task: Task = {
      check,
      variables,
      now: at,
      since,
      share,
      deployedAt,
      redBefore,
      timeoutMs,
      signal: over.signal,
      secret: async (name) => {
        const value = await readSecret(name);
        keepSecret(value);
        return value;
      },
      conceal,
      keepSecret,
    };
    const timers = [
      setTimeout(() => {
        over.abort(new Error(`It took longer than ${timeoutMs} ms`));
      }, timeoutMs),
    ];
    let found: Finding;
    try {
      found = await Promise.race([
        probe(deps, task),
        new Promise<never>((_resolve, reject) => {
          timers.push(
            setTimeout(() => {
              reject(new Error(`It took longer than ${timeoutMs} ms`));
            }, timeoutMs + GRACE_MS),
          );
        }),
      ]);
    } catch (error) {
      found = { outcome: 'error', says: describeError(error) };
    } finally {
      timers.forEach(clearTimeout);
    }
    const { outcome, says, value, expected, evidence, link, redNow } = found;
    const line = (text: string, most: number) => cutText(cleanText(redactStart(conceal(text), 4 * most)), most);
    return {
      sample: {
        at,
        tookMs: Math.round(performance.now() - began),
        outcome,
        says: line(says, SAYS_MOST),
        ...(value !== undefined && { value: line(value, VALUE_MOST) }),
        ...(expected !== undefined && { expected: line(expected, VALUE_MOST) }),
        ...(evidence !== undefined && outcome !== 'pass' && { evidence: evidenceText(conceal(evidence)) }),
        ...(link !== undefined && conceal(link) === link && isLink(link) && { link }),
      },
      ...(redNow !== undefined && { redNow }),
    };
  };
};

const probe = async (deps: ProbeDeps, task: Task): Promise<Finding> => {
  const { connection } = deps;
  const { probe } = task.check;
  switch (probe.kind) {
    case 'http': {
      const { sampleHttp, resolveHost } = await import('./http-probe.ts');
      const { http: policy, runtimeApi, localHosts } = deps;
      return sampleHttp(probe, task, { policy, runtimeApi, localHosts, resolve: resolveHost });
    }
    case 'invoke': {
      const { sampleInvoke } = await import('./invoke-probe.ts');
      return sampleInvoke(probe, task, connection);
    }
    case 'lambda': {
      const { sampleLambda } = await import('./lambda-probe.ts');
      return sampleLambda(probe, task, connection);
    }
    case 'alarms': {
      const { sampleAlarms } = await import('./alarms-probe.ts');
      return sampleAlarms(probe, task, createAwsClient('monitoring', connection, ONCE));
    }
    case 'metric': {
      const { sampleMetric } = await import('./metric-probe.ts');
      return sampleMetric(probe, task, createAwsClient('monitoring', connection, ONCE));
    }
    case 'compare': {
      const { sampleCompare } = await import('./compare-probe.ts');
      return sampleCompare(probe, task, createAwsClient('monitoring', connection, ONCE));
    }
    case 'logs': {
      const { sampleLogs } = await import('./logs-probe.ts');
      return sampleLogs(probe, task, createAwsClient('logs', connection, ONCE));
    }
    case 'targetHealth': {
      const [{ sampleTargetHealth }, { createReadTargets }] = await Promise.all([
        import('./target-health-probe.ts'),
        import('../aws/target-groups.ts'),
      ]);
      return sampleTargetHealth(probe, task, createReadTargets(connection));
    }
    case 'calendar': {
      const { sampleCalendar } = await import('./calendar-probe.ts');
      return sampleCalendar(probe, task, createAwsClient('ssm', connection, ONCE));
    }
    case 'approval':
      throw new Error('People are asked, and not sampled');
  }
};

/** What fails is an `error`, and those are tried again: by the run, which counts them. */
const ONCE = 1;

const createSecrets = ({ connection, secrets, clock }: ProbeDeps): SecretOf => {
  const ssm = createAwsClient('ssm', connection);
  const parameters = new Map(
    Object.entries(secrets).map(([name, parameter]) => [name, createSecretParameter(ssm, parameter, clock)]),
  );
  return (name) => {
    const parameter = parameters.get(name);
    return parameter === undefined
      ? Promise.reject(new Error(`gatehouse.yml names no secret ${name}`))
      : parameter.read();
  };
};

const describeError = (error: unknown): string => {
  const { name, message } = asError(error);
  return name === 'Error' ? message : `${name}: ${message}`;
};

const evidenceText = (text: string): string =>
  cutText(
    redactStart(text, EVIDENCE_MOST)
      .split('\n')
      .map((one) => cleanText(one))
      .join('\n')
      .trim(),
    EVIDENCE_MOST,
  );

const isLink = (link: string): boolean =>
  link.length <= 2_000 && URL.canParse(link) && new URL(link).protocol === 'https:';
