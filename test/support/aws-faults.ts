import type { AwsCall, AwsFault } from '../../local/aws/gateway.ts';

/** Plans what goes wrong with calls of AWS's APIs to come: each fault with one call of its operation, the first planned first. */
export const planAwsFaults = () => {
  const planned: { readonly operation: string; readonly fault: AwsFault }[] = [];
  return {
    next: (operation: string, fault: AwsFault): void => {
      planned.push({ operation, fault });
    },

    faultOf: (call: AwsCall): AwsFault | undefined => {
      const index = planned.findIndex(({ operation }) => operation === call.operation);
      return index < 0 ? undefined : planned.splice(index, 1)[0]?.fault;
    },
  };
};
