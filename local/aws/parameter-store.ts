import { createHash } from 'node:crypto';
import * as v from 'valibot';
import type { JsonRecord } from '../json.ts';
import { ACCOUNT, REGION } from './account.ts';
import { changeCalendarOperations } from './change-calendars.ts';
import { answer, jsonService, refusal } from './service.ts';
import type { Operation, Outcome, Service } from './service.ts';

type Parameter = {
  readonly name: string;
  readonly type: string;
  readonly value: string;
  readonly version: number;
  readonly modifiedAt: number;
};

const Get = v.object({ Name: v.string(), WithDecryption: v.optional(v.boolean(), false) });

const GetMany = v.object({ Names: v.array(v.string()), WithDecryption: v.optional(v.boolean(), false) });

const GetByPath = v.object({
  Path: v.string(),
  Recursive: v.optional(v.boolean(), false),
  WithDecryption: v.optional(v.boolean(), false),
});

const Put = v.object({
  Name: v.string(),
  Value: v.pipe(v.string(), v.nonEmpty()),
  Type: v.optional(v.picklist(['String', 'StringList', 'SecureString']), 'String'),
  Overwrite: v.optional(v.boolean(), false),
});

const ARN_PREFIX = `arn:aws:ssm:${REGION}:${ACCOUNT}:parameter`;

/** SSM: its Parameter Store, holding at first the secrets it is given, each as a SecureString, and its change calendars. */
export const createParameterStore = (options: {
  readonly secrets: ReadonlyMap<string, string>;
  readonly now: () => Date;
}): Service => {
  const seconds = (): number => options.now().getTime() / 1000;
  const parameters = new Map<string, Parameter>(
    [...options.secrets].map(([name, value]) => [
      name,
      { name, value, type: 'SecureString', version: 1, modifiedAt: seconds() },
    ]),
  );
  const find = (name: string): Parameter | undefined =>
    parameters.get(name) ?? [...parameters.values()].find((parameter) => arnOf(parameter.name) === name);

  return jsonService(
    new Map<string, Operation>([
      ...changeCalendarOperations(options.now),
      [
        'GetParameter',
        checked(Get, ({ Name, WithDecryption }) => {
          const found = find(Name);
          return found === undefined ? notFound : answer({ Parameter: show(found, WithDecryption) });
        }),
      ],
      [
        'GetParameters',
        checked(GetMany, ({ Names, WithDecryption }) => {
          const found = Names.flatMap((name) => find(name) ?? []);
          return answer({
            Parameters: found.map((parameter) => show(parameter, WithDecryption)),
            InvalidParameters: Names.filter((name) => find(name) === undefined),
          });
        }),
      ],
      [
        'GetParametersByPath',
        checked(GetByPath, ({ Path, Recursive, WithDecryption }) => {
          const folder = Path.endsWith('/') ? Path : `${Path}/`;
          const found = [...parameters.values()].filter(
            ({ name }) => name.startsWith(folder) && (Recursive || !name.slice(folder.length).includes('/')),
          );
          return answer({ Parameters: found.map((parameter) => show(parameter, WithDecryption)) });
        }),
      ],
      [
        'PutParameter',
        checked(Put, ({ Name, Value, Type, Overwrite }) => {
          const known = find(Name);
          if (known !== undefined && !Overwrite) {
            return refusal('ParameterAlreadyExists', 'The parameter already exists. To overwrite it, set Overwrite.');
          }
          const version = (known?.version ?? 0) + 1;
          parameters.set(Name, { name: Name, value: Value, type: Type, version, modifiedAt: seconds() });
          return answer({ Version: version, Tier: 'Standard' });
        }),
      ],
      ['DeleteParameter', checked(Get, ({ Name }) => (parameters.delete(Name) ? answer({}) : notFound))],
      [
        'DescribeParameters',
        () => answer({ Parameters: [...parameters.values()].map((parameter) => describe(parameter)) }),
      ],
    ]),
  );
};

const checked =
  <Input>(schema: v.GenericSchema<unknown, Input>, operate: (input: Input) => Outcome): Operation =>
  (input) => {
    const parsed = v.safeParse(schema, input);
    return parsed.success ? operate(parsed.output) : refusal('ValidationException', v.summarize(parsed.issues));
  };

const notFound = refusal('ParameterNotFound', 'There is no such parameter.');

const arnOf = (name: string): string => `${ARN_PREFIX}${name.startsWith('/') ? '' : '/'}${name}`;

const describe = ({ name, type, version, modifiedAt }: Parameter): JsonRecord => ({
  Name: name,
  Type: type,
  Version: version,
  LastModifiedDate: modifiedAt,
  DataType: 'text',
  ARN: arnOf(name),
});

/** A SecureString comes as some other text unless its decryption is asked for, so that forgetting to ask is noticed. */
const show = (parameter: Parameter, decrypted: boolean): JsonRecord => ({
  ...describe(parameter),
  Value:
    parameter.type === 'SecureString' && !decrypted
      ? createHash('sha256').update(parameter.value).digest('base64')
      : parameter.value,
});
