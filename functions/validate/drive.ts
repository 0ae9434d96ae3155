import { driveRun } from '../../shared/validation/drive-run.ts';
import type { Driven, Slice } from '../../shared/validation/drive-run.ts';
import { createRunWork } from '../../shared/validation/run-work.ts';
import type { RunWorkDeps } from '../../shared/validation/run-work.ts';
import type { Input } from '../../shared/validation/run.ts';
import type { TakeSample } from '../../shared/validation/take-sample.ts';

/** Drives a run for a while; `said`: what has happened to it. */
export type Drive = (run: string, slice: Slice, said?: readonly Input[]) => Promise<Driven>;

/** What drives runs, with what takes their samples. */
export const createDrive = ({ takeSample, ...deps }: RunWorkDeps & { readonly takeSample: TakeSample }): Drive => {
  const work = { ...createRunWork(deps), takeSample };
  return (run, slice, said) => driveRun(work, run, slice, said);
};
