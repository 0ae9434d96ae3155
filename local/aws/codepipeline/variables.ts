import type { Execution, PipelineState } from './pipeline-state.ts';

/** A configuration with its variables resolved, or the variables that nothing is known of. */
export type Resolved =
  | { readonly kind: 'resolved'; readonly configuration: Readonly<Record<string, string>> }
  | { readonly kind: 'unknown'; readonly variables: readonly string[] };

const VARIABLE = /#\{([\w@-]+)\.([\w@-]+)\}/g;

/**
 * Resolves `#{namespace.variable}`: of the execution (`codepipeline`), of the pipeline (`variables`), and what earlier actions
 * of the execution put out. https://docs.aws.amazon.com/codepipeline/latest/userguide/reference-variables.html
 */
export const resolveConfiguration = (
  state: PipelineState,
  execution: Execution,
  configuration: Readonly<Record<string, string>>,
): Resolved => {
  const unknown = new Set<string>();
  const replace = (text: string): string =>
    text.replace(VARIABLE, (whole, namespace: string, name: string) => {
      const value = valueOf(state, execution, namespace, name);
      if (value === undefined) {
        unknown.add(whole);
      }
      return value ?? whole;
    });
  const resolved = Object.entries(configuration).map(([key, text]): readonly [string, string] => [key, replace(text)]);
  return unknown.size > 0
    ? { kind: 'unknown', variables: [...unknown] }
    : { kind: 'resolved', configuration: Object.fromEntries(resolved) };
};

const valueOf = (
  { pipeline, executions }: PipelineState,
  execution: Execution,
  namespace: string,
  name: string,
): string | undefined => {
  switch (namespace) {
    case 'codepipeline':
      return name === 'PipelineExecutionId' ? execution.id : undefined;
    case 'variables':
      return execution.variables.find((each) => each.name === name)?.value;
    default: {
      // A rollback has no earlier stages of its own.
      const target = executions.find(({ id }) => id === execution.rollbackTo);
      const runs = [...(target?.runs ?? []), ...execution.runs].flatMap(({ actions }) => actions);
      const named = pipeline.declaration.stages.flatMap(({ name: stage, actions }) =>
        actions.filter((each) => each.namespace === namespace).map((each) => ({ stage, action: each.name })),
      );
      const variables = runs.findLast(
        (run) =>
          run.outputVariables !== undefined &&
          named.some(({ stage, action }) => run.stage === stage && run.action === action),
      )?.outputVariables;
      return variables !== undefined && Object.hasOwn(variables, name) ? variables[name] : undefined;
    }
  }
};
