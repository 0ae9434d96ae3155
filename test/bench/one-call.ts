import * as v from 'valibot';
import { createAwsClient } from '../../shared/aws/aws-client.ts';
import { AWS_SETTINGS, connectionOf } from '../../shared/aws/clients.ts';
import { readSettings, Settings } from '../../shared/settings.ts';

/* The least that a function can do which does anything: it reads one item that is not there. */
const settings = readSettings(v.pick(Settings, ['TABLE_NAME', ...AWS_SETTINGS]), process.env);
const dynamoDb = createAwsClient('dynamodb', connectionOf(settings));

export const handler = (): Promise<unknown> =>
  dynamoDb('GetItem', { TableName: settings.TABLE_NAME, Key: { pk: { S: 'none' }, sk: { S: 'none' } } });
