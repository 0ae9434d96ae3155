/** Stands in the template where there is nothing. */
export const NO_VALUE = { Ref: 'AWS::NoValue' } as const;

const isNoValue = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'Ref' in value && value.Ref === NO_VALUE.Ref;

/** The template without the properties and the list entries that are `AWS::NoValue`, which CloudFormation promises to drop under `Fn::If` only. */
export const withoutNoValues = (value: unknown): unknown => {
  if (Array.isArray(value)) {
    return value.filter((one) => !isNoValue(one)).map(withoutNoValues);
  }
  return typeof value === 'object' && value !== null
    ? Object.fromEntries(
        Object.entries(value)
          .filter(([, one]) => !isNoValue(one))
          .map(([key, one]) => [key, withoutNoValues(one)]),
      )
    : value;
};
