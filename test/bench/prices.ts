/** A price, and how far it is known: nobody here can open AWS's price pages. */
export type Price = {
  readonly of: string;
  /** US dollars. */
  readonly usd: number;
  readonly per: number;
  readonly unit: string;
  /** `aws`: read on a stored copy of AWS's page; `others`: in what others wrote in 2025 and 2026; `memory`: UNVERIFIED. */
  readonly known: 'aws' | 'others' | 'memory';
};

/** List prices of us-east-1 without the free tier, as known on 24 November 2026. Change them here. */
export const PRICES = {
  busEvent: { of: 'EventBridge, events of AWS services', usd: 0, per: 1e6, unit: 'events', known: 'aws' },
  sqsStandard: { of: 'SQS, standard queue', usd: 0.4, per: 1e6, unit: 'requests', known: 'others' },
  sqsFifo: { of: 'SQS, FIFO queue', usd: 0.5, per: 1e6, unit: 'requests', known: 'others' },
  lambdaRequest: { of: 'Lambda, requests', usd: 0.2, per: 1e6, unit: 'requests', known: 'others' },
  lambdaTime: { of: 'Lambda on arm64, time', usd: 0.0000133334, per: 1, unit: 'GB-seconds', known: 'others' },
  dynamoWrite: { of: 'DynamoDB on demand, writes', usd: 0.625, per: 1e6, unit: 'write units', known: 'others' },
  dynamoRead: { of: 'DynamoDB on demand, reads', usd: 0.125, per: 1e6, unit: 'read units', known: 'others' },
  snsPublish: { of: 'SNS, publications', usd: 0.5, per: 1e6, unit: 'requests', known: 'others' },
  snsMail: { of: 'SNS, mails', usd: 2, per: 1e5, unit: 'mails', known: 'others' },
  look: { of: 'CodePipeline, CodeDeploy, SSM (standard)', usd: 0, per: 1e6, unit: 'calls', known: 'memory' },
  logs: { of: 'CloudWatch Logs, ingestion', usd: 0.5, per: 1e9, unit: 'bytes', known: 'memory' },
  alarm: { of: 'CloudWatch, alarms', usd: 0.1, per: 1, unit: 'alarm-months', known: 'memory' },
  schedule: { of: 'EventBridge, scheduled rule', usd: 0, per: 1e6, unit: 'events', known: 'memory' },
} as const satisfies Readonly<Record<string, Price>>;

export type PriceName = keyof typeof PRICES;
